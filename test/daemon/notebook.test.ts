import { expect, test } from 'bun:test';
import { openNotebook } from '../../src/daemon/notebook.ts';
import { handClock } from '../engine/durable.ts';

function notebook() {
  const clock = handClock();
  const lines: string[] = [];
  return {
    clock,
    lines,
    notes: openNotebook(clock, (level, event, msg) => lines.push(`${level} ${event} ${msg}`)),
  };
}

test('an alarm that stands is told once, whatever its text holds and however long it is', () => {
  for (const text of ['plain', 'a path with a\nline break', '\u202ereversed', 'x'.repeat(600)]) {
    const { notes, lines } = notebook();
    for (let beat = 0; beat < 5; beat += 1) notes.alarm('audit', text);
    expect([lines.length, notes.alarms().length]).toEqual([1, 1]);
    notes.alarm('audit', `other ${text}`.slice(0, 100));
    expect(lines).toHaveLength(2);
  }
});

test('what was shown is marked as seen, and what came since is not', () => {
  const { notes, clock } = notebook();
  notes.note('warn', 'E', 'shown');
  const shownAtMs = clock.wallMs();
  clock.advance(1);
  notes.note('warn', 'E', 'news');
  expect(notes.acknowledge(shownAtMs)).toBe(1);
  const open = () => notes.notes().flatMap((one) => (one.unacknowledged ? one.text : []));
  expect(open()).toEqual(['news']);
  expect(notes.acknowledge(clock.wallMs())).toBe(1);
  expect(open()).toEqual([]);
});

test('what nobody has seen is not pushed off the list by what needs no look', () => {
  const { notes } = notebook();
  notes.note('alarm', 'E', 'NOT VERIFIED');
  for (let index = 0; index < 300; index += 1) notes.note('info', 'GATE', `flaps ${index}`);
  const texts = notes.notes().map(({ text }) => text);
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([100, 'NOT VERIFIED', 'flaps 299']);
  for (let index = 0; index < 300; index += 1) notes.note('warn', 'E', `unseen ${index}`);
  expect(notes.notes()).toHaveLength(100);
  expect(notes.notes().at(-1)?.text).toBe('unseen 299');
  const numbers = notes.notes().map(({ seq }) => seq);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

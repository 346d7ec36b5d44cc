import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { followLines } from '../../src/cli/audit-lines.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { entry, scratch } from '../engine/durable.ts';

const ALL = { sinceMs: null, types: ['RECONCILE_RUN'], runId: null };
const clock = { wallMs: () => 1_800_000_000_000, monoMs: () => 0 };

/** A journal that is rotated every few lines, followed. */
function followed(directory: string) {
  const path = join(directory, 'reconcile.jsonl');
  const journal = openJournal({ path, headPath: join(directory, 'head.json'), clock, maxFileBytes: 4000 });
  let written = 0;
  const write = (count: number): void => {
    for (let at = 0; at < count; at += 1) {
      written += 1;
      journal.append(entry({ run_id: `r${written}` }));
    }
  };
  /** Until a rotation is over. */
  const rotate = (): void => {
    for (let beats = 0; beats < 50; beats += 1) if (journal.maintain()?.includes('rotated') === true) return;
    throw new Error('it was not rotated');
  };
  write(2);
  const next = followLines(path, ALL);
  const runs = () => next().map((line) => /"run_id":"(r\d+)"/.exec(line)?.[1]);
  return { write, rotate, runs, close: journal.close };
}

const named = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `r${from + index}`);

test('who follows the audit sees each line once, over a rotation too', () => {
  using directory = scratch();
  const { write, rotate, runs, close } = followed(directory.path);
  write(3);
  expect(runs()).toEqual(named(3, 5));
  write(10);
  rotate();
  write(1);
  expect(runs()).toEqual(named(6, 16));
  expect(runs()).toEqual([]);
  close();
});

test('who was stopped while the audit was rotated three times has missed nothing', () => {
  using directory = scratch();
  const { write, rotate, runs, close } = followed(directory.path);
  for (let times = 0; times < 3; times += 1) {
    write(12);
    rotate();
  }
  write(1);
  expect(runs()).toEqual(named(3, 39));
  close();
});

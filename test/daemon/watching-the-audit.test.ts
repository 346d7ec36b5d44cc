import { expect, test } from 'bun:test';
import { checkpointEntries } from '../../src/engine/checkpoint.ts';
import type { CriterionVerdict } from '../../src/engine/types.ts';
import { entry } from '../engine/durable.ts';
import { ticking } from './beating.ts';
import { handCore } from './hand-core.ts';

test('a disk that is nearly full is an alarm before it is full, and no alarm once there is room', () => {
  using hand = handCore();
  const tick = ticking(hand);
  const disk = (verdict: CriterionVerdict, figure: string) => {
    hand.core.vitals.prerequisites = [{ id: 'disk', title: 'free disk space', verdict, figure, limit: '' }];
    tick();
    return hand.core.notebook.alarms().filter((alarm) => alarm.includes('disk of the audit'));
  };
  expect(disk('PASS', '2000 MiB')).toEqual([]);
  expect(disk('FAIL', '40 MiB (at least 100)')).toEqual([expect.stringContaining('40 MiB')]);
  expect(disk('INCONCLUSIVE', 'EIO')).toEqual([expect.stringContaining('EIO')]);
  expect(disk('PASS', '2000 MiB')).toEqual([]);
});

test('an audit that fails while the daemon runs is an alarm', () => {
  using hand = handCore();
  const tick = ticking(hand);
  tick();
  expect(hand.core.notebook.alarms()).toEqual([]);
  hand.bench.diskFails = true;
  hand.core.journal.append(entry());
  tick();
  expect(hand.core.notebook.alarms().join()).toContain('AUDIT UNAVAILABLE');
});

test('an audit that was adopted with a loss is an alarm for 24 hours', () => {
  using hand = handCore();
  const { core, clock } = hand;
  const tick = ticking(hand);
  const state = { ...core.journal.state(), linesLostAtMs: clock.wall };
  const adoption = { operator: 'ann', details: {} };
  core.journal.appendAll(checkpointEntries(state, { keepsFromSeq: 1, adoption }));
  const told = () => {
    tick();
    return core.notebook.alarms().filter((alarm) => alarm.includes('was adopted')).length;
  };
  expect(told()).toBe(1);
  clock.wall += 86_399_999;
  expect(told()).toBe(1);
  clock.wall += 1;
  expect(told()).toBe(0);
});

test('a rotation goes on piece by piece, a beat each, and waits while writes are being sent', () => {
  using hand = handCore();
  let pieces = 0;
  const maintain = () => {
    pieces += 1;
    return pieces === 3 ? 'audit rotated' : null;
  };
  const core = { ...hand.core, journal: { ...hand.core.journal, maintain } };
  const tick = ticking({ core, latch: hand.latch });
  const told = () => core.notebook.notes().filter(({ text }) => text.includes('audit rotated')).length;
  tick();
  tick();
  core.vitals.executing = true;
  tick();
  expect([pieces, told()]).toEqual([2, 0]);
  core.vitals.executing = false;
  tick();
  expect([pieces, told()]).toEqual([3, 1]);
});

import { expect, test } from 'bun:test';
import { budgetUsed, gateWorld } from '../../src/daemon/world.ts';
import { checkpointEntries } from '../../src/engine/checkpoint.ts';
import { handCore } from './hand-core.ts';

const DAY = 86_400_000;

test('after an audit that may lack lines was adopted, the budgets of the day count as used for 24 hours, whatever they are', () => {
  using hand = handCore();
  const { core, clock } = hand;
  expect(budgetUsed(core)).toEqual({ calls: 0, notionalUsdt: '0' });
  const state = { ...core.journal.state(), linesLostAtMs: clock.wall };
  const adoption = { operator: 'ann', details: {} };
  expect(core.journal.appendAll(checkpointEntries(state, { keepsFromSeq: 1, adoption })).ok).toBe(true);
  for (const [afterMs, used] of [
    [0, null],
    [DAY - 1, null],
    [-3 * DAY, null],
    [DAY, { calls: 0, notionalUsdt: '0' }],
  ] as const) {
    clock.wall = (state.linesLostAtMs ?? 0) + afterMs;
    expect(budgetUsed(core)).toEqual(used);
    expect(gateWorld(core, core.feed.state()).day).toEqual(used);
  }
});

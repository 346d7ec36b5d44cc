import { describe, expect, test } from 'bun:test';
import { createGateBoard, mergeVerdicts } from '../../src/daemon/gate-board.ts';
import type { Verdict } from '../../src/engine/types.ts';

const verdict = (gate: Verdict['gate'], open: boolean, value = ''): Verdict => ({
  gate,
  open,
  value,
  limit: '',
});
const world = (open: boolean) => verdict('not_armed', open);
const action = (open: boolean) => verdict('not_confirmed', open);

function board() {
  const changes: string[] = [];
  return { changes, board: createGateBoard((gate, from, to) => changes.push(`${gate} ${from} ${to}`)) };
}

describe('the board of gates', () => {
  test('tells changes alone, and when the last one was', () => {
    const { board: one, changes } = board();
    one.update([world(false)], false, 10);
    one.update([world(false)], false, 20);
    expect(changes).toEqual([]);
    expect(one.rows()).toMatchObject([{ gate: 'not_armed', state: 'closed', changed_at_ms: 10 }]);
    one.update([world(true)], false, 30);
    expect(changes).toEqual(['not_armed closed open']);
    expect(one.rows()[0]?.changed_at_ms).toBe(30);
  });

  test('a gate that opened again stays marked until somebody looked, also when it closes', () => {
    const { board: one } = board();
    const shown = (...states: readonly boolean[]) => {
      for (const open of states) one.update([world(open)], false, 1);
      return one.rows()[0]?.unacknowledged;
    };
    // The first opening is part of every start.
    expect(shown(false, true)).toBe(false);
    expect(shown(false, true)).toBe(true);
    expect(shown(false)).toBe(true);
    one.acknowledge(Number.POSITIVE_INFINITY);
    expect(shown(false)).toBe(false);
  });

  test('a look takes the mark off what it showed, and not off what changed since', () => {
    const { board: one } = board();
    const rows = (at: number, open: boolean) =>
      one.update([world(open)], false, at).map(({ unacknowledged }) => unacknowledged);
    for (const [at, open] of [
      [1, false],
      [2, true],
      [3, false],
    ] as const)
      rows(at, open);
    expect(rows(10, true)).toEqual([true]);
    one.acknowledge(9);
    expect(rows(11, true)).toEqual([true]);
    one.acknowledge(10);
    expect(rows(12, true)).toEqual([false]);
  });

  test('a picture that goes stale and comes back is no change of a gate', () => {
    const { board: one, changes } = board();
    for (const stale of [false, true, false]) one.update([action(true)], stale, 1);
    expect(changes).toEqual([]);
  });

  test('a gate that closed needs nobody', () => {
    const { board: one } = board();
    one.update([world(true)], false, 1);
    one.update([world(false)], false, 2);
    expect(one.rows()[0]?.unacknowledged).toBe(false);
  });

  test('figures of actions are stale with the picture, those of the world are not', () => {
    const { board: one } = board();
    one.update([world(true), action(true)], true, 1);
    expect(one.rows().map(({ state }) => state)).toEqual(['open', 'stale']);
  });

  test('every row says what its gate is for', () => {
    const { board: one } = board();
    expect(one.update([world(true), action(true)], false, 1).filter(({ rule }) => rule === '')).toEqual([]);
  });
});

test('what the world says is of now, what an action said is of the last run', () => {
  const live = [verdict('not_armed', true, 'now'), verdict('not_confirmed', true, 'no action')];
  const last = [verdict('not_armed', false, 'then'), verdict('not_confirmed', false, '1 read')];
  expect(mergeVerdicts(live, last).map(({ value }) => value)).toEqual(['now', '1 read']);
  expect(mergeVerdicts(live, []).map(({ value }) => value)).toEqual(['now', 'no action']);
});

import { expect, test } from 'bun:test';
import {
  advanceConfirmations,
  type ConfirmState,
  confirmationOf,
  NOTHING_SEEN,
} from '../../src/engine/confirm.ts';
import type { ObservedPosition } from '../../src/engine/types.ts';
import { cancelMismatch, flattenMismatch, MOVED_AT_MS, observedPosition } from '../helpers/engine-world.ts';

const stray = cancelMismatch(1);
const other = cancelMismatch(2);
const see = (
  state: ConfirmState,
  startedMonoMs: number,
  {
    complete = true,
    mismatches = [stray],
    trusted = true,
    tookMs = 0,
  }: { complete?: boolean; mismatches?: readonly (typeof stray)[]; trusted?: boolean; tookMs?: number } = {},
) => {
  const read = { complete, startedMonoMs, endedMonoMs: startedMonoMs + tookMs };
  return advanceConfirmations(state, mismatches, read, { trusted, maxGapMs: 90_000 });
};
const of = (state: ConfirmState) => confirmationOf(state, stray.key);

test('what no complete read has shown is not confirmed at all', () => {
  expect(of(NOTHING_SEEN)).toBeNull();
});

test('complete reads are counted with the time between the first and the latest', () => {
  const twice = see(see(NOTHING_SEEN, 1000), 11_000);
  expect(of(twice)).toEqual({ completeReads: 2, spanMs: 10_000, stillMs: 10_000 });
});

test('slow reads stretch no time: the first counts from its end, the latest from its start', () => {
  const slowly = see(NOTHING_SEEN, 1000, { tookMs: 9000 });
  expect(of(slowly)).toEqual({ completeReads: 1, spanMs: 0, stillMs: 0 });
  const twice = see(slowly, 11_000, { tookMs: 9000 });
  expect(of(twice)).toEqual({ completeReads: 2, spanMs: 1000, stillMs: 1000 });
});

test('an incomplete read neither confirms nor drops', () => {
  const once = see(NOTHING_SEEN, 1000);
  expect(see(once, 11_000, { complete: false })).toBe(once);
  expect(see(once, 11_000, { complete: false, mismatches: [] })).toBe(once);
});

test('one read counts once, and an older one not at all', () => {
  const once = see(NOTHING_SEEN, 1000);
  expect(of(see(once, 1000))).toEqual({ completeReads: 1, spanMs: 0, stillMs: 0 });
  expect(see(once, 500, { mismatches: [] })).toBe(once);
});

test('what a complete read no longer shows starts from nothing', () => {
  const vanished = see(see(NOTHING_SEEN, 1000), 5000, { mismatches: [other] });
  expect(of(vanished)).toBeNull();
  expect(of(see(vanished, 12_000))).toEqual({ completeReads: 1, spanMs: 0, stillMs: 0 });
});

test('a position that moved, or was closed and opened again, lies still from then on only', () => {
  const at = (change: Partial<ObservedPosition>) => {
    const one = flattenMismatch('0.001');
    return { ...one, observedPosition: observedPosition('0.001', change) };
  };
  const still = (state: ConfirmState) => confirmationOf(state, at({}).key)?.stillMs;
  const twice = see(see(NOTHING_SEEN, 1000, { mismatches: [at({})] }), 11_000, { mismatches: [at({})] });
  expect(still(twice)).toBe(10_000);
  expect(still(see(twice, 21_000, { mismatches: [at({ amount: '0.002' })] }))).toBe(0);
  const reopened = see(twice, 21_000, { mismatches: [at({ updatedAtMs: MOVED_AT_MS + 1 })] });
  expect(still(reopened)).toBe(0);
  expect(confirmationOf(reopened, at({}).key)?.spanMs).toBe(20_000);
});

test('what was seen while the feed could not be trusted is not counted, and ends what was seen before', () => {
  const stale = see(see(NOTHING_SEEN, 1000), 11_000, { trusted: false });
  expect(of(stale)).toBeNull();
  expect(of(see(stale, 21_000))).toEqual({ completeReads: 1, spanMs: 0, stillMs: 0 });
});

test('what was seen before a long time without complete reads is not what is seen after it', () => {
  const once = see(NOTHING_SEEN, 1000);
  expect(of(see(once, 91_000))).toEqual({ completeReads: 2, spanMs: 90_000, stillMs: 90_000 });
  expect(of(see(see(once, 50_000, { complete: false }), 91_001))).toEqual({
    completeReads: 1,
    spanMs: 0,
    stillMs: 0,
  });
});

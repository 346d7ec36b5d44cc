import { describe, expect, test } from 'bun:test';
import {
  grantLease,
  LEASE_CEILING_MS,
  leaseLeftMs,
  leaseNearness,
  leaseOver,
  renewLease,
  spendLease,
} from '../../src/engine/lease.ts';

const NOW = { nowMs: 1_000_000, nowMonoMs: 500 };
const lease = grantLease({ leaseMs: 10_000, maxExecutions: 2 }, NOW);
const after = (wall: number, mono: number) => ({ nowMs: NOW.nowMs + wall, nowMonoMs: NOW.nowMonoMs + mono });

describe('a lease', () => {
  test.each<[string, number, number, number, string | null]>([
    ['just granted', 0, 0, 0, null],
    ['a millisecond left on both clocks', 9999, 9999, 0, null],
    ['the wall clock first', 10_000, 9000, 0, 'arming lease over'],
    ['the monotonic clock first', 9000, 10_000, 0, 'arming lease over'],
    ['a wall clock that went back', -1, 1, 0, 'arming lease over: the wall clock went back'],
    ['a gap of exactly three intervals', 100, 100, 3000, null],
    ['a longer gap', 100, 100, 3001, 'arming lease over: a gap of over 3 intervals'],
  ])('%s', (_, wall, mono, gapMs, over) => {
    expect(leaseOver(lease, after(wall, mono), gapMs, 1000)).toBe(over);
  });

  test('ends with its executions, by as many as a run did', () => {
    const one = spendLease(lease, 1);
    expect(one === null ? '' : leaseOver(one, NOW, 0, 1000)).toBeNull();
    for (const executed of [2, 3]) {
      const spent = spendLease(lease, executed);
      expect(spent === null ? '' : leaseOver(spent, NOW, 0, 1000)).toContain('used up');
    }
    expect(spendLease(null, 1)).toBeNull();
  });

  test.each([
    [0, 0, 10_000],
    [4000, 1000, 6000],
    [1000, 4000, 6000],
    [20_000, 1000, 0],
  ])('after %i ms by the wall and %i ms by the monotonic clock %i ms are left', (wall, mono, left) => {
    expect(leaseLeftMs(lease, after(wall, mono))).toBe(left);
  });
});

describe('the end of a lease', () => {
  test.each([
    [4 * 3_600_000, 900_001, 0],
    [4 * 3_600_000, 900_000, 1],
    [4 * 3_600_000, 300_001, 1],
    [4 * 3_600_000, 300_000, 2],
    [600_000, 300_001, 0],
    [600_000, 300_000, 1],
    [600_000, 150_000, 2],
  ] as const)('of %i ms is told with %i ms left by %i', (leaseMs, leftMs, near) => {
    const one = grantLease({ leaseMs, maxExecutions: 1 }, NOW);
    expect(leaseNearness(one, after(leaseMs - leftMs, 0))).toBe(near);
    expect(leaseNearness(one, after(0, leaseMs - leftMs))).toBe(near);
  });

  test('is moved by a renewal, up to the ceiling of either clock and never nearer', () => {
    const terms = { leaseMs: 10_000, maxExecutions: 2 };
    expect(renewLease(lease, terms, NOW)).toBeNull();
    const used = spendLease(lease, 2);
    const renewed = used === null ? null : renewLease(used, terms, after(4000, 4000));
    expect(renewed).toMatchObject({ executionsLeft: 2, grantedAtMs: NOW.nowMs, leaseMs: 10_000 });
    const old = grantLease({ leaseMs: LEASE_CEILING_MS - 1000, maxExecutions: 2 }, NOW);
    const late = after(LEASE_CEILING_MS - 2000, 0);
    const last = renewLease(old, terms, late);
    expect(last === null ? -1 : leaseLeftMs(last, late)).toBe(2000);
    expect(last === null ? null : renewLease(last, terms, late)).toBeNull();
  });
});

import { describe, expect, test } from 'bun:test';
import { type BudgetEntry, dayUsage } from '../../src/gates/budget.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 0, 5);
const now = { wallMs: NOW, monoMs: 10 * DAY };
const entry = (ageMs: number, change: Partial<BudgetEntry> = {}): BudgetEntry => ({
  atMs: NOW - ageMs,
  atMonoMs: null,
  notionalUsdt: '10.5',
  ...change,
});

describe('the daily budget', () => {
  test('counts the trailing 24 h across midnight, up to the last millisecond', () => {
    expect(dayUsage([entry(0), entry(DAY - 1), entry(DAY), entry(DAY + 1)], now)).toEqual({
      calls: 2,
      notionalUsdt: '21',
    });
  });

  test('counts what seems to come from the future', () => {
    expect(dayUsage([entry(-5 * DAY)], now)?.calls).toBe(1);
  });

  test('is not reset by a wall clock that jumps ahead while this process lives', () => {
    const sent = entry(0, { atMonoMs: now.monoMs });
    const jumped = { wallMs: NOW + 3 * DAY, monoMs: now.monoMs + 60_000 };
    expect(dayUsage([sent], jumped)?.calls).toBe(1);
    expect(dayUsage([sent], { wallMs: NOW + 3 * DAY, monoMs: now.monoMs + DAY })?.calls).toBe(0);
  });

  test('is not reset by a wall clock that jumps back', () => {
    const sent = entry(0, { atMonoMs: now.monoMs - 2 * DAY });
    expect(dayUsage([sent], { wallMs: NOW - DAY, monoMs: now.monoMs })?.calls).toBe(1);
  });

  test('is unknown when an entry or the time cannot be read', () => {
    expect(dayUsage([entry(0, { notionalUsdt: 'NaN' })], now)).toBeNull();
    expect(dayUsage([entry(0, { notionalUsdt: '-1' })], now)).toBeNull();
    expect(dayUsage([entry(0)], { wallMs: Number.NaN, monoMs: 0 })).toBeNull();
  });

  test('counts an entry whose time is not a number', () => {
    expect(dayUsage([entry(Number.NaN)], now)?.calls).toBe(1);
  });
});

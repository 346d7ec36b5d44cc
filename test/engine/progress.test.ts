import { describe, expect, test } from 'bun:test';
import { countRun, freshProgress, type Progress, passTime } from '../../src/engine/progress.ts';

const start = { nowMs: 1_000_000, nowMonoMs: 0 };
const fresh = freshProgress(start);
const pass = (progress: Progress, wall: number, mono: number, well = true): Progress =>
  passTime(progress, { nowMs: start.nowMs + wall, nowMonoMs: mono }, { well, intervalMs: 1000 });
const run = {
  due: true,
  planned: 2,
  plannedInAudit: 2,
  blocked: { dry_run: 2 },
  executed: 0,
  executedUnplanned: 0,
  mayHaveExecuted: 0,
  writesSent: 0,
  matched: false,
};

describe('dwell', () => {
  test.each<[string, number, number, boolean, number]>([
    ['passes while all is well', 900, 900, true, 900],
    ['stands still while a source is down', 900, 900, false, 0],
    ['takes three intervals at most at once', 3000, 3000, true, 3000],
    ['takes nothing of a longer jump, because nobody watched', 3001, 3001, true, 0],
    ['takes nothing of a suspend that only the wall clock saw', 60_000, 200, true, 0],
    ['is no longer for a wall clock that was set forward within reason', 2900, 900, true, 900],
    ['is no shorter for a wall clock that was set back', -3_600_000, 900, true, 900],
    ['never goes back', 0, -5, true, 0],
  ])('%s', (_, wall, mono, well, dwellMs) => {
    expect(pass(fresh, wall, mono, well).dwellMs).toBe(dwellMs);
  });
});

describe('the longest gap', () => {
  test('counts from the entry before the first run, and from the last run after it', () => {
    const waited = pass(fresh, 2000, 2000);
    expect(waited.longestGapMs).toBe(2000);
    const ran = countRun(waited, run, 2000);
    expect(pass(ran, 2500, 2500).longestGapMs).toBe(2000);
    expect(pass(ran, 4600, 4600).longestGapMs).toBe(2600);
  });

  test('sees a suspend on the wall clock', () => {
    expect(pass(fresh, 60_000, 100).longestGapMs).toBe(59_900);
  });

  test('is not shortened by a clock that was set back', () => {
    expect(pass(fresh, -60_000, 700).longestGapMs).toBe(700);
  });
});

test('runs add up, reasons by name, and one match is enough', () => {
  const twice = countRun(
    countRun(fresh, run, 10),
    { ...run, blocked: { dry_run: 1, not_armed: 1 }, matched: true },
    20,
  );
  const thrice = countRun(twice, { ...run, executed: 1, executedUnplanned: 1, writesSent: 3 }, 30);
  expect(thrice).toMatchObject({
    runs: 3,
    lastRunMonoMs: 30,
    planned: 6,
    plannedInAudit: 6,
    blocked: { dry_run: 5, not_armed: 1 },
    executed: 1,
    executedUnplanned: 1,
    writesSent: 3,
    matched: true,
  });
});

test('a decision on an event is no run that was due, and hides no gap', () => {
  const ran = countRun(pass(fresh, 1000, 1000), run, 1000);
  const decided = countRun(pass(ran, 2000, 2000), { ...run, due: false }, 2000);
  expect(decided).toMatchObject({ runs: 1, lastRunMonoMs: 1000, planned: 2 * ran.planned });
  expect(pass(decided, 5000, 5000).longestGapMs).toBe(4000);
});

import { describe, expect, test } from 'bun:test';
import { evidenceFrom } from '../../src/daemon/evidence-records.ts';
import type { AuditEntry } from '../../src/engine/audit-record.ts';
import { GENESIS, nextRecord } from '../../src/engine/chain.ts';
import { isSample, isSampleDue, type Sampled, sampleDetails } from '../../src/engine/criteria-samples.ts';
import { EMPTY_STATE, fold } from '../../src/engine/fold.ts';

const DWELL_MS = 600_000;

/** Counts the lines of a stay that is looked at four times a second at first, later once a second. */
function linesOf(stayMs: number, verdictsAt: (ms: number) => string = () => 'PASS'): number {
  let last: Sampled | null = null;
  let lines = 0;
  for (let ms = 0; ms <= stayMs; ms += ms < 10_000 ? 250 : 1000) {
    const verdicts = verdictsAt(ms);
    const now = { sinceMs: 1, atMonoMs: ms, stayMs: ms, dwellMs: DWELL_MS, verdicts };
    if (!isSampleDue(last, now)) continue;
    last = { sinceMs: 1, atMonoMs: ms, verdicts };
    lines += 1;
  }
  return lines;
}

describe('samples are sparse', () => {
  test('some twenty while the dwell lasts, some two hundred in a week', () => {
    expect(linesOf(DWELL_MS)).toBe(21);
    const week = linesOf(7 * 86_400_000);
    expect(week).toBeGreaterThan(100);
    expect(week).toBeLessThan(200);
  });

  test('a change of verdict brings one sooner, and fluttering no flood', () => {
    expect(linesOf(25_000)).toBe(1);
    expect(linesOf(25_000, (ms) => (ms < 20_000 ? 'FAIL' : 'PASS'))).toBe(2);
    expect(linesOf(DWELL_MS, (ms) => String(ms))).toBeLessThanOrEqual(101);
  });

  test('a new stay begins with one', () => {
    const last = { sinceMs: 1, atMonoMs: 100, verdicts: '' };
    const now = { atMonoMs: 101, stayMs: 0, dwellMs: DWELL_MS, verdicts: '' };
    expect(isSampleDue(last, { ...now, sinceMs: 2 })).toBe(true);
    expect(isSampleDue(last, { ...now, sinceMs: 1 })).toBe(false);
  });
});

test('a sample is evidence of nothing: it neither gives, nor withdraws, nor pushes any out', () => {
  const entry = (details: AuditEntry['details']): AuditEntry => ({
    ...{ event_type: 'STAGE_EVIDENCE', run_id: '', mode: 'dry_run', stage: 1, action: 'none', status: null },
    ...{ block_reason: null, symbols: [], mismatch_counts: {}, details, operator: null, synthetic: false },
  });
  const passed = nextRecord(GENESIS, entry({ stage: 1, verdict: 'PASS', covered: {}, version: '1' }), 1);
  let state = fold(EMPTY_STATE, passed);
  const criterion = { id: 'dwell', title: '', verdict: 'FAIL', figure: '1', limit: '' } as const;
  for (let index = 0; index < 1500; index += 1) {
    const record = nextRecord(state.head, entry(sampleDetails([criterion])), 2 + index);
    expect(isSample(record)).toBe(true);
    state = fold(state, record);
  }
  expect(state.problem).toBeNull();
  expect(state.ceremonyRecords.length).toBe(1);
  const sample = nextRecord(state.head, entry(sampleDetails([criterion])), 9999);
  const left = evidenceFrom([...state.ceremonyRecords, sample], null, 10_000);
  expect(left.map(({ stage }) => stage)).toEqual([1]);
});

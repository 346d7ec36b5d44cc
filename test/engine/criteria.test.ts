import { describe, expect, test } from 'bun:test';
import { criteriaOf, overall, type StageWorld } from '../../src/engine/criteria.ts';
import { seconds } from '../../src/engine/criterion.ts';
import { freshProgress, type Progress } from '../../src/engine/progress.ts';
import type { CriterionVerdict, StageNumber } from '../../src/engine/types.ts';

const INTERVAL = 1000;
const world: StageWorld = {
  intervalMs: INTERVAL,
  requiredDwellMs: 600_000,
  snapshotAgeMs: 500,
  snapshotMaxAgeMs: 120_000,
  sourcesWell: true,
  hasCheckpoint: true,
  feedFresh: true,
  auditHealthy: true,
  failedPrerequisites: [],
  oldestUnknownMs: null,
  unknownLimitMs: 300_000,
};
const fresh = freshProgress({ nowMs: 0, nowMonoMs: 0 });
/** A stage that has all it needs. */
const passed: Progress = {
  ...fresh,
  dwellMs: 600_000,
  lastTickMonoMs: 600_000,
  runs: 600,
  lastRunMonoMs: 600_000,
  planned: 4,
  plannedInAudit: 4,
  matched: true,
};
const inStage: Readonly<Record<StageNumber, Progress>> = {
  0: fresh,
  1: passed,
  2: { ...passed, blocked: { dry_run: 4 } },
  3: { ...passed, blocked: { not_armed: 4 } },
  4: { ...passed, executed: 4, writesSent: 4 },
};

type Change = Partial<Progress> & { readonly world?: Partial<StageWorld> };

function verdictOf(
  stage: StageNumber,
  id: string,
  { world: inWorld, ...change }: Change,
): CriterionVerdict | null {
  const criteria = criteriaOf(stage, { ...inStage[stage], ...change }, { ...world, ...inWorld });
  return criteria.find((one) => one.id === id)?.verdict ?? null;
}

const P = 'PASS';
const F = 'FAIL';
const I = 'INCONCLUSIVE';

describe('each criterion at, below and above its limit', () => {
  test.each<[StageNumber, string, string, Change, CriterionVerdict]>([
    [0, 'no_run', 'no run', {}, P],
    [0, 'no_run', 'one run', { runs: 1 }, F],
    [0, 'no_write', 'no write', {}, P],
    [0, 'no_write', 'one write', { writesSent: 1 }, F],
    [0, 'prerequisites', 'none fails', {}, P],
    [0, 'prerequisites', 'one fails', { world: { failedPrerequisites: ['disk'] } }, F],
    [0, 'prerequisites', 'not looked at', { world: { failedPrerequisites: null } }, I],
    [1, 'dwell', 'exactly done', { dwellMs: 600_000 }, P],
    [1, 'dwell', 'a millisecond short', { dwellMs: 599_999 }, I],
    [1, 'runs_due', '95 % of those due but for one under way', { lastTickMonoMs: 101_000, runs: 95 }, P],
    [1, 'runs_due', 'less than one run short of it', { lastTickMonoMs: 102_000, runs: 95 }, I],
    [1, 'runs_due', 'a run short', { lastTickMonoMs: 101_000, runs: 94 }, F],
    [1, 'runs_due', 'nothing due and nothing run', { lastTickMonoMs: 0, runs: 0 }, I],
    [1, 'runs_due', 'two due and nothing run', { lastTickMonoMs: 2000, runs: 0 }, I],
    [1, 'runs_due', 'four due and nothing run', { lastTickMonoMs: 4000, runs: 0 }, F],
    [1, 'gap', 'exactly three intervals', { longestGapMs: 3000 }, P],
    [1, 'gap', 'a millisecond over', { longestGapMs: 3001 }, F],
    [1, 'gap', 'over since the last run', { lastRunMonoMs: 596_999 }, F],
    [1, 'gap', 'no run yet', { runs: 0, lastRunMonoMs: null, lastTickMonoMs: 100 }, I],
    [1, 'gap', 'no run in over three intervals', { runs: 0, lastRunMonoMs: null, lastTickMonoMs: 3001 }, F],
    [1, 'executed_zero', 'none', {}, P],
    [1, 'executed_zero', 'one executed', { executed: 1 }, F],
    [1, 'executed_zero', 'one write sent', { writesSent: 1 }, F],
    [1, 'snapshot_age', 'just below', { world: { snapshotAgeMs: 119_999 } }, P],
    [1, 'snapshot_age', 'at the limit', { world: { snapshotAgeMs: 120_000 } }, F],
    [
      1,
      'snapshot_age',
      'a gate that allows more does not',
      { world: { snapshotAgeMs: 120_000, snapshotMaxAgeMs: 600_000 } },
      F,
    ],
    [
      1,
      'snapshot_age',
      'a gate that allows less does',
      { world: { snapshotAgeMs: 9000, snapshotMaxAgeMs: 9000 } },
      F,
    ],
    [1, 'snapshot_age', 'no snapshot', { world: { snapshotAgeMs: null } }, I],
    [1, 'feed', 'checkpoint and heartbeats', {}, P],
    [1, 'feed', 'no checkpoint', { world: { hasCheckpoint: false } }, I],
    [1, 'feed', 'silent', { world: { feedFresh: false } }, I],
    [1, 'ours_matched', 'one', {}, P],
    [1, 'ours_matched', 'none', { matched: false }, I],
    [2, 'dwell', 'a millisecond short', { dwellMs: 599_999 }, I],
    [2, 'planned', 'one', { planned: 1 }, P],
    [2, 'planned', 'none', { planned: 0 }, I],
    [2, 'executed_zero', 'a write sent', { writesSent: 1 }, F],
    [2, 'blocked_dry_run', 'all', {}, P],
    [2, 'blocked_dry_run', 'one less', { blocked: { dry_run: 3, audit_unavailable: 1 } }, F],
    [2, 'blocked_dry_run', 'nothing planned', { planned: 0, blocked: {} }, I],
    [2, 'plans_in_audit', 'all', {}, P],
    [2, 'plans_in_audit', 'one less', { plannedInAudit: 3 }, F],
    [2, 'plans_in_audit', 'nothing planned', { planned: 0, plannedInAudit: 0 }, I],
    [3, 'blocked_not_armed', 'all', {}, P],
    [3, 'blocked_not_armed', 'another reason', { blocked: { not_armed: 3, env_var_missing: 1 } }, F],
    [3, 'blocked_not_armed', 'nothing witnessed', { planned: 0, blocked: {} }, I],
    [3, 'executed_zero', 'one executed', { executed: 1 }, F],
    [4, 'executed_is_planned', 'all of the plan', {}, P],
    [4, 'executed_is_planned', 'one that was not planned', { executedUnplanned: 1 }, F],
    [4, 'audit', 'unavailable', { world: { auditHealthy: false } }, F],
    [4, 'no_old_unknown', 'none', {}, P],
    [4, 'no_old_unknown', 'at the limit', { world: { oldestUnknownMs: 300_000 } }, P],
    [4, 'no_old_unknown', 'over it', { world: { oldestUnknownMs: 300_001 } }, F],
  ])('stage %i %s, %s', (stage, id, _, change, verdict) => {
    expect(verdictOf(stage, id, change)).toBe(verdict);
  });
});

describe('a whole stage', () => {
  test.each([0, 1, 2, 3, 4] as const)('stage %i passes with all it needs', (stage) => {
    expect(overall(criteriaOf(stage, inStage[stage], world))).toBe(P);
  });

  test.each([1, 2, 3] as const)('stage %i passes nothing that nobody observed', (stage) => {
    const unseen = {
      ...world,
      snapshotAgeMs: null,
      hasCheckpoint: false,
      feedFresh: false,
      failedPrerequisites: null,
    };
    const passing = criteriaOf(stage, fresh, unseen).filter(({ verdict }) => verdict === P);
    // That nothing was executed is what these stages are to show; it is no observation by itself.
    expect(passing.map(({ id }) => id)).toEqual(['executed_zero']);
    expect(overall(criteriaOf(stage, fresh, unseen))).toBe(I);
  });

  test('stage 0 passes nothing before the prerequisites were looked at', () => {
    expect(overall(criteriaOf(0, fresh, { ...world, failedPrerequisites: null }))).toBe(I);
  });

  test('a FAIL outweighs everything, and only a match may stay open', () => {
    const all = criteriaOf(1, inStage[1], world);
    const change = (id: string, verdict: CriterionVerdict) =>
      all.map((one) => (one.id === id ? { ...one, verdict } : one));
    expect(overall(change('ours_matched', I))).toBe(P);
    for (const { id } of all) {
      expect([id, overall(change(id, F))]).toEqual([id, F]);
      if (id !== 'ours_matched') expect([id, overall(change(id, I))]).toEqual([id, I]);
    }
  });

  test('each criterion shows a figure', () => {
    for (const stage of [0, 1, 2, 3, 4] as const)
      for (const one of criteriaOf(stage, inStage[stage], world)) {
        expect([one.id, one.figure === '', one.limit === '']).toEqual([one.id, false, false]);
      }
  });
});

test.each([
  [0, '0.0s'],
  [800, '0.8s'],
  [9949, '9.9s'],
  [12_400, '12s'],
  [59_999, '60s'],
  [60_000, '1:00'],
  [600_000, '10:00'],
  [3_599_999, '59:59'],
])('%i ms are shown as %s', (ms, text) => {
  expect(seconds(ms)).toBe(text);
});

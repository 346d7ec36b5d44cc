/**
 * The ceremony's criteria, one pure function a stage: figures since the stage was entered, held against the contract's
 * limits. No observation is INCONCLUSIVE, never PASS.
 */
import { criterion, seconds } from './criterion.ts';
import type { Progress } from './progress.ts';
import type { Criterion, CriterionVerdict, StageNumber } from './types.ts';

/** What the criteria need to know of the moment. Null is unknown. */
export interface StageWorld {
  readonly intervalMs: number;
  readonly requiredDwellMs: number;
  readonly snapshotAgeMs: number | null;
  readonly snapshotMaxAgeMs: number;
  /** The last observation was complete. */
  readonly sourcesWell: boolean;
  readonly hasCheckpoint: boolean;
  readonly feedFresh: boolean;
  readonly auditHealthy: boolean;
  /** Prerequisites that fail, by name; null while they have not been looked at. */
  readonly failedPrerequisites: readonly string[] | null;
  /** Age of the oldest UNKNOWN outcome. */
  readonly oldestUnknownMs: number | null;
  readonly unknownLimitMs: number;
}

/** The ceremony asks for a snapshot younger than this, however much the gate allows. */
const SNAPSHOT_AGE_MS = 120_000;

/** Judges a stage. */
export function criteriaOf(stage: StageNumber, progress: Progress, world: StageWorld): readonly Criterion[] {
  switch (stage) {
    case 0:
      return baseline(progress, world);
    case 1:
      return [
        dwell(progress, world),
        runsDue(progress, world),
        gap(progress, world),
        zeroExecuted(progress),
        snapshotAge(world),
        feed(world),
        criterion(
          'ours_matched',
          'something of ours matched',
          progress.matched ? 'PASS' : 'INCONCLUSIVE',
          progress.matched ? 'yes' : 'nothing yet',
          '>= 1',
        ),
      ];
    case 2:
      return [
        dwell(progress, world),
        planned(progress),
        zeroExecuted(progress),
        allBlockedBy('dry_run', progress),
        inAudit(progress),
      ];
    case 3:
      return [allBlockedBy('not_armed', progress), zeroExecuted(progress)];
    case 4:
      return live(progress, world);
  }
}

/** Criteria that may stay INCONCLUSIVE without holding the stage up; they are acknowledged before stage 4. */
export const MAY_STAY_INCONCLUSIVE: ReadonlySet<string> = new Set(['ours_matched']);

/** PASS, FAIL or INCONCLUSIVE for a whole stage. */
export function overall(criteria: readonly Criterion[]): CriterionVerdict {
  if (criteria.some(({ verdict }) => verdict === 'FAIL')) return 'FAIL';
  const open = criteria.some(
    ({ id, verdict }) => verdict === 'INCONCLUSIVE' && !MAY_STAY_INCONCLUSIVE.has(id),
  );
  return open ? 'INCONCLUSIVE' : 'PASS';
}

function baseline(progress: Progress, world: StageWorld): readonly Criterion[] {
  const failed = world.failedPrerequisites;
  return [
    criterion(
      'no_run',
      'no reconcile run',
      progress.runs === 0 ? 'PASS' : 'FAIL',
      String(progress.runs),
      '0',
    ),
    criterion(
      'no_write',
      'no write sent',
      progress.writesSent === 0 ? 'PASS' : 'FAIL',
      String(progress.writesSent),
      '0',
    ),
    criterion(
      'prerequisites',
      'no prerequisite fails',
      failed === null ? 'INCONCLUSIVE' : failed.length === 0 ? 'PASS' : 'FAIL',
      failed === null ? 'not looked at yet' : failed.length === 0 ? 'none' : failed.join(', '),
      'none',
    ),
  ];
}

function dwell(progress: Progress, world: StageWorld): Criterion {
  const done = progress.dwellMs >= world.requiredDwellMs;
  return criterion(
    'dwell',
    'dwell',
    done ? 'PASS' : 'INCONCLUSIVE',
    seconds(progress.dwellMs),
    seconds(world.requiredDwellMs),
  );
}

function runsDue(progress: Progress, world: StageWorld): Criterion {
  const due = Math.floor((progress.lastTickMonoMs - progress.startedMonoMs) / world.intervalMs);
  // One run may be under way, and less than one run missing is not judged yet.
  const least = 0.95 * Math.max(0, due - 1);
  const enough = progress.runs > 0 && progress.runs >= least;
  const verdict = enough ? 'PASS' : progress.runs < Math.floor(least) ? 'FAIL' : 'INCONCLUSIVE';
  return criterion('runs_due', 'runs due that ran', verdict, `${progress.runs} of ${due}`, '>= 95 %');
}

function gap(progress: Progress, world: StageWorld): Criterion {
  const longest = longestGap(progress);
  const verdict = longest > 3 * world.intervalMs ? 'FAIL' : progress.runs === 0 ? 'INCONCLUSIVE' : 'PASS';
  return criterion(
    'gap',
    'longest gap between runs',
    verdict,
    seconds(longest),
    `<= ${seconds(3 * world.intervalMs)}`,
  );
}

function longestGap(progress: Progress): number {
  return Math.max(
    progress.longestGapMs,
    progress.lastTickMonoMs - (progress.lastRunMonoMs ?? progress.startedMonoMs),
  );
}

function zeroExecuted(progress: Progress): Criterion {
  const none = progress.executed === 0 && progress.writesSent === 0;
  return criterion(
    'executed_zero',
    'executed',
    none ? 'PASS' : 'FAIL',
    String(Math.max(progress.executed, progress.writesSent)),
    '0',
  );
}

function snapshotAge(world: StageWorld): Criterion {
  const age = world.snapshotAgeMs;
  const limit = Math.min(world.snapshotMaxAgeMs, SNAPSHOT_AGE_MS);
  const verdict = age === null ? 'INCONCLUSIVE' : age < limit ? 'PASS' : 'FAIL';
  return criterion(
    'snapshot_age',
    'snapshot age',
    verdict,
    age === null ? 'no snapshot yet' : seconds(age),
    `< ${seconds(limit)}`,
  );
}

function feed(world: StageWorld): Criterion {
  const figure = !world.hasCheckpoint
    ? 'no checkpoint'
    : world.feedFresh
      ? 'checkpoint, fresh'
      : 'checkpoint, silent';
  return criterion(
    'feed',
    'feed checkpoint and heartbeats',
    world.hasCheckpoint && world.feedFresh ? 'PASS' : 'INCONCLUSIVE',
    figure,
    'both',
  );
}

function planned(progress: Progress): Criterion {
  return criterion(
    'planned',
    'plans witnessed',
    progress.planned > 0 ? 'PASS' : 'INCONCLUSIVE',
    String(progress.planned),
    '>= 1',
  );
}

function inAudit(progress: Progress): Criterion {
  const verdict =
    progress.planned === 0 ? 'INCONCLUSIVE' : progress.plannedInAudit === progress.planned ? 'PASS' : 'FAIL';
  return criterion(
    'plans_in_audit',
    'plans in the audit',
    verdict,
    `${progress.plannedInAudit} of ${progress.planned}`,
    'all',
  );
}

function allBlockedBy(reason: string, progress: Progress): Criterion {
  const by = progress.blocked[reason] ?? 0;
  const verdict = progress.planned === 0 ? 'INCONCLUSIVE' : by === progress.planned ? 'PASS' : 'FAIL';
  const others = Object.keys(progress.blocked).filter(
    (other) => other !== reason && (progress.blocked[other] ?? 0) > 0,
  );
  return criterion(
    `blocked_${reason}`,
    `blocked by ${reason}`,
    verdict,
    `${by} of ${progress.planned}${others.length > 0 ? `, also ${others.join(', ')}` : ''}`,
    'all, >= 1',
  );
}

function live(progress: Progress, world: StageWorld): readonly Criterion[] {
  const age = world.oldestUnknownMs;
  return [
    criterion(
      'executed_is_planned',
      'executed equals the plan',
      progress.executedUnplanned === 0 ? 'PASS' : 'FAIL',
      `${progress.executed} executed`,
      'planned only',
    ),
    criterion(
      'audit',
      'every step in the audit',
      world.auditHealthy ? 'PASS' : 'FAIL',
      world.auditHealthy ? 'healthy' : 'unavailable',
      'healthy',
    ),
    criterion(
      'no_old_unknown',
      'no UNKNOWN outcome over its limit',
      age === null || age <= world.unknownLimitMs ? 'PASS' : 'FAIL',
      age === null ? 'none' : seconds(age),
      seconds(world.unknownLimitMs),
    ),
  ];
}

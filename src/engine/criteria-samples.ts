/**
 * How a stage's figures went, as sparse lines of the audit: STAGE_EVIDENCE with the verdict SAMPLE, which is evidence of
 * nothing. Pure.
 */
import type { AuditRecord, JsonObject } from './audit-record.ts';
import type { Criterion } from './types.ts';

/** When a stage was sampled last. */
export interface Sampled {
  /** Wall time at which the stage was entered: another one is another stay. */
  readonly sinceMs: number;
  readonly atMonoMs: number;
  /** The verdicts then. */
  readonly verdicts: string;
}

/** A stay is sampled as often as this at most until its dwell is over; later ever more rarely. */
const SAMPLES_A_DWELL = 20;
const RARELY = 0.05;
const LEAST_GAP_MS = 1000;
/** A change of verdict is worth a line sooner, but one that flutters is not. */
const SOONER = 0.2;

/**
 * Says whether a line is due. From dwell on the gap is 5 % of the stay, so a stay of a week has some 200 lines at the default
 * dwell. Times are milliseconds of one monotonic clock.
 */
export function isSampleDue(
  last: Sampled | null,
  now: {
    readonly sinceMs: number;
    readonly atMonoMs: number;
    readonly stayMs: number;
    readonly dwellMs: number;
    readonly verdicts: string;
  },
): boolean {
  if (last === null || last.sinceMs !== now.sinceMs) return true;
  const gapMs = Math.max(LEAST_GAP_MS, now.dwellMs / SAMPLES_A_DWELL, now.stayMs * RARELY);
  const passedMs = now.atMonoMs - last.atMonoMs;
  return passedMs >= (last.verdicts === now.verdicts ? gapMs : gapMs * SOONER);
}

/** The details of a sample. */
export function sampleDetails(criteria: readonly Criterion[]): JsonObject {
  return {
    verdict: 'SAMPLE',
    criteria: criteria.map(({ id, verdict, figure, limit }) => ({ id, verdict, figure, limit })),
  };
}

/** Tells whether a record is a sample. */
export function isSample({ event_type, details }: AuditRecord): boolean {
  return event_type === 'STAGE_EVIDENCE' && details['verdict'] === 'SAMPLE';
}

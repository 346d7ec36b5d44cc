/** Proof that a stage was passed: when it counts, and what it asks of the next dwell. Pure. */
import { type CoveredSettings, coveredFor, widened } from '../config/covered.ts';
import type { StageNumber } from './types.ts';

/** Proof that a stage was passed, and under which settings. */
export interface Evidence {
  readonly stage: StageNumber;
  readonly passedAtMs: number;
  readonly covered: CoveredSettings;
  readonly version: string;
}

/** What evidence is held against today. */
export interface EvidenceContext {
  readonly nowMs: number;
  readonly covered: CoveredSettings;
  readonly version: string;
}

/** Evidence lives this long. */
export const EVIDENCE_MAX_AGE_MS = 7 * 86_400_000;
/** A wall clock may be set back by this much without voiding what was just earned. */
const CLOCK_STEP_MS = 60_000;
/** A longer time without a running daemon voids evidence. */
export const DOWNTIME_MAX_MS = 86_400_000;
/** The dwell that a new program version alone asks for. */
export const NEW_VERSION_DWELL_MS = 300_000;

/** Tells whether evidence counts today: same version, young enough, settings equal or narrower. Stage 0's always does. */
export function counts(evidence: Evidence, context: EvidenceContext): boolean {
  if (evidence.stage === 0) return true;
  return evidence.version === context.version && countsButForVersion(evidence, context);
}

/** The highest stage whose every lower stage has evidence that counts. */
export function earnedBy(evidence: readonly Evidence[], context: EvidenceContext): StageNumber {
  for (const stage of [0, 1, 2, 3] as const) {
    if (!evidence.some((one) => one.stage === stage && counts(one, context))) return stage;
  }
  return 4;
}

/** The dwell a stage asks for: 5 minutes at most when nothing but the program's version moved. */
export function dwellFor(
  stage: StageNumber,
  evidence: readonly Evidence[],
  context: EvidenceContext,
  dwellMs: number,
): number {
  const old = evidence.find((one) => one.stage === stage && one.version !== context.version);
  const onlyVersion = old !== undefined && countsButForVersion(old, context);
  return onlyVersion ? Math.min(dwellMs, NEW_VERSION_DWELL_MS) : dwellMs;
}

function countsButForVersion(evidence: Evidence, context: EvidenceContext): boolean {
  const age = context.nowMs - evidence.passedAtMs;
  if (age < -CLOCK_STEP_MS || age > EVIDENCE_MAX_AGE_MS) return false;
  return isCovered(evidence, context.covered);
}

/** Asked with every heartbeat of the same few objects, which never change. */
const COVERED = new WeakMap<Evidence, { readonly today: CoveredSettings; readonly answer: boolean }>();

function isCovered(evidence: Evidence, today: CoveredSettings): boolean {
  const known = COVERED.get(evidence);
  if (known?.today === today) return known.answer;
  const answer = widened(evidence.covered, coveredFor(evidence.stage, today)).length === 0;
  COVERED.set(evidence, { today, answer });
  return answer;
}

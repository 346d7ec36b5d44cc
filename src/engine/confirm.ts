/** Counts how often and how long each mismatch was seen. Pure: only complete reads say anything, either way. */
import type { Confirmation } from '../gates/gate.ts';
import type { Mismatch, Observation } from './types.ts';

/** When one mismatch was first and last seen in a complete read, in monotonic milliseconds. */
export interface Sighting {
  readonly firstMonoMs: number;
  readonly lastMonoMs: number;
  readonly completeReads: number;
}

/** Sightings by mismatch key. */
export interface ConfirmState {
  readonly sightings: ReadonlyMap<string, Sighting>;
  /** Start of the latest complete read that was counted. */
  readonly latestReadMonoMs: number;
}

/** Nothing seen yet. */
export const NOTHING_SEEN: ConfirmState = {
  sightings: new Map(),
  latestReadMonoMs: Number.NEGATIVE_INFINITY,
};

/**
 * Folds one comparison in: what a complete read shows is counted, what it doesn't show is forgotten.
 * An incomplete read, the same read again and an older one change nothing.
 */
export function advanceConfirmations(
  state: ConfirmState,
  mismatches: readonly Mismatch[],
  observed: Pick<Observation, 'complete' | 'startedMonoMs'>,
): ConfirmState {
  const atMonoMs = observed.startedMonoMs;
  if (!observed.complete || !(atMonoMs > state.latestReadMonoMs)) return state;
  const keys = new Set(mismatches.map((mismatch) => mismatch.key));
  const sightings = new Map([...keys].map((key) => [key, seeAgain(state.sightings.get(key), atMonoMs)]));
  return { sightings, latestReadMonoMs: atMonoMs };
}

/** Says how well a mismatch is confirmed; null when no complete read has shown it. */
export function confirmationOf(state: ConfirmState, key: string): Confirmation | null {
  const sighting = state.sightings.get(key);
  if (sighting === undefined) return null;
  return { completeReads: sighting.completeReads, spanMs: sighting.lastMonoMs - sighting.firstMonoMs };
}

function seeAgain(before: Sighting | undefined, atMonoMs: number): Sighting {
  return {
    firstMonoMs: before?.firstMonoMs ?? atMonoMs,
    lastMonoMs: atMonoMs,
    completeReads: (before?.completeReads ?? 0) + 1,
  };
}

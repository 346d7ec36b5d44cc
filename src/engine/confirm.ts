/** Counts how often and how long each mismatch was seen. Pure: only complete reads say anything, either way. */
import type { Confirmation } from '../gates/gate.ts';
import { isZero } from './decimal.ts';
import type { Mismatch, Observation } from './types.ts';
import { orderKey, positionKey } from './view-age.ts';

/**
 * When one mismatch was seen in complete reads, in monotonic milliseconds. A read may have seen it at any time from its start
 * to its end: the first counts from its end and the last from its start, so that slow reads don't stretch the time between.
 */
export interface Sighting {
  /** End of the first. */
  readonly firstMonoMs: number;
  /** Start of the last. */
  readonly lastMonoMs: number;
  readonly completeReads: number;
  /** What the item looked like, and since the end of which read: a change starts over. */
  readonly form: string;
  readonly stillSinceMonoMs: number;
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

/** What a sighting is worth. */
export interface SightingRules {
  /** What the engine believes could be trusted when it was compared; a difference to anything else shows nothing. */
  readonly trusted: boolean;
  /** So long without a complete read, and nobody can say that what is seen now is what was seen then. */
  readonly maxGapMs: number;
}

/**
 * Folds one comparison in: what a complete read shows is counted, what it doesn't show is forgotten.
 * An incomplete read, the same read again and an older one change nothing; an expected state that can't be trusted
 * and a gap forget all.
 */
export function advanceConfirmations(
  state: ConfirmState,
  mismatches: readonly Mismatch[],
  observed: Pick<Observation, 'complete' | 'startedMonoMs' | 'endedMonoMs'>,
  rules: SightingRules,
): ConfirmState {
  const atMonoMs = observed.startedMonoMs;
  const endMonoMs = Math.max(atMonoMs, observed.endedMonoMs);
  if (!rules.trusted) return { ...state, sightings: new Map() };
  if (!observed.complete || !(atMonoMs > state.latestReadMonoMs)) return state;
  const unbroken = atMonoMs - state.latestReadMonoMs <= rules.maxGapMs;
  const sightings = new Map(
    mismatches.map((mismatch) => {
      const before = unbroken ? state.sightings.get(mismatch.key) : undefined;
      return [mismatch.key, seeAgain(before, { form: formOf(mismatch), atMonoMs, endMonoMs })];
    }),
  );
  return { sightings, latestReadMonoMs: atMonoMs };
}

/** Those mismatches that a read itself showed: what the stream alone told confirms nothing. */
export function shownBy(
  read: Pick<Observation, 'orders' | 'positions'>,
  mismatches: readonly Mismatch[],
): readonly Mismatch[] {
  const heard = (mismatch: Mismatch): boolean =>
    (mismatch.observedOrder ?? mismatch.observedPosition)?.heardAtMonoMs !== undefined;
  if (!mismatches.some(heard)) return mismatches;
  const orders = new Set(read.orders.map(orderKey));
  const positions = new Set(read.positions.filter(({ amount }) => !isZero(amount)).map(positionKey));
  return mismatches.filter((mismatch) => {
    if (!heard(mismatch)) return true;
    const { observedOrder, observedPosition } = mismatch;
    if (observedOrder !== null) return orders.has(orderKey(observedOrder));
    return observedPosition !== null && positions.has(positionKey(observedPosition));
  });
}

/** Says how well a mismatch is confirmed; null when no complete read has shown it. */
export function confirmationOf(state: ConfirmState, key: string): Confirmation | null {
  const sighting = state.sightings.get(key);
  if (sighting === undefined) return null;
  return {
    completeReads: sighting.completeReads,
    spanMs: Math.max(0, sighting.lastMonoMs - sighting.firstMonoMs),
    stillMs: Math.max(0, sighting.lastMonoMs - sighting.stillSinceMonoMs),
  };
}

function seeAgain(
  before: Sighting | undefined,
  {
    form,
    atMonoMs,
    endMonoMs,
  }: { readonly form: string; readonly atMonoMs: number; readonly endMonoMs: number },
): Sighting {
  return {
    firstMonoMs: before?.firstMonoMs ?? endMonoMs,
    lastMonoMs: atMonoMs,
    completeReads: (before?.completeReads ?? 0) + 1,
    form,
    stillSinceMonoMs: before?.form === form ? before.stillSinceMonoMs : endMonoMs,
  };
}

/** Amount and update time; a position that was closed and opened again is another one. */
function formOf({ observedOrder, observedPosition }: Mismatch): string {
  const item = observedPosition ?? observedOrder;
  const amount = observedPosition?.amount ?? observedOrder?.filledQuantity ?? '';
  return item === null ? '' : `${amount} ${item.updatedAtMs}`;
}

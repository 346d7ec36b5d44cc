/** Keeps what is read below the exchange's weight limit, so that room is left for a cancel and what it has to ask first. */
import { endpointOf, WEIGHT_LIMIT, weightOf } from './weights.ts';

export interface WeightMeter {
  /** Takes the weight of a read, or says why it must not leave now. */
  readonly take: (path: string, params: Readonly<Record<string, string>>) => string | null;
  /** Learns from X-MBX-USED-WEIGHT-1M; returns the figure when it is new. */
  readonly note: (header: string | null) => number | null;
}

/** Kept for writes, for the targeted reads around them, and for the clock: no picture takes of it. */
export const WEIGHT_RESERVE = 200;
const WINDOW_MS = 60_000;

/** What pictures are made of; one that has to wait is late, where a write that has to wait is a risk. */
const PICTURE: ReadonlySet<string> = new Set([
  'openOrders',
  'openAlgoOrders',
  'positionRisk',
  'positionSide/dual',
  'premiumIndex',
  'exchangeInfo',
]);
/** The same endpoints with a symbol are what a flatten asks right before it. */
const TARGETED: ReadonlySet<string> = new Set(['positionRisk', 'premiumIndex']);

interface Taken {
  readonly atMs: number;
  readonly weight: number;
}

/**
 * Starts a meter at zero; `monoMs` is any monotonic clock. It counts what left within any 60 s, whatever minute the exchange
 * counts by, and what the exchange says, which holds what other programs at this address used.
 */
export function createWeightMeter(monoMs: () => number): WeightMeter {
  let taken: readonly Taken[] = [];
  let told: (Taken & { readonly since: number }) | null = null;
  let lastTold = -1;

  function used(nowMs: number): number {
    taken = taken.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const own = taken.reduce((total, { weight }) => total + weight, 0);
    if (told === null || nowMs - told.atMs >= WINDOW_MS) return own;
    return Math.max(own, told.weight + told.since);
  }

  return {
    take: (path, params) => {
      const endpoint = endpointOf(path);
      const hasSymbol = 'symbol' in params;
      const weight = weightOf(endpoint, hasSymbol);
      const keeps = PICTURE.has(endpoint) && !(hasSymbol && TARGETED.has(endpoint));
      const reserve = keeps ? WEIGHT_RESERVE : 0;
      const nowMs = monoMs();
      const before = used(nowMs);
      if (before + weight > WEIGHT_LIMIT - reserve)
        return `request weight ${before} of ${WEIGHT_LIMIT} used, ${reserve} kept for writes`;
      taken = [...taken, { atMs: nowMs, weight }];
      if (told !== null) told = { ...told, since: told.since + weight };
      return null;
    },
    note: (header) => {
      if (header === null || !/^\d{1,7}$/.test(header)) return null;
      const weight = Number(header);
      told = { atMs: monoMs(), weight, since: 0 };
      if (weight === lastTold) return null;
      lastTold = weight;
      return weight;
    },
  };
}

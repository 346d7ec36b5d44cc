/** Keeps reads below the exchange's weight limit, so that room is left for a cancel. */

export interface WeightMeter {
  /** Takes the weight of a read, or says why it must not leave now. */
  readonly take: (path: string, params: Readonly<Record<string, string>>) => string | null;
  /** Learns from X-MBX-USED-WEIGHT-1M; returns the figure when it is new. */
  readonly note: (header: string | null) => number | null;
}

/** Weight per minute and address (USD-M "Limits", read 2026-11). */
const LIMIT = 2400;
/** Kept for writes and for what follows them. */
const RESERVE = 200;
const WINDOW_MS = 60_000;

/** What a call costs without and with a symbol, by the exchange's own figures; everything else costs 1. */
const WEIGHTS: Readonly<Record<string, readonly [all: number, one: number]>> = {
  '/fapi/v1/openOrders': [40, 1],
  '/fapi/v1/openAlgoOrders': [40, 1],
  '/fapi/v1/premiumIndex': [10, 1],
  '/fapi/v3/positionRisk': [5, 5],
  '/fapi/v1/positionSide/dual': [30, 30],
};

/** Starts a meter at zero; `monoMs` is any monotonic clock. */
export function createWeightMeter(monoMs: () => number): WeightMeter {
  let used = 0;
  let sinceMs = monoMs();
  let told = -1;
  return {
    take: (path, params) => {
      if (monoMs() - sinceMs >= WINDOW_MS) {
        used = 0;
        sinceMs = monoMs();
      }
      const cost = WEIGHTS[path]?.['symbol' in params ? 1 : 0] ?? 1;
      if (used + cost > LIMIT - RESERVE)
        return `request weight ${used} of ${LIMIT} used, ${RESERVE} kept for writes`;
      used += cost;
      return null;
    },
    note: (header) => {
      if (header === null || !/^\d{1,7}$/.test(header)) return null;
      used = Number(header);
      sinceMs = monoMs();
      if (used === told) return null;
      told = used;
      return used;
    },
  };
}

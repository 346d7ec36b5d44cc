/**
 * How to read one picture for the least weight: a small whitelist symbol by symbol, a large one with one call for all.
 * Pure. Regular and conditional orders are read the same way, since a picture needs both.
 */
import { WEIGHT_LIMIT, weightOf } from './weights.ts';

/** `by_symbol`: one call a symbol. `all`: one call without a symbol. */
export type Scope = 'by_symbol' | 'all';

export interface ReadPlan {
  readonly orders: Scope;
  readonly prices: Scope;
  /** Of orders, conditional orders, positions and prices together; the rare read of the position mode comes on top. */
  readonly weight: number;
}

/**
 * Plans the reads of a picture of these symbols. At equal weight everything is read: it shows more, in fewer calls.
 * A sweep that is due, and an empty whitelist, read the orders of all symbols whatever that costs.
 */
export function planReads(symbols: readonly string[], sweepDue = false): ReadPlan {
  const count = symbols.length;
  const orders = cheaper(['openOrders', 'openAlgoOrders'], count);
  const prices = cheaper(['premiumIndex'], count);
  const all = weightOf('openOrders', false) + weightOf('openAlgoOrders', false);
  const sweeps = sweepDue || count === 0 || orders.scope === 'all';
  return {
    orders: sweeps ? 'all' : 'by_symbol',
    prices: count === 0 ? 'by_symbol' : prices.scope,
    weight: (sweeps ? all : orders.weight) + prices.weight + weightOf('positionRisk', false),
  };
}

/**
 * The least time between two pictures that events ask for, in ms: at most half of the weight a minute goes to them, so that
 * a busy account doesn't starve the reads that come by the clock.
 */
export function eventReadGapMs(symbols: readonly string[]): number {
  return Math.max(SHORTEST_GAP_MS, Math.ceil((planReads(symbols).weight * 60_000) / (WEIGHT_LIMIT / 2)));
}

const SHORTEST_GAP_MS = 2000;

function cheaper(
  endpoints: readonly string[],
  count: number,
): { readonly scope: Scope; readonly weight: number } {
  const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);
  const bySymbol = count * sum(endpoints.map((endpoint) => weightOf(endpoint, true)));
  const all = sum(endpoints.map((endpoint) => weightOf(endpoint, false)));
  return bySymbol < all ? { scope: 'by_symbol', weight: bySymbol } : { scope: 'all', weight: all };
}

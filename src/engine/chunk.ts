/** How much of a position one flatten closes when it may go in parts. Pure. */
import { compareDecimals, decimal, floorToStep, product, roundUp } from './decimal.ts';
import type { Decimal, SymbolRules } from './types.ts';

/** What one part may be. */
export interface ChunkLimits {
  /** USDT: the lowest cap that a single flatten meets. */
  readonly maxNotionalUsdt: Decimal;
  readonly orderType: 'limit' | 'market';
  /** Basis points; a price that moves by less than this leaves the part below the cap. */
  readonly maxSlippageBps: number;
}

/** The largest quantity of one flatten of this type (filters LOT_SIZE and MARKET_LOT_SIZE of the exchange information). */
export function largestOrder(rules: SymbolRules, orderType: ChunkLimits['orderType']): Decimal {
  return orderType === 'market' ? rules.marketMaxQuantity : rules.maxQuantity;
}

/**
 * Gives the quantity to close first: all of `size` when that fits, else the largest part within the cap and the symbol's
 * largest order that leaves a rest which can be closed too. Null when no part fits.
 */
export function firstChunk(
  size: Decimal,
  at: { readonly markPrice: Decimal; readonly rules: SymbolRules },
  limits: ChunkLimits,
): Decimal | null {
  const { markPrice, rules } = at;
  const largest = largestOrder(rules, limits.orderType);
  const isWhole =
    compareDecimals(roundUp(product(size, markPrice), 2), limits.maxNotionalUsdt) <= 0 &&
    compareDecimals(size, largest) <= 0;
  if (isWhole) return size;
  const smallest = smallestOrder(markPrice, rules);
  const most = lower(floorToStep(largest, rules.stepSize), withinCap(markPrice, rules, limits));
  const rest = decimal(size).minus(most);
  const chunk = rest.isLessThan(smallest)
    ? floorToStep(decimal(size).minus(smallest).toFixed(), rules.stepSize)
    : most;
  return compareDecimals(chunk, smallest) < 0 ? null : chunk;
}

function withinCap(markPrice: Decimal, rules: SymbolRules, limits: ChunkLimits): Decimal {
  const dearest = decimal(markPrice).times(decimal(String(limits.maxSlippageBps)).dividedBy(10_000).plus(1));
  return floorToStep(decimal(limits.maxNotionalUsdt).dividedBy(dearest).toFixed(), rules.stepSize);
}

/** Quantity and notional that the symbol asks for at least, in whole steps. */
function smallestOrder(markPrice: Decimal, rules: SymbolRules): Decimal {
  const byNotional = floorToStep(decimal(rules.minNotional).dividedBy(markPrice).toFixed(), rules.stepSize);
  const needed = decimal(byNotional).plus(rules.stepSize).toFixed();
  return compareDecimals(needed, rules.minQuantity) < 0 ? rules.minQuantity : needed;
}

function lower(a: Decimal, b: Decimal): Decimal {
  return compareDecimals(a, b) < 0 ? a : b;
}

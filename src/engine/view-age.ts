/** Which of two accounts of one order or position is the newer one, by the exchange's own times. Pure. */
import { compareDecimals } from './decimal.ts';
import type { Observation, ObservedOrder, ObservedPosition, OrderStatus } from './types.ts';

/** An order's key in a view: ids of ordinary and conditional orders are counted apart. */
export function orderKey(order: Pick<ObservedOrder, 'symbol' | 'conditional' | 'orderId'>): string {
  return `${order.symbol} ${order.conditional ? 'algo-' : ''}${order.orderId}`;
}

/** A position's key in a view. */
export function positionKey(position: Pick<ObservedPosition, 'symbol' | 'positionSide'>): string {
  return `${position.symbol} ${position.positionSide}`;
}

/** Tells whether an order is over for good. */
export function hasEnded(status: OrderStatus): boolean {
  return ENDED.has(status);
}

/**
 * Above 0 when `a` is the newer account, below when `b` is. An order that ended stays ended; else the update time
 * counts, and within one millisecond the larger fill.
 */
export function compareOrderAge(a: ObservedOrder, b: ObservedOrder): number {
  return (
    Number(hasEnded(a.status)) - Number(hasEnded(b.status)) ||
    a.updatedAtMs - b.updatedAtMs ||
    compareDecimals(a.filledQuantity, b.filledQuantity)
  );
}

/** The same for positions: the update time alone. */
export function comparePositionAge(a: ObservedPosition, b: ObservedPosition): number {
  return a.updatedAtMs - b.updatedAtMs;
}

/** Tells as of when (monotonic) an observation shows an order's symbol; -Infinity when it never did. */
export function coverageOf(
  observed: Observation,
): (order: Pick<ObservedOrder, 'symbol' | 'conditional'>) => number {
  const read = new Set(
    observed.reads
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ endpoint, symbol }) => `${endpoint} ${symbol ?? '*'}`),
  );
  return ({ symbol, conditional }) => {
    const endpoint = conditional ? 'openAlgoOrders' : 'openOrders';
    const covered = read.has(`${endpoint} *`) || read.has(`${endpoint} ${symbol}`);
    return covered ? observed.startedMonoMs : (observed.sweptAtMonoMs ?? Number.NEGATIVE_INFINITY);
  };
}

const ENDED: ReadonlySet<OrderStatus> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']);

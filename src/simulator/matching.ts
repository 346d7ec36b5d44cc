/** Pure decisions of the matching engine: what a new order does against the price, and when a resting one fills. */
import { BigNumber } from 'bignumber.js';
import { refusals } from './rejections.ts';
import type { Order, OrderRequest, Rejection } from './types.ts';

/** The best prices of a book. */
export interface Quote {
  readonly bid: BigNumber;
  readonly ask: BigNumber;
}

/** What a new order meets. */
export interface Match {
  /** Filled at once, at `price`. */
  readonly quantity: BigNumber;
  readonly price: BigNumber;
  /** What happens to the rest. */
  readonly rest: 'rests' | 'expires';
}

/** One tick each side of the last price; the bid never falls to zero. */
export function quoteAround(last: BigNumber, tickSize: string): Quote {
  return { bid: BigNumber.max(last.minus(tickSize), tickSize), ask: last.plus(tickSize) };
}

/** Decides what a new order does now; `available` bounds what the book offers to a taker. */
export function matchNew(
  request: OrderRequest,
  quote: Quote,
  available: BigNumber | undefined,
): Match | Rejection {
  const price = request.side === 'BUY' ? quote.ask : quote.bid;
  const crosses =
    request.type === 'MARKET' ||
    (request.side === 'BUY' ? request.price.gte(quote.ask) : request.price.lte(quote.bid));
  const offered = available === undefined ? request.quantity : BigNumber.min(available, request.quantity);
  const quantity = crosses ? offered : new BigNumber(0);
  if (request.type === 'MARKET') return { quantity, price, rest: 'expires' };
  switch (request.timeInForce) {
    case 'GTC':
      return { quantity, price, rest: 'rests' };
    case 'IOC':
      return { quantity, price, rest: 'expires' };
    case 'FOK':
      return quantity.eq(request.quantity) ? { quantity, price, rest: 'expires' } : refusals.fok;
    case 'GTX':
      return crosses ? refusals.postOnly : { quantity, price, rest: 'rests' };
  }
}

/** Whether the last price has reached a resting order. */
export function reaches(order: Order, last: BigNumber): boolean {
  return order.side === 'BUY' ? last.lte(order.price) : last.gte(order.price);
}

/** Whether an order is still in the book. */
export function isOpen(order: Order): boolean {
  return order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';
}

/**
 * The exchange's truth: one account's orders, positions and fills. No I/O, no clock, no timer: `nowMs` comes in with
 * each call and events go out through `subscribe`, in the order in which they happened.
 */
import { BigNumber } from 'bignumber.js';
import { refusalOf } from './admission.ts';
import { type AlgoBook, createAlgoBook } from './algo-book.ts';
import { createLedger } from './ledger.ts';
import { isOpen, matchNew, quoteAround, reaches } from './matching.ts';
import { positionKey } from './positions.ts';
import { createPrices, type Prices } from './prices.ts';
import { isRejection, refusals } from './rejections.ts';
import { findSymbol } from './symbols.ts';
import type { ModelEvent, Order, OrderRequest, Position, PositionSide, Rejection, View } from './types.ts';

/** One exchange with one account. */
export interface Model {
  readonly hedgeMode: boolean;
  readonly prices: Prices;
  readonly algo: AlgoBook;
  /** Places an order; market, IOC and crossing orders come back with their fills. */
  place(request: OrderRequest, nowMs: number): Order | Rejection;
  /** Cancels an open order; -2011 when it is not open. */
  cancel(orderId: number, nowMs: number): Order | Rejection;
  /** Fills part of a resting order whatever the price, as if somebody had hit it. */
  fill(orderId: number, quantity: BigNumber, nowMs: number): Order | Rejection;
  /** Sets a position as if it had always been so; heard as an adjustment of the account. */
  setPosition(input: SetPosition, nowMs: number): Position;
  setPrice(symbol: string, price: BigNumber, nowMs: number): void;
  /** Bounds what takers get per order on a symbol; undefined lifts the bound. */
  setLiquidity(symbol: string, quantity: BigNumber | undefined): void;
  /** Moves the prices one step and fills or triggers what they reach. */
  step(nowMs: number): void;
  /** A frozen picture of this moment. */
  view(): View;
  subscribe(listener: (event: ModelEvent) => void): () => void;
}

/** A position as it shall be; the amount is signed. */
export interface SetPosition {
  readonly symbol: string;
  readonly positionSide: PositionSide;
  readonly amount: BigNumber;
}

/** Creates an empty account of 10,000 USDT; the same seed gives the same price path. */
export function createModel(options: { readonly seed: number; readonly hedgeMode: boolean }): Model {
  const { hedgeMode } = options;
  const prices = createPrices(options.seed);
  const ledger = createLedger(prices);
  const liquidity = new Map<string, BigNumber>();
  const algo = createAlgoBook({ ledger, prices, hedgeMode, place });

  function place(request: OrderRequest, nowMs: number): Order | Rejection {
    const spec = findSymbol(request.symbol);
    if (spec === undefined) return refusals.symbol;
    const refusal = refusalOf({ request, spec, view: ledger.live(), hedgeMode });
    if (refusal !== undefined) return refusal;
    const quote = quoteAround(prices.last(request.symbol), spec.tickSize);
    const match = matchNew(request, quote, liquidity.get(request.symbol));
    if (isRejection(match)) return match;
    let order = ledger.open(request, nowMs);
    if (match.quantity.gt(0))
      order = ledger.fill(order, { quantity: match.quantity, price: match.price, maker: false }, nowMs);
    if (match.rest === 'expires' && isOpen(order)) order = ledger.end(order, 'EXPIRED', nowMs);
    return order;
  }

  function settle(symbol: string, nowMs: number): void {
    const last = prices.last(symbol);
    for (const order of ledger.openOrders(symbol)) {
      const current = ledger.live().orders.get(order.orderId);
      if (current === undefined || !isOpen(current) || !reaches(current, last)) continue;
      const quantity = current.quantity.minus(current.filled);
      ledger.fill(current, { quantity, price: current.price, maker: true }, nowMs);
    }
    algo.trigger(symbol, nowMs);
  }

  return {
    hedgeMode,
    prices,
    algo,
    place,
    cancel(orderId, nowMs) {
      const order = ledger.live().orders.get(orderId);
      if (order === undefined || !isOpen(order)) return refusals.unknownOrder;
      return ledger.end(order, 'CANCELED', nowMs);
    },
    fill(orderId, quantity, nowMs) {
      const order = ledger.live().orders.get(orderId);
      if (order === undefined || !isOpen(order)) return refusals.unknownOrder;
      const room = BigNumber.min(quantity, order.quantity.minus(order.filled));
      return ledger.fill(order, { quantity: room, price: order.price, maker: true }, nowMs);
    },
    setPosition(input, nowMs) {
      const entryPrice = input.amount.isZero() ? new BigNumber(0) : prices.last(input.symbol);
      const position = { ...input, entryPrice, updatedAtMs: nowMs };
      return ledger.adjust(positionKey(input.symbol, input.positionSide), position, nowMs);
    },
    setPrice(symbol, price, nowMs) {
      prices.set(symbol, price);
      settle(symbol, nowMs);
    },
    setLiquidity(symbol, quantity) {
      if (quantity === undefined) liquidity.delete(symbol);
      else liquidity.set(symbol, quantity);
    },
    step(nowMs) {
      for (const symbol of prices.step()) settle(symbol, nowMs);
    },
    view: ledger.snapshot,
    subscribe: ledger.subscribe,
  };
}

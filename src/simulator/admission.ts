/** The rules an order must meet before it reaches the matching engine, in the order the exchange checks them. */
import { BigNumber } from 'bignumber.js';
import { MULTIPLIER_DOWN, MULTIPLIER_UP } from './exchange-info.ts';
import { isOpen } from './matching.ts';
import { flatPosition, positionKey, reducible } from './positions.ts';
import { minNotional, priceBand, refusals } from './rejections.ts';
import { decimalsOf } from './symbols.ts';
import type { OrderRequest, Position, Rejection, SymbolSpec, View } from './types.ts';

/** Leverage of the one account, for margin and position replies. */
export const LEVERAGE = 20;

/** An order and everything its admission depends on. */
export interface AdmissionInput {
  readonly request: OrderRequest;
  readonly spec: SymbolSpec;
  readonly view: View;
  readonly hedgeMode: boolean;
}

/** Returns the first rule the order breaks, or nothing. Pure. */
export function refusalOf(input: AdmissionInput): Rejection | undefined {
  return refusalOfTerms(input) ?? refusalOfAccount(input);
}

/** The position an order acts on. */
export function positionOf(view: View, request: Pick<OrderRequest, 'symbol' | 'positionSide'>): Position {
  const { symbol, positionSide } = request;
  return view.positions.get(positionKey(symbol, positionSide)) ?? flatPosition(symbol, positionSide);
}

/** Whether the order can only make its position smaller: by flag, or by closing its side in hedge mode. */
export function mustReduce(request: OrderRequest): boolean {
  if (request.reduceOnly) return true;
  if (request.positionSide === 'LONG') return request.side === 'SELL';
  return request.positionSide === 'SHORT' && request.side === 'BUY';
}

/** USDT that is neither margin of a position nor of an open order. */
export function availableBalance(view: View): BigNumber {
  let used = new BigNumber(0);
  for (const position of view.positions.values()) {
    used = used.plus(position.amount.abs().times(position.entryPrice));
  }
  for (const order of view.orders.values()) {
    if (isOpen(order) && !mustReduce(order))
      used = used.plus(order.quantity.minus(order.filled).times(order.price));
  }
  return view.balance.minus(used.div(LEVERAGE));
}

function refusalOfTerms({ request, spec, view }: AdmissionInput): Rejection | undefined {
  const { quantity, price, type, side } = request;
  if (quantity.lte(0)) return refusals.quantityZero;
  if ((quantity.decimalPlaces() ?? 0) > decimalsOf(spec.stepSize)) return refusals.precision;
  if (!quantity.mod(spec.stepSize).isZero()) return refusals.step;
  if (quantity.lt(spec.minQty)) return refusals.quantityMin;
  if (quantity.gt(type === 'MARKET' ? spec.maxMarketQty : spec.maxQty)) return refusals.quantityMax;
  const last = view.prices.get(spec.symbol) ?? new BigNumber(spec.startPrice);
  if (type === 'LIMIT') {
    if ((price.decimalPlaces() ?? 0) > decimalsOf(spec.tickSize)) return refusals.precision;
    if (!price.mod(spec.tickSize).isZero() || price.lte(0)) return refusals.tick;
    const bound = last.times(side === 'BUY' ? MULTIPLIER_UP : MULTIPLIER_DOWN);
    if (side === 'BUY' ? price.gt(bound) : price.lt(bound))
      return priceBand(side, bound.toFixed(decimalsOf(spec.tickSize)));
  }
  const notional = quantity.times(type === 'LIMIT' ? price : last);
  if (!mustReduce(request) && notional.lt(spec.minNotional)) return minNotional(spec.minNotional);
  return undefined;
}

function refusalOfAccount({ request, spec, view, hedgeMode }: AdmissionInput): Rejection | undefined {
  if (hedgeMode === (request.positionSide === 'BOTH')) return refusals.positionSide;
  if (hedgeMode && request.reduceOnly) return refusals.reduceOnlyInHedge;
  const open = [...view.orders.values()].filter((order) => isOpen(order));
  if (open.some((order) => order.clientOrderId === request.clientOrderId)) return refusals.duplicate;
  if (open.filter((order) => order.symbol === request.symbol).length >= spec.maxNumOrders)
    return refusals.tooManyOrders;
  if (mustReduce(request)) {
    const room = reducible(positionOf(view, request), request.side);
    if (room.isZero() || (hedgeMode && request.quantity.gt(room))) return refusals.reduceOnly;
    return undefined;
  }
  const last = view.prices.get(spec.symbol) ?? new BigNumber(spec.startPrice);
  const cost = request.quantity.times(request.type === 'LIMIT' ? request.price : last).div(LEVERAGE);
  const closing = reducible(positionOf(view, request), request.side).gte(request.quantity);
  return !closing && cost.gt(availableBalance(view)) ? refusals.margin : undefined;
}

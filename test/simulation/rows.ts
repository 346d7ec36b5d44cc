/** The truth in the program's own words, as its reader of the exchange's rows would make them. */

import { escapeText, isClientOrderId } from '../../src/engine/escape.ts';
import type { ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import type { TruthOrder, TruthPosition } from './truth.ts';

/** Thousandths as decimal text. */
export function thousandths(count: number): string {
  return (count / 1000).toFixed(3);
}

/** An order as it is read. */
export function orderRow(order: TruthOrder): ObservedOrder {
  const { clientOrderId, symbol, side, status, reduceOnly, conditional, positionSide } = order;
  return {
    orderId: String(order.orderId),
    clientOrderId: isClientOrderId(clientOrderId) ? clientOrderId : escapeText(clientOrderId),
    symbol,
    side,
    orderType: order.type,
    price: String(order.price),
    quantity: thousandths(order.quantity),
    filledQuantity: thousandths(order.filled),
    status,
    reduceOnly,
    closePosition: false,
    conditional,
    positionSide,
    createdAtMs: order.createdAtMs,
    updatedAtMs: order.updatedAtMs,
    synthetic: false,
  };
}

/** A position as it is read. */
export function positionRow(position: TruthPosition): ObservedPosition {
  const { symbol, positionSide, amount, updatedAtMs } = position;
  return { symbol, positionSide, amount: thousandths(amount), entryPrice: '1', updatedAtMs };
}

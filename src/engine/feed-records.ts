/** What a line of the feed says, in the engine's own words. Pure. */
import type { ExpectedOrder, ExpectedPosition, SaidAt } from './expected-types.ts';
import type { FeedLine, FeedOrder, FeedPosition } from './feed-schema.ts';

/** An order that the engine believes to be open. */
export function liveOrder(order: FeedOrder, at: SaidAt): ExpectedOrder {
  return {
    clientOrderId: order.client_order_id,
    symbol: order.symbol,
    side: order.side,
    orderType: order.order_type,
    price: order.price,
    quantity: order.quantity,
    filledQuantity: order.filled_quantity,
    reduceOnly: order.reduce_only,
    state: 'live',
    endReason: null,
    ...at,
  };
}

/** An order that the engine saw end, with what is known of it. The first end after it fired may be that of what it was. */
export function endedOrder(
  end: Extract<FeedLine, { readonly type: 'order_end' }>,
  known: ExpectedOrder | undefined,
  at: SaidAt,
): ExpectedOrder {
  return {
    clientOrderId: end.client_order_id,
    symbol: end.symbol,
    side: known?.side ?? 'BUY',
    orderType: known?.firedFrom ?? known?.orderType ?? 'LIMIT',
    price: known?.price ?? '0',
    quantity: known?.quantity ?? '0',
    filledQuantity: end.filled_quantity,
    reduceOnly: known?.reduceOnly ?? false,
    state: 'ended',
    endReason: end.reason,
    ...at,
  };
}

/** A position that the engine believes to hold. */
export function heldPosition(row: FeedPosition, at: SaidAt): ExpectedPosition {
  return { symbol: row.symbol, positionSide: row.position_side, amount: row.amount, ...at };
}

/** The key of a position's record. */
export function keyOf({ symbol, position_side }: Pick<FeedPosition, 'symbol' | 'position_side'>): string {
  return `${symbol}/${position_side}`;
}

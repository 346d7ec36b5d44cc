/** What a line of the feed says, in the engine's own words. Pure. */
import type { ExpectedOrder, ExpectedPosition, SaidAt } from './expected-types.ts';
import type { FeedOrder, FeedPosition } from './feed-schema.ts';

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

/** A position that the engine believes to hold. */
export function heldPosition(row: FeedPosition, at: SaidAt): ExpectedPosition {
  return { symbol: row.symbol, positionSide: row.position_side, amount: row.amount, ...at };
}

/** The key of a position's record. */
export function keyOf({ symbol, position_side }: Pick<FeedPosition, 'symbol' | 'position_side'>): string {
  return `${symbol}/${position_side}`;
}

/** What a line of the feed says, in the engine's own words. Pure. */
import type { ExpectedOrder, ExpectedPosition } from './expected-types.ts';
import type { FeedOrder, FeedPosition } from './feed-schema.ts';

/** When a line was written by the engine's clock, and read by ours. */
export interface SaidAt {
  readonly updatedAtMs: number;
  readonly readAtMonoMs: number;
}

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

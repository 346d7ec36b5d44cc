/** Orders as the feed tells them. */
import type { Body } from './feed-writer.ts';
import { thousandths } from './rows.ts';
import type { TruthOrder } from './truth.ts';

/** What the feed says of an order. */
export type FeedOrder = Pick<
  TruthOrder,
  'clientOrderId' | 'symbol' | 'side' | 'type' | 'price' | 'quantity' | 'reduceOnly'
>;

/** Its fields, in the feed's names. */
export function feedOrder({
  clientOrderId,
  symbol,
  side,
  type,
  price,
  quantity,
  reduceOnly,
}: FeedOrder): Body {
  return {
    client_order_id: clientOrderId,
    symbol,
    side,
    order_type: type,
    price: String(price),
    quantity: thousandths(quantity),
    reduce_only: reduceOnly,
  };
}

/** What makes a line of the feed unbelievable by itself, in words. Pure. */
import { compareDecimals } from './decimal.ts';
import { escapeText } from './escape.ts';
import type { ExpectedOrder } from './expected-types.ts';
import type { FeedLine, FeedOrder, FeedPosition } from './feed-schema.ts';

type Checkpoint = Extract<FeedLine, { readonly type: 'checkpoint' }>;

/** An order as far as its fills go. */
export type Filled = Pick<FeedOrder, 'client_order_id' | 'quantity' | 'filled_quantity'>;

/**
 * Says what in a checkpoint can't be so, or null. It is the full set, each item once: of two rows of one position (as of
 * two strategies on one symbol) the last would count alone, and a 0 in it would close what the other one holds.
 */
export function contradictionIn({ orders, positions }: Checkpoint): string | null {
  const twice = firstTwice(positions.map(nameOf)) ?? firstTwice(orders.map(orderName));
  if (twice !== null) return `${twice} is named twice in a checkpoint`;
  for (const order of orders) {
    const why = overfilled(order);
    if (why !== null) return why;
  }
  return null;
}

/**
 * Says that an order is of another symbol than the engine has said, or null. One id is one order: whoever ends it on a symbol
 * that it is not on has mixed up two, and the one that goes on would be nobody's.
 */
export function elsewhere(
  known: Pick<ExpectedOrder, 'symbol' | 'state'> | undefined,
  told: Pick<FeedOrder, 'client_order_id' | 'symbol'>,
): string | null {
  if (known === undefined || known.state === 'ended' || known.symbol === told.symbol) return null;
  return `${orderName(told)} is told on ${told.symbol}, and was on ${known.symbol}`;
}

/** No order is filled beyond its size: whoever says so has counted a trade twice, and is not believed. Null when it isn't. */
export function overfilled(order: Filled): string | null {
  const { quantity, filled_quantity } = order;
  return isOverfilled(order)
    ? `${orderName(order)} is filled beyond its size: ${filled_quantity}/${quantity}`
    : null;
}

function isOverfilled({ filled_quantity, quantity }: Filled): boolean {
  return compareDecimals(filled_quantity, quantity) > 0;
}

function firstTwice(names: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

function nameOf({ symbol, position_side }: FeedPosition): string {
  return `position ${symbol} ${position_side}`;
}

function orderName({ client_order_id }: Pick<FeedOrder, 'client_order_id'>): string {
  return `order ${escapeText(client_order_id, 64)}`;
}

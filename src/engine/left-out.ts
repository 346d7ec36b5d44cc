/** What becomes of orders that a checkpoint does not name although no end of them was told. Pure. */
import type { ExpectedOrder } from './expected-types.ts';
import { liveOrder, type SaidAt } from './feed-records.ts';
import type { FeedOrder } from './feed-schema.ts';
import { toldOrder } from './restated.ts';

/**
 * So long an engine has to go on leaving an order out. A checkpoint is made while orders are on their way, and one that the
 * engine has not filed yet is missing from it; the next one names it. Whoever waits for that cancels no good order.
 */
const LEFT_OUT_MS = 30_000;

/** All orders after a checkpoint. What it does not name comes first, so that the oldest end stays the first to be forgotten. */
export function ordersAfter(
  known: ReadonlyMap<string, ExpectedOrder>,
  named: readonly FeedOrder[],
  at: SaidAt,
): Map<string, ExpectedOrder> {
  const orders = new Map<string, ExpectedOrder>();
  const names = new Set(named.map(({ client_order_id }) => client_order_id));
  for (const [id, order] of known) {
    const kept = names.has(id) ? null : leftOutBy(order, at);
    if (kept !== null) orders.set(id, kept);
  }
  for (const order of named) {
    const id = order.client_order_id;
    orders.set(id, toldOrder(known.get(id), liveOrder(order, at)));
  }
  return orders;
}

/** The order after a checkpoint without it; null once it is forgotten: left out before, that long ago on both clocks. */
function leftOutBy(order: ExpectedOrder, at: SaidAt): ExpectedOrder | null {
  switch (order.state) {
    case 'ended':
      return order;
    case 'live':
      return { ...order, state: 'left_out', ...at };
    case 'left_out': {
      const waitedMs = Math.min(at.updatedAtMs - order.updatedAtMs, at.readAtMonoMs - order.readAtMonoMs);
      return waitedMs >= LEFT_OUT_MS ? null : order;
    }
  }
}

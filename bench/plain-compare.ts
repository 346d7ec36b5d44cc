/** The same comparison as one writes it first: dictionaries of dictionaries, built and walked as a whole each time. */
import type { ExpectedOrder, ObservedOrder } from '../src/engine/types.ts';

type BySymbol<T> = Record<string, Record<string, T>>;

/** Counts what differs between two lists of orders. */
export function plainCompare(
  expected: Iterable<ExpectedOrder>,
  observed: readonly ObservedOrder[],
  prefix: string,
): number {
  const believed: BySymbol<ExpectedOrder> = {};
  for (const order of expected) {
    believed[order.symbol] ??= {};
    const orders = believed[order.symbol];
    if (orders !== undefined) orders[order.clientOrderId] = order;
  }
  const shown: BySymbol<ObservedOrder> = {};
  for (const order of observed) {
    if (!order.clientOrderId.startsWith(prefix)) continue;
    shown[order.symbol] ??= {};
    const orders = shown[order.symbol];
    if (orders !== undefined) orders[order.clientOrderId] = order;
  }
  let differing = 0;
  for (const [symbol, orders] of Object.entries(shown)) {
    for (const [id, order] of Object.entries(orders)) {
      const record = believed[symbol]?.[id];
      if (record === undefined || record.state === 'ended') differing += 1;
      else if (record.side !== order.side) differing += 1;
      else if (Number(record.price) !== Number(order.price)) differing += 1;
      else if (Number(record.quantity) !== Number(order.quantity)) differing += 1;
    }
  }
  for (const [symbol, orders] of Object.entries(believed)) {
    for (const [id, record] of Object.entries(orders))
      if (record.state === 'live' && shown[symbol]?.[id] === undefined) differing += 1;
  }
  return differing;
}

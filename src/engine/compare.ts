/**
 * Compares what the trading engine believes with what the exchange showed. Pure, and the specification: comparer.ts gives
 * the same answer from what changed since it was last asked.
 *
 * Invariants: an incomplete observation proves no absence; what the engine told us after the observation began is
 * not judged by it; before a checkpoint nothing is a mismatch; what isn't ours is counted and never judged.
 */
import { classifyOrder, type Identity } from '../gates/identity.ts';
import { compareOrders } from './compare-orders.ts';
import { comparePositions } from './compare-positions.ts';
import type { CompareOptions, Comparison, SortedOrders, UnparsableOrder } from './comparison.ts';
import { byContract, byPlace, compareText, isNewerRow } from './contract-order.ts';
import { isLive } from './targeted.ts';
import type { ExpectedState, Observation, ObservedOrder } from './types.ts';

/** Compares expected with observed. */
export function compare(expected: ExpectedState, observed: Observation, options: CompareOptions): Comparison {
  const sorted = sortOrders(observed.orders, options.identity);
  const known = expected.checkpoint !== null;
  const orders = known ? compareOrders(expected, { observed, ours: sorted.ours }, options) : NO_ORDERS;
  const positions = known ? comparePositions(expected, observed, options) : NO_POSITIONS;
  return {
    mismatches: [...orders.mismatches, ...positions.mismatches].sort(byContract),
    foreignBySymbol: sorted.foreignBySymbol,
    unparsable: sorted.unparsable,
    matchedOrders: orders.matched,
    matchedPositions: positions.matched,
    ours: sorted.ours.filter((order) => !order.synthetic).length,
    queries: orders.queries,
  };
}

const NO_ORDERS = { mismatches: [], matched: 0, queries: [] } as const;
const NO_POSITIONS = { mismatches: [], matched: 0 } as const;

function sortOrders(orders: readonly ObservedOrder[], identity: Identity): SortedOrders {
  const ours: ObservedOrder[] = [];
  const unparsable: UnparsableOrder[] = [];
  const foreign = new Map<string, number>();
  for (const order of distinct(orders)) {
    const whose = classifyOrder(order, identity);
    const { clientOrderId, orderId, symbol } = order;
    if (whose.kind === 'ours') ours.push(order);
    else if (!isLive(order.status) && order.status !== 'UNKNOWN') continue;
    else if (whose.kind === 'ours_unparsable')
      unparsable.push({ clientOrderId, orderId, symbol, why: whose.why });
    else if (whose.kind !== 'repair') foreign.set(symbol, (foreign.get(symbol) ?? 0) + 1);
  }
  return {
    ours,
    foreignBySymbol: new Map([...foreign].sort(([a], [b]) => compareText(a, b))),
    unparsable: unparsable.sort(byPlace),
  };
}

/** One entry an order: of several the newest counts, whatever order they came in. */
function distinct(orders: readonly ObservedOrder[]): Iterable<ObservedOrder> {
  const byId = new Map<string, ObservedOrder>();
  for (const order of orders) {
    const id = `${order.symbol} ${order.conditional} ${order.orderId} ${order.clientOrderId}`;
    const other = byId.get(id);
    if (other === undefined || isNewerRow(order, other)) byId.set(id, order);
  }
  return byId.values();
}

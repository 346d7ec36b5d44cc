/** The comparison's half about orders: every one of them, each time. Pure. */
import type { CompareOptions } from './comparison.ts';
import { byAge } from './contract-order.ts';
import { compareDecimals } from './decimal.ts';
import { isDenied, isSwept, judgeShown, mayAsk, missingOrder } from './order-rules.ts';
import type { ExpectedState, Mismatch, Observation, ObservedOrder } from './types.ts';

/** What the orders differ in. */
export interface OrderDifferences {
  readonly mismatches: readonly Mismatch[];
  readonly matched: number;
  readonly queries: readonly string[];
}

/** Compares the engine's orders with those of our identity (`ours`) in an observation. */
export function compareOrders(
  expected: ExpectedState,
  seen: { readonly observed: Observation; readonly ours: readonly ObservedOrder[] },
  options: CompareOptions,
): OrderDifferences {
  const startedMonoMs = seen.observed.startedMonoMs;
  const oneWord = expected.oneWordSince !== null;
  const shown = seen.ours.map((order) => {
    const record = expected.orders.get(order.clientOrderId);
    const asOf = order.heardAtMonoMs ?? order.sweptAtMonoMs ?? startedMonoMs;
    return judgeShown(order, record, { startedMonoMs: asOf, options, oneWord });
  });
  const absent = findAbsent(expected, seen.observed, options);
  return {
    mismatches: [...shown.flatMap((one) => one.mismatch ?? []), ...absent.mismatches],
    matched: shown.filter((one) => one.matched).length,
    queries: absent.queries,
  };
}

/** Finds orders believed live that a complete observation doesn't show. */
function findAbsent(
  expected: ExpectedState,
  observed: Observation,
  options: CompareOptions,
): { readonly mismatches: readonly Mismatch[]; readonly queries: readonly string[] } {
  if (!observed.complete) return { mismatches: [], queries: [] };
  const present = new Set(observed.orders.map((order) => `${order.symbol} ${order.clientOrderId}`));
  const swept = isSwept(observed);
  const candidates = [...expected.orders.values()]
    .filter((record) => record.state === 'live' && !present.has(`${record.symbol} ${record.clientOrderId}`))
    .filter((record) => swept || options.whitelist.includes(record.symbol))
    .filter((record) => compareDecimals(record.filledQuantity, record.quantity) < 0)
    .filter((record) => record.readAtMonoMs < observed.startedMonoMs)
    .filter((record) => options.now.monoMs - record.readAtMonoMs > options.missingGraceMs)
    .sort(byAge);
  const missing = candidates.filter((record) => isDenied(record, options));
  return {
    mismatches: missing.map((record) => missingOrder(record, options)),
    queries: candidates
      .filter((record) => !isDenied(record, options) && mayAsk(record, options))
      .map((record) => record.clientOrderId),
  };
}

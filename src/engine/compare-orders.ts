/** The comparison's half about orders. Pure. */
import { protects } from '../gates/protective-order.ts';
import type { CompareOptions } from './compare.ts';
import { compareDecimals } from './decimal.ts';
import { isLive } from './targeted.ts';
import type { ExpectedOrder, ExpectedState, Mismatch, Observation, ObservedOrder } from './types.ts';

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
  const shown = seen.ours.map((order) => {
    const record = expected.orders.get(order.clientOrderId);
    const asOf = order.heardAtMonoMs ?? order.sweptAtMonoMs ?? startedMonoMs;
    return judgeShown(order, record, { startedMonoMs: asOf, options });
  });
  const absent = findAbsent(expected, seen.observed, options);
  return {
    mismatches: [...shown.flatMap((one) => one.mismatch ?? []), ...absent.mismatches],
    matched: shown.filter((one) => one.matched).length,
    queries: absent.queries,
  };
}

interface Shown {
  readonly mismatch: Mismatch | null;
  readonly matched: boolean;
}

/** Judges an order of ours that the exchange shows. */
function judgeShown(
  order: ObservedOrder,
  record: ExpectedOrder | undefined,
  context: { readonly startedMonoMs: number; readonly options: CompareOptions },
): Shown {
  const elsewhere = record !== undefined && record.symbol !== order.symbol;
  if (elsewhere && record.state === 'live')
    return { mismatch: onAnotherSymbol(order, record), matched: false };
  if (record === undefined || elsewhere)
    return { mismatch: unexpected(order, context.options), matched: false };
  const matched = record.state === 'live' && isLive(order.status) && !order.synthetic;
  // What the engine told us while the exchange was being read, this read can't contradict.
  if (record.readAtMonoMs >= context.startedMonoMs) return { mismatch: null, matched };
  const recordAgeMs = context.startedMonoMs - record.readAtMonoMs;
  const settled = recordAgeMs > (context.options.statusGraceMs ?? 0);
  if (record.state === 'ended') {
    return { mismatch: settled ? ghost(order, record, context.options) : null, matched: false };
  }
  if (isLive(order.status)) return { mismatch: differentTerms(order, record), matched };
  const lost = settled && order.status !== 'UNKNOWN';
  return { mismatch: lost ? endedElsewhere(order, record) : null, matched: false };
}

function unexpected(order: ObservedOrder, options: CompareOptions): Mismatch | null {
  if (!isLive(order.status) && order.status !== 'UNKNOWN') return null;
  const detail = `no order expected, found ${wording(order)}`;
  return cancellable({ type: 'ORDER_EXISTS_UNEXPECTED', order, detail, options });
}

/** The engine believes in an order of this id and calls its symbol otherwise: it is expected, whatever is wrong with it. */
function onAnotherSymbol(order: ObservedOrder, record: ExpectedOrder): Mismatch | null {
  if (!isLive(order.status) && order.status !== 'UNKNOWN') return null;
  const detail = `expected/found: symbol ${record.symbol}/${order.symbol}`;
  return { ...orderMismatch('ORDER_TERMS_DIVERGENCE', order), detail, remediation: 'report' };
}

/** An order that the engine saw end and the exchange still shows. */
function ghost(order: ObservedOrder, record: ExpectedOrder, options: CompareOptions): Mismatch | null {
  if (!isLive(order.status)) return null;
  const detail = `expected ended (${record.endReason ?? 'no reason'}), found live: ${wording(order)}`;
  return cancellable({ type: 'ORDER_STATUS_DIVERGENCE', order, detail, options });
}

function endedElsewhere(order: ObservedOrder, record: ExpectedOrder): Mismatch {
  const detail = `expected live ${record.filledQuantity}/${record.quantity}, found ${order.status} ${order.filledQuantity}/${order.quantity}`;
  return { ...orderMismatch('ORDER_STATUS_DIVERGENCE', order), detail, remediation: 'report' };
}

function differentTerms(order: ObservedOrder, record: ExpectedOrder): Mismatch | null {
  // Fewer fills than the engine knows of: this picture is older than the engine's, and says nothing about terms.
  if (compareDecimals(order.filledQuantity, record.filledQuantity) < 0) return null;
  const differences = [
    record.side === order.side ? [] : `side ${record.side}/${order.side}`,
    compareDecimals(record.price, order.price) === 0 ? [] : `price ${record.price}/${order.price}`,
    compareDecimals(record.quantity, order.quantity) === 0
      ? []
      : `quantity ${record.quantity}/${order.quantity}`,
  ].flat();
  if (differences.length === 0) return null;
  const detail = `expected/found: ${differences.join(', ')}`;
  return { ...orderMismatch('ORDER_TERMS_DIVERGENCE', order), detail, remediation: 'report' };
}

/** Finds orders believed live that a complete observation doesn't show. */
function findAbsent(
  expected: ExpectedState,
  observed: Observation,
  options: CompareOptions,
): { readonly mismatches: readonly Mismatch[]; readonly queries: readonly string[] } {
  if (!observed.complete) return { mismatches: [], queries: [] };
  const present = new Set(observed.orders.map((order) => `${order.symbol} ${order.clientOrderId}`));
  const candidates = [...expected.orders.values()]
    .filter((record) => record.state === 'live' && !present.has(`${record.symbol} ${record.clientOrderId}`))
    .filter((record) => covers(observed, record.symbol, options.whitelist))
    .filter((record) => compareDecimals(record.filledQuantity, record.quantity) < 0)
    .filter((record) => record.readAtMonoMs < observed.startedMonoMs)
    .filter((record) => options.now.monoMs - record.readAtMonoMs > options.missingGraceMs)
    .sort((a, b) => a.readAtMonoMs - b.readAtMonoMs || (a.clientOrderId < b.clientOrderId ? -1 : 1));
  const missing = candidates.filter((record) => isDenied(record, options));
  return {
    mismatches: missing.map((record) => missingOrder(record, options)),
    queries: candidates
      .filter((record) => !isDenied(record, options) && mayAsk(record, options))
      .map((record) => record.clientOrderId),
  };
}

/** Whether an observation would have shown an order on this symbol. */
function covers(observed: Observation, symbol: string, whitelist: readonly string[]): boolean {
  if (whitelist.includes(symbol)) return true;
  return observed.reads.some(
    (read) => read.symbol === null && read.outcome === 'ok' && /^open_?orders$/i.test(read.endpoint),
  );
}

function isDenied(record: ExpectedOrder, options: CompareOptions): boolean {
  const history = options.targeted?.get(record.clientOrderId);
  if (history === undefined || history.latest.readAtMonoMs <= record.readAtMonoMs) return false;
  if (history.latest.answer === 'ended') return true;
  return history.latest.answer === 'not_found' && history.misses >= (options.missesNeeded ?? 1);
}

function mayAsk(record: ExpectedOrder, options: CompareOptions): boolean {
  const latest = options.targeted?.get(record.clientOrderId)?.latest;
  if (latest === undefined) return true;
  return options.now.monoMs - latest.readAtMonoMs >= (options.requeryAfterMs ?? options.missingGraceMs);
}

function missingOrder(record: ExpectedOrder, options: CompareOptions): Mismatch {
  const latest = options.targeted?.get(record.clientOrderId)?.latest;
  const found = latest?.answer === 'ended' ? (latest.status ?? 'ended') : 'no such order';
  return {
    key: `ORDER_MISSING_ON_EXCHANGE:${record.symbol}:${record.clientOrderId}`,
    type: 'ORDER_MISSING_ON_EXCHANGE',
    symbol: record.symbol,
    clientOrderId: record.clientOrderId,
    orderId: null,
    positionSide: null,
    remediation: 'report',
    detail: `expected live ${record.filledQuantity}/${record.quantity} filled, found ${found}`,
    reportOnlyBecause: '',
    observedOrder: null,
    observedPosition: null,
    synthetic: false,
  };
}

/** A mismatch whose order goes, unless it protects a position or shows a status that we don't understand. */
function cancellable(found: {
  readonly type: 'ORDER_EXISTS_UNEXPECTED' | 'ORDER_STATUS_DIVERGENCE';
  readonly order: ObservedOrder;
  readonly detail: string;
  readonly options: CompareOptions;
}): Mismatch {
  const base = { ...orderMismatch(found.type, found.order), detail: found.detail };
  const protection = protects(found.order);
  const because =
    found.order.status === 'UNKNOWN'
      ? 'its status is not one we know'
      : protection !== null && found.options.remediateProtective !== true
        ? `it protects a position: ${protection}`
        : '';
  return { ...base, remediation: because === '' ? 'cancel' : 'report', reportOnlyBecause: because };
}

/** The exchange's order id is part of the key: a client order id can be used again by another order. */
function orderMismatch(
  type: Mismatch['type'],
  order: ObservedOrder,
): Omit<Mismatch, 'detail' | 'remediation'> {
  return {
    key: `${type}:${order.symbol}:${order.clientOrderId}:${order.conditional ? 'algo-' : ''}${order.orderId}`,
    type,
    symbol: order.symbol,
    clientOrderId: order.clientOrderId,
    orderId: order.orderId,
    positionSide: null,
    reportOnlyBecause: '',
    observedOrder: order,
    observedPosition: null,
    synthetic: order.synthetic,
  };
}

function wording(order: ObservedOrder): string {
  return `${order.side} ${order.quantity} @ ${order.price} ${order.status}`;
}

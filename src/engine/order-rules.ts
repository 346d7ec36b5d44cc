/** What the rules say about one order, whatever the others are: shown or absent, expected or not. Pure. */
import { protects } from '../gates/protective-order.ts';
import type { CompareOptions } from './comparison.ts';
import { compareDecimals } from './decimal.ts';
import { isConditionalType, isLive } from './targeted.ts';
import type { ExpectedOrder, Mismatch, Observation, ObservedOrder } from './types.ts';

/** What one order of ours that is shown comes to. */
export interface Shown {
  readonly mismatch: Mismatch | null;
  readonly matched: boolean;
}

/**
 * Judges an order of ours that the exchange shows. `startedMonoMs`: as of when it is shown, that is the start of the
 * read, of the sweep it is carried from, or when the stream told it. `oneWord`: the engine's picture rests on one checkpoint
 * alone, and what that leaves out, or had ended before, is no target yet.
 */
export function judgeShown(
  order: ObservedOrder,
  record: ExpectedOrder | undefined,
  context: { readonly startedMonoMs: number; readonly options: CompareOptions; readonly oneWord: boolean },
): Shown {
  const shown = judge(order, record, context);
  return context.oneWord && shown.mismatch?.remediation === 'cancel' && !order.synthetic
    ? {
        ...shown,
        mismatch: reportOnly(
          shown.mismatch,
          'one checkpoint alone leaves it out since the feed was broken or joined',
        ),
      }
    : shown;
}

function judge(
  order: ObservedOrder,
  record: ExpectedOrder | undefined,
  context: { readonly startedMonoMs: number; readonly options: CompareOptions },
): Shown {
  const elsewhere = record !== undefined && record.symbol !== order.symbol;
  if (elsewhere && record.state !== 'ended')
    return { mismatch: onAnotherSymbol(order, record), matched: false };
  if (record === undefined || elsewhere)
    return { mismatch: unexpected(order, context.options), matched: false };
  const matched = record.state === 'live' && isLive(order.status) && !order.synthetic;
  // What the engine told us while the exchange was being read, this read can't contradict.
  if (record.readAtMonoMs >= context.startedMonoMs) return { mismatch: null, matched };
  const recordAgeMs = context.startedMonoMs - record.readAtMonoMs;
  const settled = recordAgeMs > (context.options.statusGraceMs ?? 0);
  if (record.state === 'left_out') return { mismatch: leftOut(order, context.options), matched: false };
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

/** It may have been on its way while the engine made the checkpoint: only one that goes on leaving it out has forgotten it. */
function leftOut(order: ObservedOrder, options: CompareOptions): Mismatch | null {
  const found = unexpected(order, options);
  return found === null
    ? null
    : reportOnly(found, 'one word alone gave it up: a checkpoint, or an end dated before its record');
}

function reportOnly(found: Mismatch, because: string): Mismatch {
  return { ...found, remediation: 'report', reportOnlyBecause: because };
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
  const found = cancellable({ type: 'ORDER_STATUS_DIVERGENCE', order, detail, options });
  // A conditional order that fires ends, and goes on as an ordinary one of its client id, whose end nobody has told.
  return isConditionalType(record.orderType) && !order.conditional
    ? reportOnly(found, 'a conditional order of its id ended, and may have become this one')
    : found;
}

function endedElsewhere(order: ObservedOrder, record: ExpectedOrder): Mismatch {
  const detail = `expected live ${record.filledQuantity}/${record.quantity}, found ${order.status} ${order.filledQuantity}/${order.quantity}`;
  return { ...orderMismatch('ORDER_STATUS_DIVERGENCE', order), detail, remediation: 'report' };
}

function differentTerms(order: ObservedOrder, record: ExpectedOrder): Mismatch | null {
  // Fewer fills than the engine knows of: this picture is older than the engine's, and says nothing about terms.
  if (compareDecimals(order.filledQuantity, record.filledQuantity) < 0) return null;
  const isPriced = compareDecimals(record.price, order.price) === 0;
  const isSized = compareDecimals(record.quantity, order.quantity) === 0;
  if (record.side === order.side && isPriced && isSized) return null;
  const differences = [
    record.side === order.side ? [] : `side ${record.side}/${order.side}`,
    isPriced ? [] : `price ${record.price}/${order.price}`,
    isSized ? [] : `quantity ${record.quantity}/${order.quantity}`,
  ].flat();
  const detail = `expected/found: ${differences.join(', ')}`;
  return { ...orderMismatch('ORDER_TERMS_DIVERGENCE', order), detail, remediation: 'report' };
}

/** Whether all symbols were swept: only then is an order off the whitelist absent when it isn't shown. */
export function isSwept(observed: Pick<Observation, 'reads'>): boolean {
  return observed.reads.some(
    (read) => read.symbol === null && read.outcome === 'ok' && /^open_?orders$/i.test(read.endpoint),
  );
}

/** Whether the exchange said since our record of it that there is no such order, or that it ended. */
export function isDenied(record: ExpectedOrder, options: CompareOptions): boolean {
  const history = options.targeted?.get(record.clientOrderId);
  if (history === undefined || history.latest.readAtMonoMs <= record.readAtMonoMs) return false;
  if (history.latest.answer === 'ended') return true;
  return history.latest.answer === 'not_found' && history.misses >= (options.missesNeeded ?? 1);
}

/** Whether an absent order may be asked for now: never asked before, or long enough ago. */
export function mayAsk(record: ExpectedOrder, options: CompareOptions): boolean {
  const latest = options.targeted?.get(record.clientOrderId)?.latest;
  if (latest === undefined) return true;
  return options.now.monoMs - latest.readAtMonoMs >= (options.requeryAfterMs ?? options.missingGraceMs);
}

/** Words an order that is expected live and was denied. */
export function missingOrder(record: ExpectedOrder, options: CompareOptions): Mismatch {
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

/** What a write looks like on the wire, and its fingerprint. Pure: control and exchange thread must agree on both. */
import { createHash } from 'node:crypto';
import { parseDecimal } from '../engine/decimal.ts';
import { isClientOrderId } from '../engine/escape.ts';
import type { WriteRequest } from './exchange.ts';

export type PositionMode = 'one_way' | 'hedge';

/** A request as it leaves, without timestamp, recvWindow and signature. */
export interface WireRequest {
  readonly method: 'POST' | 'DELETE';
  readonly path: '/fapi/v1/order' | '/fapi/v1/algoOrder';
  readonly params: Readonly<Record<string, string>>;
}

/** Parameters that signing adds; they differ at each send and are no part of what the intent promised. */
const VOLATILE: ReadonlySet<string> = new Set(['timestamp', 'recvWindow', 'signature']);
const SYMBOL = /^[\p{L}\p{N}_]{1,40}$/u;

/**
 * Builds what must leave for a write. A cancel names both ids; a flatten asks for the RESULT, is reduceOnly in one-way
 * mode and names its positionSide in hedge mode (where reduceOnly is refused with -1106).
 * Throws TypeError when `refuseWrite` has a reason.
 */
export function wireRequest(write: WriteRequest, mode: PositionMode | null): WireRequest {
  const reason = refuseWrite(write, mode);
  if (reason !== null) throw new TypeError(reason);
  return write.kind === 'cancel' ? cancelRequest(write) : flattenRequest(write);
}

/** Says why a write can't be put on the wire safely, or null. A cancel needs no position mode. */
export function refuseWrite(write: WriteRequest, mode: PositionMode | null): string | null {
  if (!SYMBOL.test(write.symbol)) return 'expected a symbol, found something else';
  if (!isClientOrderId(write.clientOrderId)) return 'expected a client order id the exchange accepts';
  if (write.kind === 'cancel')
    return /^\d{1,20}$/.test(write.orderId) ? null : "expected the exchange's order id in digits";
  if (!isPositive(write.quantity)) return 'expected a quantity above 0';
  if (write.orderType === 'LIMIT' && (write.price === null || !isPositive(write.price)))
    return 'expected a price above 0 for a LIMIT order';
  if (write.orderType === 'MARKET' && write.price !== null) return 'expected no price for a MARKET order';
  return refuseSide(write, mode);
}

/** Fingerprint of a request: sha256 over method, path and sorted parameters, without what signing adds. */
export function hashWire(request: {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}): string {
  const params = Object.entries(request.params)
    .filter(([name]) => !VOLATILE.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.path, params]))
    .digest('hex');
}

function cancelRequest(write: Extract<WriteRequest, { kind: 'cancel' }>): WireRequest {
  const { symbol, orderId, clientOrderId } = write;
  if (write.conditional) {
    const params = { symbol, algoId: orderId, clientAlgoId: clientOrderId };
    return { method: 'DELETE', path: '/fapi/v1/algoOrder', params };
  }
  const params = { symbol, orderId, origClientOrderId: clientOrderId };
  return { method: 'DELETE', path: '/fapi/v1/order', params };
}

function flattenRequest(write: Extract<WriteRequest, { kind: 'flatten' }>): WireRequest {
  const limit = write.price === null ? {} : { price: write.price, timeInForce: 'IOC' };
  const closing =
    write.positionSide === 'BOTH' ? { reduceOnly: 'true' } : { positionSide: write.positionSide };
  const params = {
    symbol: write.symbol,
    side: write.side,
    type: write.orderType,
    quantity: write.quantity,
    ...limit,
    ...closing,
    newClientOrderId: write.clientOrderId,
    newOrderRespType: 'RESULT',
  };
  return { method: 'POST', path: '/fapi/v1/order', params };
}

/** In hedge mode nothing but the side keeps an order from opening a position. */
function refuseSide(
  write: Extract<WriteRequest, { kind: 'flatten' }>,
  mode: PositionMode | null,
): string | null {
  if (mode === null) return 'position mode unknown';
  const { side, positionSide } = write;
  if (mode === 'one_way')
    return positionSide === 'BOTH' ? null : `${positionSide} does not exist in one-way mode`;
  const closing = positionSide === 'LONG' ? 'SELL' : positionSide === 'SHORT' ? 'BUY' : null;
  if (closing === null) return 'BOTH does not exist in hedge mode';
  return side === closing ? null : `${side} would open ${positionSide}, not close it`;
}

function isPositive(text: string): boolean {
  return parseDecimal(text)?.isGreaterThan(0) ?? false;
}

/** Judges the reply to a write by HTTP status, code and message. Pure; what is not certain is UNKNOWN. */
import { z } from 'zod';
import { compareDecimals } from '../engine/decimal.ts';
import type { DispatchResult, WriteRequest } from './exchange.ts';
import { isDefinite } from './refusals.ts';
import { parseJson, type Reply, readRefusal } from './reply.ts';
import { idText, quantityText } from './rows.ts';

/** Classifies one reply to one write; `clean` scrubs and escapes text that will be shown. */
export function classify(write: WriteRequest, reply: Reply, clean: (text: string) => string): DispatchResult {
  if (reply.kind === 'none') {
    if (!reply.sent) return { status: 'NOT_SENT', message: clean(reply.why) };
    return { status: 'UNKNOWN', httpStatus: null, code: null, message: clean(reply.why) };
  }
  const { httpStatus, text } = reply;
  if (httpStatus === 200) {
    const executed =
      write.kind === 'cancel' && write.conditional ? readAlgo(write, text) : readOrder(write, text);
    if (executed !== null) return executed;
  }
  const { code, message } = readRefusal(text);
  const status = isDefinite(write.kind, { httpStatus, code, message }) ? 'REJECTED' : 'UNKNOWN';
  return { status, httpStatus, code, message: clean(explain(httpStatus, message)) };
}

function explain(httpStatus: number, message: string): string {
  if (httpStatus !== 200) return message === '' ? `HTTP ${httpStatus} without a body` : message;
  return `expected a well-formed reply for this very order, found: ${message === '' ? 'an empty body' : message}`;
}

/** With RESULT a MARKET or IOC order is answered once it has ended ("New Order", newOrderRespType; read 2026-11-23). */
const ENDED: ReadonlySet<string> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'EXPIRED_IN_MATCH']);

const orderSchema = z.object({
  symbol: z.string(),
  orderId: idText,
  clientOrderId: z.string(),
  side: z.string(),
  status: z.enum(['NEW', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED', 'EXPIRED_IN_MATCH']),
  origQty: quantityText,
  executedQty: quantityText,
});

function readOrder(write: WriteRequest, text: string): DispatchResult | null {
  const parsed = orderSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const order = parsed.data;
  if (order.symbol !== write.symbol || order.clientOrderId !== write.clientOrderId) return null;
  if (compareDecimals(order.executedQty, order.origQty) > 0) return null;
  if (write.kind === 'cancel') {
    if (order.orderId !== write.orderId || order.status !== 'CANCELED') return null;
  } else if (order.side !== write.side || compareDecimals(order.origQty, write.quantity) !== 0) {
    return null;
  } else if (!ENDED.has(order.status)) {
    return null;
  }
  const { orderId, executedQty, status } = order;
  return { status: 'EXECUTED', orderId, executedQuantity: executedQty, orderStatus: status };
}

const algoSchema = z.object({
  algoId: idText,
  clientAlgoId: z.string(),
  code: z.union([z.literal('200'), z.literal(200)]),
});

/** The reply names no symbol; its two ids are what ties it to the request. */
function readAlgo(write: WriteRequest & { readonly kind: 'cancel' }, text: string): DispatchResult | null {
  const parsed = algoSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { algoId, clientAlgoId } = parsed.data;
  if (algoId !== write.orderId || clientAlgoId !== write.clientOrderId) return null;
  return { status: 'EXECUTED', orderId: algoId, executedQuantity: '0', orderStatus: 'CANCELED' };
}

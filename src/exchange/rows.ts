/** The exchange's rows, parsed where they enter. What doesn't fit is refused; nothing is guessed or skipped. */
import { z } from 'zod';
import { compareDecimals, parseDecimal } from '../engine/decimal.ts';
import { escapeText, isClientOrderId } from '../engine/escape.ts';
import type { MarkPrice, ObservedOrder, ObservedPosition, OrderStatus } from '../engine/types.ts';

/** Beyond this an amount or price is no figure of a real account. */
const HUGE = '1000000000000000';
const FAR_FUTURE_MS = 8_640_000_000_000_000;

/** So that products of two of them are still exact. */
const MOST_PLACES = 18;

/** A decimal as text, signed and bounded; numbers are refused, since they have lost digits already. */
export const signedText = z.string().refine(
  (text) => {
    const value = parseDecimal(text);
    if (value === null || value.abs().isGreaterThan(HUGE)) return false;
    return (value.decimalPlaces() ?? 0) <= MOST_PLACES;
  },
  { error: 'expected a decimal as text', abort: true },
);
/** The same without a sign. */
export const quantityText = signedText.refine(
  (text) => (parseDecimal(text)?.isNegative() ?? true) === false,
  { error: 'negative', abort: true },
);
/** The same above zero. */
export const positiveText = signedText.refine((text) => parseDecimal(text)?.isGreaterThan(0) ?? false, {
  error: 'not above 0',
  abort: true,
});
/** An exchange id: a safe integer or its digits. */
export const idText = z.union([z.int().nonnegative().transform(String), z.string().regex(/^\d{1,20}$/)]);
/** Epoch milliseconds, as a number or in digits. */
export const timeMs = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0).max(FAR_FUTURE_MS));
const name = z.string().min(1).max(200);
/** A symbol; escaped when it is none the exchange could list. */
export const symbolText = name.transform((text) =>
  /^[\p{L}\p{N}_]{1,40}$/u.test(text) ? text : escapeText(text),
);
/** Raw when the exchange could have accepted it, since it is matched; escaped otherwise. */
export const clientIdText = name.transform((text) => (isClientOrderId(text) ? text : escapeText(text)));
/** One of the exchange's own words, escaped. */
export const word = name.transform((text) => escapeText(text, 40));
/** The side of an order. */
export const side = z.enum(['BUY', 'SELL']);
/** The side of a position. */
export const positionSide = z.enum(['BOTH', 'LONG', 'SHORT']);

/** A map, for a word such as "constructor" is a property of every object. */
const STATUSES: ReadonlyMap<string, OrderStatus> = new Map([
  ['NEW', 'NEW'],
  ['PARTIALLY_FILLED', 'PARTIALLY_FILLED'],
  ['FILLED', 'FILLED'],
  ['CANCELED', 'CANCELED'],
  ['EXPIRED', 'EXPIRED'],
  ['EXPIRED_IN_MATCH', 'EXPIRED'],
  ['REJECTED', 'REJECTED'],
  // A conditional order that has fired lives on as an ordinary one.
  ['TRIGGERED', 'EXPIRED'],
  ['TRIGGERING', 'NEW'],
  ['FINISHED', 'EXPIRED'],
]);
/** An order's status in our words; UNKNOWN for one we don't know. */
export const status = z.string().transform((text): OrderStatus => STATUSES.get(text) ?? 'UNKNOWN');

/** A row of openOrders and of GET order. */
export const orderRow = z
  .object({
    orderId: idText,
    clientOrderId: clientIdText,
    symbol: symbolText,
    side,
    type: word,
    price: quantityText,
    origQty: quantityText,
    executedQty: quantityText,
    status,
    reduceOnly: z.boolean(),
    closePosition: z.boolean(),
    positionSide,
    time: timeMs,
    updateTime: timeMs,
  })
  .refine(
    (row) => compareDecimals(row.executedQty, row.origQty) <= 0 || row.closePosition,
    'filled beyond its size',
  )
  .transform(
    (row): ObservedOrder => ({
      ...common(row),
      orderId: row.orderId,
      clientOrderId: row.clientOrderId,
      orderType: row.type,
      quantity: row.origQty,
      filledQuantity: row.executedQty,
      status: row.status,
      conditional: false,
      createdAtMs: row.time,
      updatedAtMs: row.updateTime,
    }),
  );

/** A row of openAlgoOrders and of GET algoOrder. */
export const algoRow = z
  .object({
    algoId: idText,
    clientAlgoId: clientIdText,
    symbol: symbolText,
    side,
    orderType: word,
    price: quantityText,
    quantity: quantityText,
    algoStatus: status,
    reduceOnly: z.boolean(),
    closePosition: z.boolean(),
    positionSide,
    createTime: timeMs,
    updateTime: timeMs,
  })
  .transform(
    (row): ObservedOrder => ({
      ...common(row),
      orderId: row.algoId,
      clientOrderId: row.clientAlgoId,
      orderType: row.orderType,
      quantity: row.quantity,
      filledQuantity: '0',
      status: row.algoStatus,
      conditional: true,
      createdAtMs: row.createTime,
      updatedAtMs: row.updateTime,
    }),
  );

/** A row of v3/positionRisk. */
export const positionRow = z
  .object({
    symbol: symbolText,
    positionSide,
    positionAmt: signedText,
    entryPrice: quantityText,
    updateTime: timeMs,
  })
  .transform(
    (row): ObservedPosition => ({
      symbol: row.symbol,
      positionSide: row.positionSide,
      amount: row.positionAmt,
      entryPrice: row.entryPrice,
      updatedAtMs: row.updateTime,
    }),
  );

/** A row of premiumIndex; the time of reading is added by the reader. */
export const priceRow = z.object({ symbol: symbolText, markPrice: positiveText, time: timeMs }).transform(
  (row): Omit<MarkPrice, 'readAtMonoMs'> => ({
    symbol: row.symbol,
    markPrice: row.markPrice,
    atMs: row.time,
  }),
);

/** The reply of positionSide/dual. */
export const modeReply = z.object({ dualSidePosition: z.boolean() });
/** The reply of v1/time. */
export const timeReply = z.object({ serverTime: timeMs });
/** The reply of account/apiRestrictions, as far as it matters here. */
export const rightsReply = z.object({
  ipRestrict: z.boolean(),
  enableFutures: z.boolean(),
  enableWithdrawals: z.boolean(),
  enableInternalTransfer: z.boolean(),
  permitsUniversalTransfer: z.boolean(),
});

function common(row: {
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly price: string;
  readonly reduceOnly: boolean;
  readonly closePosition: boolean;
  readonly positionSide: 'BOTH' | 'LONG' | 'SHORT';
}) {
  const { symbol, price, reduceOnly, closePosition } = row;
  return {
    symbol,
    side: row.side,
    price,
    reduceOnly,
    closePosition,
    positionSide: row.positionSide,
    synthetic: false,
  };
}

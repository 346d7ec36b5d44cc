/**
 * The expected-state feed: one JSON object a line, written by the trading engine, read by us.
 * Names are snake_case because outsiders write them; they are mapped to the engine's types at the edge.
 */
import { z } from 'zod';
import { CLIENT_ORDER_ID } from './escape.ts';

const DECIMAL = /^-?(0|[1-9]\d{0,24})(\.\d{1,24})?$/;
const UNSIGNED = /^(0|[1-9]\d{0,24})(\.\d{1,24})?$/;

const decimal = z.string().regex(DECIMAL, 'a decimal number as a string, such as "0.010"');
const unsignedDecimal = z.string().regex(UNSIGNED, 'a decimal number of zero or more, as a string');
const epochMs = z.number().int().min(0).max(8_640_000_000_000_000);
const symbol = z.string().regex(/^[A-Z0-9_]{2,40}$/, 'an exchange symbol such as BTCUSDT');
/** What the exchange takes: an order that is called otherwise can't be the one that the exchange shows, which would pass for a stray. */
const clientOrderId = z
  .string()
  .regex(CLIENT_ORDER_ID, 'an id that the exchange takes, of at most 36 characters');

/** An order the trading engine believes to be open (or is about to send). */
export const feedOrderSchema = z.strictObject({
  client_order_id: clientOrderId,
  symbol,
  side: z.enum(['BUY', 'SELL']),
  order_type: z.string().min(1).max(32).default('LIMIT'),
  /** Zero for orders without a limit price. */
  price: unsignedDecimal,
  quantity: unsignedDecimal,
  filled_quantity: unsignedDecimal.default('0'),
  reduce_only: z.boolean().default(false),
});

/** A position the trading engine believes to hold; an amount of 0 is said, never implied. */
export const feedPositionSchema = z.strictObject({
  symbol,
  /** BOTH in one-way mode, LONG or SHORT in hedge mode. */
  position_side: z.enum(['BOTH', 'LONG', 'SHORT']).default('BOTH'),
  /** Signed base quantity: below zero is short. */
  amount: decimal,
});

const line = {
  session_id: z.string().min(1).max(64),
  seq: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  ts_ms: epochMs,
};

/** One line of the feed. */
export const feedLineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...line,
    type: z.literal('checkpoint'),
    account: z.string().min(1).max(64),
    environment: z.enum(['sim', 'testnet', 'mainnet']),
    orders: z.array(feedOrderSchema).max(100_000),
    positions: z.array(feedPositionSchema).max(10_000),
    kill_switch: z.boolean().default(false),
    applied_event_ms: epochMs,
  }),
  z.strictObject({ ...line, type: z.literal('order'), ...feedOrderSchema.shape }),
  z.strictObject({
    ...line,
    type: z.literal('order_end'),
    client_order_id: clientOrderId,
    symbol,
    reason: z.enum(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']),
    filled_quantity: unsignedDecimal.default('0'),
  }),
  z.strictObject({ ...line, type: z.literal('position'), ...feedPositionSchema.shape }),
  z.strictObject({
    ...line,
    type: z.literal('kill_switch'),
    active: z.boolean(),
    reason: z.string().max(200).default(''),
  }),
  z.strictObject({ ...line, type: z.literal('heartbeat'), applied_event_ms: epochMs }),
]);

/** A parsed feed line. */
export type FeedLine = z.infer<typeof feedLineSchema>;
/** An order inside a checkpoint or order line. */
export type FeedOrder = z.infer<typeof feedOrderSchema>;
/** A position inside a checkpoint or position line. */
export type FeedPosition = z.infer<typeof feedPositionSchema>;

/**
 * The targeted read right before a write: what was planned must still be there, unchanged. Gives the write exactly as it
 * would leave, or why there is none.
 */
import type { Exchange, WriteRequest } from '../exchange/exchange.ts';
import { absolute, compareDecimals, decimal, parseDecimal, product, roundUp } from './decimal.ts';
import type { FlattenResult } from './flatten.ts';
import { isLive } from './targeted.ts';
import type { Decimal, GateName, ObservedOrder, ObservedPosition, PlannedAction } from './types.ts';

/** Works out a flatten's terms from a position and a price read just now (flatten.ts, with mode, rules and slippage). */
export type FlattenPricer = (input: {
  readonly action: PlannedAction;
  readonly position: ObservedPosition;
  readonly markPrice: Decimal;
}) => FlattenResult;

/** What preparing needs; `newClientOrderId` gives a `grc_…` id never given before. */
export interface PrepareTools {
  readonly exchange: Pick<Exchange, 'queryOrder' | 'queryPosition'>;
  readonly flattenTerms: FlattenPricer;
  readonly newClientOrderId: () => string;
}

/** `blocked`: the picture changed. `failed`: a read failed or the write can't be made. */
export type Prepared =
  | {
      readonly kind: 'ready';
      readonly write: WriteRequest;
      /** The action with the order, or with the quantity and notional, of just now. */
      readonly action: PlannedAction;
      /** What the position was; null for a cancel. */
      readonly before: ObservedPosition | null;
    }
  | { readonly kind: 'blocked'; readonly reason: GateName; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** Reads what an action is aimed at and makes its write. Rejects only when the port does. */
export function prepareWrite(action: PlannedAction, tools: PrepareTools): Promise<Prepared> {
  if (action.synthetic || action.mismatch.synthetic)
    return Promise.resolve(blocked('synthetic', 'never sent'));
  return action.action === 'cancel' ? prepareCancel(action, tools) : prepareFlatten(action, tools);
}

async function prepareCancel(action: PlannedAction, tools: PrepareTools): Promise<Prepared> {
  const { symbol, clientOrderId, orderId, conditional } = action;
  const planned = action.mismatch.observedOrder;
  if (planned === null || clientOrderId === null || orderId === null)
    return blocked('not_confirmed', 'planned without an order');
  const found = await tools.exchange.queryOrder({ symbol, clientOrderId, orderId, conditional });
  if (found.kind === 'failed') return { kind: 'failed', text: `targeted read: ${found.error}` };
  if (found.kind === 'not_found') return blocked('not_confirmed', 'the order is gone');
  const aim = { ...planned, symbol, clientOrderId, orderId, conditional };
  const change = firstChange(aim, found.order);
  if (change !== null) return blocked('not_confirmed', change);
  const write: WriteRequest = { kind: 'cancel', symbol, orderId, clientOrderId, conditional };
  // The gates look at it as it is now: the engine has to have applied what happened to it since the plan, too.
  const mismatch = { ...action.mismatch, observedOrder: found.order };
  return { kind: 'ready', write, action: { ...action, notionalUsdt: '0', mismatch }, before: null };
}

const SAME_TEXT = [
  'symbol',
  'orderId',
  'clientOrderId',
  'side',
  'orderType',
  'positionSide',
  'reduceOnly',
  'closePosition',
  'conditional',
] as const;
const SAME_DECIMAL = ['price', 'quantity'] as const;

function firstChange(planned: ObservedOrder, fresh: ObservedOrder): string | null {
  if (fresh.synthetic) return 'the order is synthetic';
  if (!isLive(fresh.status)) return `the order is ${fresh.status}`;
  for (const key of SAME_TEXT) {
    if (planned[key] !== fresh[key]) return `${key} was ${planned[key]}, is ${fresh[key]}`;
  }
  for (const key of SAME_DECIMAL) {
    const [was, is] = [parseDecimal(planned[key]), parseDecimal(fresh[key])];
    if (was === null || is === null || !was.isEqualTo(is))
      return `${key} was ${planned[key]}, is ${fresh[key]}`;
  }
  return null;
}

async function prepareFlatten(action: PlannedAction, tools: PrepareTools): Promise<Prepared> {
  const planned = action.mismatch.observedPosition;
  if (planned === null || action.quantity === null || action.positionSide === null)
    return blocked('not_confirmed', 'planned without a position');
  const read = await tools.exchange.queryPosition(action.symbol);
  if (read.kind === 'failed') return { kind: 'failed', text: `targeted read: ${read.error}` };
  const rows = read.positions.filter(
    (row) => row.symbol === action.symbol && row.positionSide === action.positionSide,
  );
  const [position] = rows;
  if (position === undefined) return blocked('not_confirmed', 'the position is gone');
  if (rows.length > 1) return { kind: 'failed', text: 'targeted read: one position came twice' };
  // Whoever moved it may have been the engine, whose record of it has not come yet.
  if (position.updatedAtMs > planned.updatedAtMs)
    return blocked('expected_not_caught_up', 'the position moved since it was planned');
  const change = positionChange(planned.amount, position.amount);
  if (change !== null) return blocked('not_confirmed', change);
  const markPrice = read.prices.find((price) => price.symbol === action.symbol)?.markPrice;
  if (markPrice === undefined || parseDecimal(markPrice)?.isGreaterThan(0) !== true)
    return blocked('price_unavailable', 'no mark price in the targeted read');
  const result = tools.flattenTerms({ action, position, markPrice });
  if (result.kind === 'impossible')
    return result.gate === undefined
      ? { kind: 'failed', text: result.reason }
      : blocked(result.gate, result.reason);
  const { side, positionSide, quantity, orderType, price } = result.terms;
  const excess = excessOf({ quantity, planned: action.quantity, position, side });
  if (excess !== null) return { kind: 'failed', text: excess };
  const notionalUsdt = roundUp(product(quantity, markPrice), 2);
  const jump = priceJump(action, { quantity, notionalUsdt });
  if (jump !== null) return blocked('price_unavailable', jump);
  return {
    kind: 'ready',
    write: {
      kind: 'flatten',
      symbol: action.symbol,
      side,
      positionSide,
      quantity,
      orderType,
      price,
      clientOrderId: tools.newClientOrderId(),
    },
    action: { ...action, quantity, notionalUsdt },
    before: position,
  };
}

function positionChange(planned: Decimal, fresh: Decimal): string | null {
  const [was, is] = [parseDecimal(planned), parseDecimal(fresh)];
  if (was === null || is === null) return `the position is ${fresh}, not a number we know`;
  if (is.isZero()) return 'the position is flat';
  if (was.isNegative() !== is.isNegative()) return `the position flipped from ${planned} to ${fresh}`;
  return is.abs().isGreaterThan(was.abs()) ? `the position grew from ${planned} to ${fresh}` : null;
}

/** Within the seconds between plan and write a price moves little; one that doesn't is wrong, and with it every cap in USDT. */
const MOST_PRICE_MOVE = '0.05';
/** Notionals are rounded up to cents. */
const ROUNDING_USDT = '0.02';

function priceJump(
  planned: PlannedAction,
  fresh: { readonly quantity: Decimal; readonly notionalUsdt: Decimal },
): string | null {
  const was = parseDecimal(planned.notionalUsdt);
  const quantity = parseDecimal(planned.quantity);
  if (was === null || quantity?.isGreaterThan(0) !== true) return 'planned without a price';
  const expected = was.times(fresh.quantity).dividedBy(quantity);
  const most = expected.times(MOST_PRICE_MOVE).plus(ROUNDING_USDT);
  return expected.minus(fresh.notionalUsdt).abs().isGreaterThan(most)
    ? `the price jumped since the plan: ${expected.toFixed(2)} USDT became ${fresh.notionalUsdt}`
    : null;
}

/** Whatever made the terms: the order may only shrink what is there. */
function excessOf(terms: {
  readonly quantity: Decimal;
  readonly planned: Decimal;
  readonly position: ObservedPosition;
  readonly side: 'BUY' | 'SELL';
}): string | null {
  const { quantity, planned, position, side } = terms;
  const closing = decimal(position.amount).isNegative() ? 'BUY' : 'SELL';
  if (side !== closing) return `terms ${side}, the position closes with ${closing}`;
  if (compareDecimals(quantity, '0') <= 0) return `terms with a quantity of ${quantity}`;
  return compareDecimals(quantity, absolute(position.amount)) > 0 ||
    compareDecimals(quantity, absolute(planned)) > 0
    ? `terms for ${quantity}, planned ${planned} of ${position.amount}`
    : null;
}

function blocked(reason: GateName, text: string): Prepared {
  return { kind: 'blocked', reason, text };
}

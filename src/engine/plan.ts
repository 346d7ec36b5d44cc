/** Says what would remove each mismatch. Pure; nothing here decides whether it may be done. */
import { type ChunkLimits, firstChunk } from './chunk.ts';
import { absolute, decimal, floorToStep, isZero, parseDecimal, product, roundUp } from './decimal.ts';
import type { Decimal, Mismatch, PlannedAction, SymbolRules } from './types.ts';

/** What a plan is made with. */
export interface PlanInputs {
  readonly prices: ReadonlyMap<string, { readonly markPrice: Decimal }>;
  readonly rules: ReadonlyMap<string, SymbolRules>;
  /** Absent or null: a position is closed as a whole or not at all. */
  readonly chunks?: ChunkLimits | null;
}

/** Plans one action for every remediable mismatch, in the order of the mismatches. */
export function plan(mismatches: readonly Mismatch[], inputs: PlanInputs): readonly PlannedAction[] {
  return mismatches.flatMap((mismatch) => planOne(mismatch, inputs) ?? []);
}

function planOne(mismatch: Mismatch, inputs: PlanInputs): PlannedAction | null {
  switch (mismatch.remediation) {
    case 'report':
      return null;
    case 'cancel':
      return planCancel(mismatch);
    case 'flatten':
      return planFlatten(mismatch, inputs);
  }
}

function planCancel(mismatch: Mismatch): PlannedAction | null {
  const order = mismatch.observedOrder;
  if (order === null) return null;
  return {
    // The order alone: what is wrong with it may change while it is the same item, and its failures are counted by this.
    id: `cancel:${order.symbol}:${order.clientOrderId}:${order.conditional ? 'algo-' : ''}${order.orderId}`,
    action: 'cancel',
    symbol: order.symbol,
    clientOrderId: order.clientOrderId,
    orderId: order.orderId,
    conditional: order.conditional,
    positionSide: null,
    side: null,
    quantity: null,
    notionalUsdt: '0',
    mismatch,
    synthetic: mismatch.synthetic || order.synthetic,
  };
}

function planFlatten(mismatch: Mismatch, inputs: PlanInputs): PlannedAction | null {
  const position = mismatch.observedPosition;
  if (position === null || isZero(position.amount)) return null;
  const markPrice = inputs.prices.get(position.symbol)?.markPrice;
  const quantity = quantityOf(position.amount, { ...inputs, symbol: position.symbol, markPrice });
  return {
    id: `flatten:${mismatch.key}`,
    action: 'flatten',
    symbol: position.symbol,
    clientOrderId: null,
    orderId: null,
    conditional: false,
    positionSide: position.positionSide,
    side: decimal(position.amount).isLessThan(0) ? 'BUY' : 'SELL',
    quantity,
    notionalUsdt: notional(quantity, markPrice),
    mismatch,
    synthetic: mismatch.synthetic,
  };
}

/** What to close now, in whole steps. It is what counts, too: a rest below one step no order can close. */
function quantityOf(
  amount: Decimal,
  at: PlanInputs & { readonly symbol: string; readonly markPrice: Decimal | undefined },
): Decimal {
  const size = absolute(amount);
  const rules = at.rules.get(at.symbol);
  if (rules === undefined) return size;
  const quantity = floorToStep(size, rules.stepSize);
  const { chunks, markPrice } = at;
  if (chunks == null || markPrice === undefined || parseDecimal(markPrice)?.isGreaterThan(0) !== true)
    return quantity;
  const chunk = firstChunk(size, { markPrice, rules }, chunks);
  return chunk === null || chunk === size ? quantity : chunk;
}

/** Rounded up to cents, so that a cap is never passed by rounding. */
function notional(size: Decimal, markPrice: Decimal | undefined): Decimal | null {
  const price = parseDecimal(markPrice);
  if (markPrice === undefined || price === null || !price.isGreaterThan(0)) return null;
  return roundUp(product(size, markPrice), 2);
}

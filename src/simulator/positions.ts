/** Pure arithmetic of positions: what a fill does to one, and what may still be reduced. */
import { BigNumber } from 'bignumber.js';
import type { Position, PositionSide, Side } from './types.ts';

/** A fill as a position sees it. */
export interface PositionFill {
  readonly side: Side;
  readonly price: BigNumber;
  readonly quantity: BigNumber;
  readonly atMs: number;
}

/** The key of a position in the account: one per symbol and side. */
export function positionKey(symbol: string, positionSide: PositionSide): string {
  return `${symbol}|${positionSide}`;
}

/** A position of nothing. */
export function flatPosition(symbol: string, positionSide: PositionSide): Position {
  return {
    symbol,
    positionSide,
    amount: new BigNumber(0),
    entryPrice: new BigNumber(0),
    updatedAtMs: 0,
  };
}

/** Applies a fill: adds at an averaged entry, reduces at a realised profit, or turns the position round. */
export function applyFill(
  position: Position,
  fill: PositionFill,
): { readonly position: Position; readonly realizedPnl: BigNumber } {
  const signed = fill.side === 'BUY' ? fill.quantity : fill.quantity.negated();
  const amount = position.amount.plus(signed);
  const closed = closedQuantity(position.amount, signed);
  const direction = position.amount.isNegative() ? -1 : 1;
  const realizedPnl = fill.price.minus(position.entryPrice).times(closed).times(direction);
  return {
    position: {
      ...position,
      amount,
      entryPrice: entryAfter(position, fill, amount),
      updatedAtMs: fill.atMs,
    },
    realizedPnl,
  };
}

/** How much an order on this side may take off the position; zero when it would add to it. */
export function reducible(position: Position, side: Side): BigNumber {
  const reduces = side === 'SELL' ? position.amount.gt(0) : position.amount.lt(0);
  return reduces ? position.amount.abs() : new BigNumber(0);
}

function closedQuantity(before: BigNumber, signed: BigNumber): BigNumber {
  if (before.isZero() || before.isNegative() === signed.isNegative()) return new BigNumber(0);
  return BigNumber.min(before.abs(), signed.abs());
}

function entryAfter(position: Position, fill: PositionFill, amount: BigNumber): BigNumber {
  if (amount.isZero()) return new BigNumber(0);
  if (position.amount.isZero() || position.amount.isNegative() !== amount.isNegative()) return fill.price;
  if (amount.abs().lte(position.amount.abs())) return position.entryPrice;
  const cost = position.entryPrice.times(position.amount.abs()).plus(fill.price.times(fill.quantity));
  return cost.div(amount.abs()).decimalPlaces(8);
}

/**
 * The terms of a flatten. Pure. Whatever is asked for, the order can only shrink the position it was made for: its
 * side is the closing one, its quantity at most |position|, its price within the slippage bound.
 */
import { largestOrder } from './chunk.ts';
import { absolute, compareDecimals, decimal, floorToStep, isZero } from './decimal.ts';
import type {
  Decimal,
  GateName,
  ObservedPosition,
  PlannedAction,
  PositionSide,
  Side,
  SymbolRules,
} from './types.ts';

/** What the terms are made of; `position` and `markPrice` are read right before the write. */
export interface FlattenRequest {
  readonly action: Pick<PlannedAction, 'symbol' | 'side' | 'positionSide' | 'quantity'>;
  readonly position: ObservedPosition;
  readonly positionMode: 'one_way' | 'hedge' | null;
  readonly markPrice: Decimal;
  readonly rules: SymbolRules;
  /** Basis points, 0 to 10000 exclusive. */
  readonly maxSlippageBps: number;
  readonly orderType: 'limit' | 'market';
}

/** An order that closes; LIMIT means IOC. */
export interface FlattenTerms {
  readonly kind: 'flatten';
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly quantity: Decimal;
  readonly orderType: 'LIMIT' | 'MARKET';
  /** Null for MARKET. */
  readonly price: Decimal | null;
  /** False in hedge mode, where the exchange refuses it and the position side does the same. */
  readonly reduceOnly: boolean;
}

/** The terms, or why there are none. */
export type FlattenResult =
  | { readonly kind: 'ok'; readonly terms: FlattenTerms }
  | {
      readonly kind: 'impossible';
      readonly reason: string;
      /** The gate that holds back what was planned with it; absent where the fault is not in what is there now. */
      readonly gate?: GateName;
    };

/** Works out the terms of a flatten. */
export function flattenTerms(request: FlattenRequest): FlattenResult {
  const side: Side = decimal(request.position.amount).isLessThan(0) ? 'BUY' : 'SELL';
  const quantity = closingQuantity(request);
  const price = request.orderType === 'limit' ? limitPrice(request, side) : null;
  const reason = refuse(request, side);
  if (reason !== null) return { kind: 'impossible', reason };
  const misfit = refuseQuantity(request, quantity);
  if (misfit !== null) return { kind: 'impossible', ...misfit };
  const noPrice = refusePrice(request, price);
  if (noPrice !== null) return { kind: 'impossible', reason: noPrice };
  return {
    kind: 'ok',
    terms: {
      kind: 'flatten',
      symbol: request.position.symbol,
      side,
      positionSide: request.position.positionSide,
      quantity,
      orderType: request.orderType === 'limit' ? 'LIMIT' : 'MARKET',
      price,
      reduceOnly: request.positionMode === 'one_way',
    },
  };
}

/** The smaller of what was planned and what is there, in whole steps. */
function closingQuantity({ action, position, rules }: FlattenRequest): Decimal {
  const size = absolute(position.amount);
  const planned = action.quantity === null ? size : absolute(action.quantity);
  return floorToStep(compareDecimals(planned, size) < 0 ? planned : size, rules.stepSize);
}

/** Mark price and slippage, rounded to a tick towards the mark price, so that the bound holds. */
function limitPrice({ markPrice, maxSlippageBps, rules }: FlattenRequest, side: Side): Decimal {
  const share = decimal(String(maxSlippageBps)).dividedBy(10_000);
  const mark = decimal(markPrice);
  const bound = side === 'BUY' ? mark.times(share.plus(1)) : mark.minus(mark.times(share));
  const below = floorToStep(bound.toFixed(), rules.tickSize);
  if (side === 'BUY' || bound.isEqualTo(below)) return below;
  return decimal(below).plus(rules.tickSize).toFixed();
}

function refuse(
  { action, position, positionMode, rules, ...rest }: FlattenRequest,
  side: Side,
): string | null {
  if (position.symbol !== action.symbol || rules.symbol !== action.symbol) {
    return `planned for ${action.symbol}, found ${position.symbol} with the rules of ${rules.symbol}`;
  }
  if (isZero(position.amount)) return 'the position is flat';
  if (action.side !== side) return 'the position changed sides since it was planned';
  if (action.positionSide !== position.positionSide) return 'planned for another position side';
  if (positionMode === null) return 'the position mode is not known';
  if ((positionMode === 'one_way') !== (position.positionSide === 'BOTH')) {
    return `a ${position.positionSide} position does not fit the ${positionMode} mode`;
  }
  if (positionMode === 'hedge' && (position.positionSide === 'LONG') !== (side === 'SELL')) {
    return `a ${position.positionSide} position of ${position.amount} has the wrong sign`;
  }
  return rest.maxSlippageBps >= 0 && rest.maxSlippageBps < 10_000 ? null : 'the slippage bound is not usable';
}

/** A plan holds no such quantity: the position or the rules are others than they were. */
function refuseQuantity(
  { rules, orderType }: FlattenRequest,
  quantity: Decimal,
): { readonly reason: string; readonly gate: GateName } | null {
  const shrunk = (reason: string) => ({ reason, gate: 'not_confirmed' }) as const;
  if (isZero(quantity)) return shrunk(`the position is below one step of ${rules.stepSize}`);
  if (compareDecimals(quantity, rules.minQuantity) < 0)
    return shrunk(`${quantity} is below the smallest order of ${rules.minQuantity}`);
  const most = largestOrder(rules, orderType);
  return compareDecimals(quantity, most) > 0
    ? { reason: `${quantity} is above the largest order of ${most}`, gate: 'notional_exceeds_limit' }
    : null;
}

function refusePrice({ markPrice }: FlattenRequest, price: Decimal | null): string | null {
  if (compareDecimals(markPrice, '0') <= 0) return 'the mark price is not above zero';
  return price !== null && compareDecimals(price, '0') <= 0 ? 'the limit price is not above zero' : null;
}

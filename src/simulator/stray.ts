/** Orders and positions that nobody expects. */
import { BigNumber } from 'bignumber.js';
import type { Model } from './model.ts';
import { findSymbol } from './symbols.ts';
import type { OrderRequest, Side } from './types.ts';

/** Where and in whose name a stray order is placed. */
export interface StrayInput {
  readonly symbol: string;
  readonly side?: Side;
  readonly nowMs: number;
  readonly seq: number;
  /** Defaults to grinder_. */
  readonly prefix?: string;
  /** Defaults to 1. */
  readonly strategy?: string;
}

const CLIENT_ID_LENGTH = 36;
/** Far enough from the price to rest for hours. */
const DISTANCE = '0.1';

/** A small limit order in our identity, 10 % away from the price. Throws for a symbol that is not listed. */
export function strayRequest(model: Model, input: StrayInput): OrderRequest {
  const spec = findSymbol(input.symbol);
  if (spec === undefined) throw new Error(`expected a listed symbol, found ${input.symbol}`);
  const side = input.side ?? 'BUY';
  const away = new BigNumber(1).plus(side === 'BUY' ? -DISTANCE : DISTANCE);
  const last = model.prices.last(input.symbol);
  const price = floorTo(last.times(away), spec.tickSize);
  const identity = { prefix: input.prefix ?? 'grinder_', strategy: input.strategy ?? '1', level: 0 };
  return {
    clientOrderId: clientIdOf({ ...identity, symbol: input.symbol, tsMs: input.nowMs, seq: input.seq }),
    symbol: input.symbol,
    side,
    positionSide: model.hedgeMode ? (side === 'BUY' ? 'LONG' : 'SHORT') : 'BOTH',
    type: 'LIMIT',
    timeInForce: 'GTC',
    price,
    quantity: smallQuantity(input.symbol, price),
    reduceOnly: false,
  };
}

/** The parts of a client order id in our identity. */
export interface ClientIdParts {
  readonly prefix: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly level: number;
  readonly tsMs: number;
  readonly seq: number;
}

/** Writes `{prefix}{strategy}_{symbol}_{level}_{ts_seconds}_{seq}`; the sequence wraps to fit 36 characters. */
export function clientIdOf(parts: ClientIdParts): string {
  const { prefix, strategy, symbol, level, tsMs, seq } = parts;
  const head = `${prefix}${strategy}_${symbol}_${level}_${Math.floor(tsMs / 1000)}_`;
  const room = CLIENT_ID_LENGTH - head.length;
  if (room < 1)
    throw new Error(`expected a client order id of at most ${CLIENT_ID_LENGTH} characters, found ${head}`);
  return `${head}${seq % 10 ** Math.min(room, 9)}`;
}

/** The smallest tradable quantity comfortably above the minimum notional at this price. */
export function smallQuantity(symbol: string, price: BigNumber): BigNumber {
  const spec = findSymbol(symbol);
  if (spec === undefined) throw new Error(`expected a listed symbol, found ${symbol}`);
  const exact = new BigNumber(spec.minNotional).times('1.2').div(price);
  return exact.div(spec.stepSize).integerValue(BigNumber.ROUND_CEIL).times(spec.stepSize);
}

/** Rounds down to a whole number of steps. */
export function floorTo(value: BigNumber, step: string): BigNumber {
  return value.div(step).integerValue(BigNumber.ROUND_FLOOR).times(step);
}

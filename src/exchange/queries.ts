/** Targeted reads: one order, one symbol's positions, the clock, the key, the rules. */
import { z } from 'zod';
import type { Clock } from '../engine/clock.ts';
import type { ObservedOrder } from '../engine/types.ts';
import type { ClockReading, Exchange, KeyRights, OrderQueryResult, PositionQueryResult } from './exchange.ts';
import { readPrices } from './observe.ts';
import type { Reader } from './reader.ts';
import { algoRow, orderRow, positionRow, rightsReply, timeReply } from './rows.ts';
import { exchangeInfoReply, symbolRules } from './symbol-rules.ts';

/** "Order does not exist." (USD-M "Error Codes", read 2026-11). */
const NO_SUCH_ORDER = -2013;
const CLOCK_SAMPLES = 3;

/** Asks for one order by the exchange's id when it is known, else by the client's; the reply must be about that order. */
export async function queryOrder(
  read: Reader,
  order: Parameters<Exchange['queryOrder']>[0],
): Promise<OrderQueryResult> {
  const { symbol, orderId, clientOrderId, conditional } = order;
  const result = conditional
    ? await read(
        'algoOrder',
        orderId === null ? { clientAlgoId: clientOrderId } : { algoId: orderId },
        algoRow,
      )
    : await read(
        'order',
        { symbol, ...(orderId === null ? { origClientOrderId: clientOrderId } : { orderId }) },
        orderRow,
      );
  if (result.value === null) {
    if (result.code === NO_SUCH_ORDER) return { kind: 'not_found' };
    return { kind: 'failed', error: result.report.error };
  }
  const found: ObservedOrder = result.value;
  const same =
    found.symbol === symbol &&
    found.clientOrderId === clientOrderId &&
    (orderId === null || found.orderId === orderId);
  if (!same) return { kind: 'failed', error: 'expected the order asked for, found another one in the reply' };
  return { kind: 'found', order: found };
}

/** Reads one symbol's positions and its mark price. */
export async function queryPosition(read: Reader, symbol: string): Promise<PositionQueryResult> {
  const [positions, prices] = await Promise.all([
    read('positionRisk', { symbol }, z.array(positionRow)),
    readPrices(read, [symbol]),
  ]);
  if (positions.value === null) return { kind: 'failed', error: positions.report.error };
  if (positions.value.some((position) => position.symbol !== symbol))
    return { kind: 'failed', error: 'expected positions of the symbol asked for, found others' };
  return { kind: 'ok', positions: positions.value, prices: prices.value };
}

/** Measures the exchange's clock against ours: the quickest of three. */
export async function readClock(read: Reader, clock: Clock): Promise<ClockReading> {
  let best: Extract<ClockReading, { kind: 'ok' }> | null = null;
  let error = '';
  for (let sample = 0; sample < CLOCK_SAMPLES; sample++) {
    const startMs = clock.monoMs();
    const { value, report } = await read('time', {}, timeReply);
    const roundTripMs = clock.monoMs() - startMs;
    if (value === null) {
      error = report.error;
      break;
    }
    const offsetMs = value.serverTime - (clock.wallMs() - roundTripMs / 2);
    if (best === null || roundTripMs < best.roundTripMs) best = { kind: 'ok', offsetMs, roundTripMs };
  }
  return best ?? { kind: 'failed', error };
}

/** -2014 bad key format, -2015 invalid key, address or permissions, -1022 invalid signature (Binance error codes, 2025). */
const KEY_REFUSED: readonly number[] = [-2014, -2015, -1022];

/** Reads what the key may do (spot API, GET account/apiRestrictions). */
export async function readKeyRights(read: Reader): Promise<KeyRights> {
  const { value, report, code } = await read('apiRestrictions', {}, rightsReply);
  if (value === null)
    return { kind: KEY_REFUSED.includes(code ?? 0) ? 'refused' : 'unknown', why: report.error };
  return {
    kind: 'ok',
    canTradeFutures: value.enableFutures,
    canWithdraw: value.enableWithdrawals,
    canTransfer: value.permitsUniversalTransfer || value.enableInternalTransfer,
    ipRestricted: value.ipRestrict,
  };
}

/** Reads the trading rules; symbols that aren't trading, aren't priced in dollars or whose filters are incomplete are left out. */
export async function readRules(read: Reader): ReturnType<Exchange['rules']> {
  const { value, report } = await read('exchangeInfo', {}, exchangeInfoReply);
  if (value === null) return { kind: 'failed', error: report.error };
  const trading = value.symbols.filter((row) => row.status === 'TRADING');
  return { kind: 'ok', rules: trading.flatMap((row) => symbolRules(row) ?? []) };
}

import { describe, expect, test } from 'bun:test';
import { openLedger } from '../../src/engine/plan-ledger.ts';
import type { GateName, JudgedAction, PlannedAction } from '../../src/engine/types.ts';
import type { WriteRequest } from '../../src/exchange/exchange.ts';
import { cancelMismatch, flattenMismatch, planned } from '../helpers/engine-world.ts';

const judged = (action: PlannedAction, reason: GateName | null = null): JudgedAction => ({
  action,
  verdicts: [],
  reason,
});
const cancelOf = (action: PlannedAction, change: object = {}): WriteRequest => ({
  kind: 'cancel',
  symbol: action.symbol,
  orderId: action.orderId ?? '',
  clientOrderId: action.clientOrderId ?? '',
  conditional: action.conditional,
  ...change,
});
const flattenOf = (action: PlannedAction, change: object = {}): WriteRequest => ({
  kind: 'flatten',
  symbol: action.symbol,
  side: action.side ?? 'BUY',
  positionSide: action.positionSide ?? 'BOTH',
  quantity: action.quantity ?? '0',
  orderType: 'LIMIT',
  price: '60000',
  clientOrderId: 'grc_1',
  ...change,
});

describe("a run's plan as a ledger", () => {
  const one = planned(cancelMismatch(1));
  const flat = planned(flattenMismatch('0.002'));

  test('gives each planned write once, in any order', () => {
    const two = planned(cancelMismatch(2));
    const ledger = openLedger([judged(one), judged(two), judged(flat)]);
    expect([flattenOf(flat), cancelOf(two), cancelOf(one)].map(ledger.take)).toEqual([null, null, null]);
    expect(
      [flattenOf(flat), cancelOf(two), cancelOf(one)].map((write) => ledger.take(write) === null),
    ).toEqual([false, false, false]);
  });

  test('gives a write as often as it was planned', () => {
    const ledger = openLedger([judged(one), judged(one)]);
    const answers = [1, 2, 3].map(() => ledger.take(cancelOf(one)) === null);
    expect(answers).toEqual([true, true, false]);
  });

  test.each([
    ['another symbol', { symbol: 'ETHUSDT' }],
    ['another order', { orderId: '1' }],
    ['another client id', { clientOrderId: 'grinder_1_BTCUSDT_0_1700000000_9' }],
    ['the other kind of order', { conditional: true }],
  ])('does not give a cancel of %s, and keeps its entry', (_, change) => {
    const ledger = openLedger([judged(one)]);
    expect(ledger.take(cancelOf(one, change))).toContain('is not in the plan of this run');
    expect(ledger.take(cancelOf(one))).toBeNull();
  });

  test.each([
    ['the other side', { side: flat.side === 'BUY' ? 'SELL' : 'BUY' }],
    ['another position side', { positionSide: 'LONG' }],
    ['more', { quantity: '0.0020001' }],
    ['nothing', { quantity: '0' }],
    ['less than nothing', { quantity: '-0.001' }],
    ['what is no number', { quantity: 'NaN' }],
  ])('does not give a flatten of %s', (_, change) => {
    expect(openLedger([judged(flat)]).take(flattenOf(flat, change))).not.toBeNull();
  });

  test('gives a flatten of less, because a position may have shrunk', () => {
    expect(openLedger([judged(flat)]).take(flattenOf(flat, { quantity: '0.001' }))).toBeNull();
  });

  test('holds nothing that a gate closed, and no canary', () => {
    const canary = { ...one, synthetic: true };
    const ledger = openLedger([judged(one, 'not_confirmed'), judged(canary)]);
    expect(ledger.take(cancelOf(one))).not.toBeNull();
  });

  test('a cancel is no flatten', () => {
    expect(openLedger([judged(one)]).take(flattenOf(flat))).not.toBeNull();
    expect(openLedger([judged(flat)]).take(cancelOf(one))).not.toBeNull();
  });
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { CompareOptions } from '../../src/engine/comparison.ts';
import { plan } from '../../src/engine/plan.ts';
import { isLive, type TargetedHistory } from '../../src/engine/targeted.ts';
import type {
  ExpectedOrder,
  ExpectedPosition,
  ExpectedState,
  Mismatch,
  Observation,
  ObservedOrder,
  ObservedPosition,
} from '../../src/engine/types.ts';
import {
  clientId,
  expectedOrder,
  expectedPosition,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
  rules,
  START,
} from '../helpers/engine-world.ts';
import { compareBoth } from './compare-both.ts';

/** An account: orders that are believed, shown, both or neither, and positions by side, on two symbols. */
interface Account {
  readonly records: readonly ExpectedOrder[];
  readonly rows: readonly ObservedOrder[];
  readonly positions: readonly ExpectedPosition[];
  readonly held: readonly ObservedPosition[];
  readonly denied: readonly string[];
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT_260327'];
const price = fc.constantFrom('60000', '60000.0', '60001');
const amount = fc.integer({ min: -3, max: 3 }).map((steps) => (steps / 1000).toFixed(3));
const one = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  believed: fc.constantFrom('live' as const, 'live' as const, 'ended' as const, 'no' as const),
  shown: fc.constantFrom('yes' as const, 'no' as const, 'twice' as const, 'no' as const),
  prices: fc.tuple(price, price),
  fills: fc.tuple(fc.constantFrom('0', '0.005', '0.010'), fc.constantFrom('0', '0.005')),
  sides: fc.tuple(
    fc.constantFrom('BUY' as const, 'SELL' as const),
    fc.constantFrom('BUY' as const, 'BUY' as const, 'SELL' as const),
  ),
  status: fc.constantFrom(
    'NEW' as const,
    'NEW' as const,
    'PARTIALLY_FILLED' as const,
    'CANCELED' as const,
    'UNKNOWN' as const,
  ),
  protects: fc.nat(4).map((roll) => roll === 0),
  whose: fc.constantFrom('1', '1', '1', '1', '1', '9'),
  denied: fc.boolean(),
});
const side = fc.constantFrom('BOTH' as const, 'LONG' as const, 'SHORT' as const);
const position = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  side,
  expects: fc.option(amount),
  holds: fc.option(amount),
});
/** Whether the engine and the exchange count by side; neither ever does both at once. */
const modes = fc.record({ engineHedges: fc.boolean(), exchangeHedges: fc.boolean() });
const account: fc.Arbitrary<Account> = fc
  .tuple(
    fc.array(one, { maxLength: 16, size: 'max' }),
    fc.uniqueArray(position, { selector: (of) => `${of.symbol} ${of.side}`, maxLength: 6, size: 'max' }),
    modes,
  )
  .map(([orders, positions, { engineHedges, exchangeHedges }]) => {
    const parts = orders.map((of, seq) => partsOf(of, seq));
    return {
      records: parts.flatMap(({ record }) => record ?? []),
      rows: parts.flatMap(({ rows }) => rows),
      denied: parts.flatMap(({ denied }) => denied ?? []),
      positions: positions.flatMap(({ symbol, side: positionSide, expects }) =>
        expects === null || (positionSide !== 'BOTH') !== engineHedges
          ? []
          : expectedPosition(expects, { symbol, positionSide }),
      ),
      held: positions.flatMap(({ symbol, side: positionSide, holds }) =>
        holds === null || (positionSide !== 'BOTH') !== exchangeHedges
          ? []
          : observedPosition(holds, { symbol, positionSide }),
      ),
    };
  });

function partsOf(of: typeof one extends fc.Arbitrary<infer Value> ? Value : never, seq: number) {
  const { symbol } = of;
  const clientOrderId = `grinder_${of.whose}_${symbol}_1_170_${seq}`;
  const record = expectedOrder(seq, {
    clientOrderId,
    symbol,
    price: of.prices[0],
    side: of.sides[0],
    filledQuantity: of.fills[0],
  });
  const { status, protects: reduceOnly } = of;
  const row = observedOrder(seq, {
    clientOrderId,
    symbol,
    price: of.prices[1],
    side: of.sides[1],
    filledQuantity: of.fills[1],
    status,
    reduceOnly,
  });
  const older = { ...row, updatedAtMs: row.updatedAtMs - 1, price: '7' };
  return {
    record: of.believed === 'no' ? null : { ...record, state: of.believed },
    rows: of.shown === 'no' ? [] : of.shown === 'yes' ? [row] : [older, row],
    denied: of.denied ? clientOrderId : null,
  };
}

const expectedOf = ({ records, positions }: Account): ExpectedState => expectedState(records, positions);
const observedOf = ({ rows, held }: Account): Observation => observation(rows, held);
const how = ({ denied }: Pick<Account, 'denied'>): CompareOptions =>
  options({
    whitelist: SYMBOLS,
    rules: new Map(SYMBOLS.map((symbol) => [symbol, rules(symbol)])),
    targeted: new Map(
      denied.map((clientOrderId): [string, TargetedHistory] => [
        clientOrderId,
        { latest: { clientOrderId, answer: 'not_found', status: null, readAtMonoMs: START + 1 }, misses: 1 },
      ]),
    ),
  });
const said = (of: Account) => compareBoth(expectedOf(of), observedOf(of), how(of));
const keysOf = (mismatches: readonly Mismatch[]): readonly string[] => mismatches.map(({ key }) => key);

describe('for any account', () => {
  test('compare(x, x) is empty, and all of it matches', () => {
    fc.assert(
      fc.property(account, (of) => {
        const live = of.records.filter(
          ({ state, clientOrderId }) => state === 'live' && clientOrderId.startsWith('grinder_1'),
        );
        const rows = live.map(({ clientOrderId, symbol, side: ordered, price: at, filledQuantity }, seq) =>
          observedOrder(seq, { clientOrderId, symbol, side: ordered, price: at, filledQuantity }),
        );
        const held = of.positions.map(({ symbol, positionSide, amount: is }) =>
          observedPosition(is, { symbol, positionSide }),
        );
        const found = said({ ...of, records: live, rows, held });
        expect([found.mismatches, found.queries]).toEqual([[], []]);
        expect(found.matchedOrders).toBe(live.length);
        expect(found.matchedPositions).toBe(held.filter(({ amount: is }) => Number(is) !== 0).length);
      }),
    );
  }, 60_000);

  test('the order of the input does not matter', () => {
    const shuffled = account.chain((of) =>
      fc.tuple(
        fc.constant(of),
        fc.record({
          records: fc.shuffledSubarray([...of.records], { minLength: of.records.length }),
          rows: fc.shuffledSubarray([...of.rows], { minLength: of.rows.length }),
          positions: fc.shuffledSubarray([...of.positions], { minLength: of.positions.length }),
          held: fc.shuffledSubarray([...of.held], { minLength: of.held.length }),
          denied: fc.shuffledSubarray([...of.denied], { minLength: of.denied.length }),
        }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([of, turned]) => {
        const [before, after] = [said(of), said(turned)];
        expect(after).toEqual(before);
        expect([...after.foreignBySymbol]).toEqual([...before.foreignBySymbol]);
      }),
    );
  }, 60_000);

  test('an order that is not ours changes nothing but the count of its symbol', () => {
    const stranger = fc.constantFrom(
      'web_1',
      'Grinder_1_BTCUSDT_1_1_1',
      'grinder_2_BTCUSDT_1_170_1',
      'x'.repeat(36),
      'grinder',
      clientId(1).toUpperCase(),
    );
    fc.assert(
      fc.property(account, stranger, fc.boolean(), (of, clientOrderId, conditional) => {
        const crowd = [...of.rows, observedOrder(99, { clientOrderId, conditional })];
        const [before, after] = [said(of), said({ ...of, rows: crowd })];
        const count = (before.foreignBySymbol.get('BTCUSDT') ?? 0) + 1;
        expect(after).toEqual({
          ...before,
          foreignBySymbol: new Map([...before.foreignBySymbol, ['BTCUSDT', count]]),
        });
      }),
    );
  }, 60_000);

  test('every mismatch vanishes once its action is applied, and nothing else changes', () => {
    fc.assert(
      fc.property(account, (of) => {
        const { mismatches } = said(of);
        const actions = plan(mismatches, { prices: new Map(), rules: how(of).rules });
        expect(actions).toHaveLength(mismatches.filter(({ remediation }) => remediation !== 'report').length);
        for (const { action, orderId, symbol, positionSide, mismatch } of actions) {
          const rows = of.rows.filter((row) => row.orderId !== orderId);
          const held = of.held.filter((row) => row.symbol !== symbol || row.positionSide !== positionSide);
          const left = said(action === 'cancel' ? { ...of, rows } : { ...of, held });
          expect(left.mismatches).toEqual(mismatches.filter(({ key }) => key !== mismatch.key));
        }
      }),
    );
  }, 60_000);

  test('what is only reported vanishes once the engine says what is there', () => {
    fc.assert(
      fc.property(account, (of) => {
        for (const { type, key, clientOrderId, observedOrder: row } of said(of).mismatches) {
          const isIt = (record: ExpectedOrder): boolean => record.clientOrderId === clientOrderId;
          const restated = of.records.map((record): ExpectedOrder => {
            if (!isIt(record)) return record;
            if (type !== 'ORDER_TERMS_DIVERGENCE' || row === null) return { ...record, state: 'ended' };
            return { ...record, price: row.price, side: row.side, quantity: row.quantity };
          });
          const isReport = type === 'ORDER_TERMS_DIVERGENCE' || type === 'ORDER_MISSING_ON_EXCHANGE';
          if (isReport) expect(keysOf(said({ ...of, records: restated }).mismatches)).not.toContain(key);
        }
      }),
    );
  }, 60_000);

  test('nothing expected live, protective or foreign is ever planned, and no position but where 0 is expected', () => {
    fc.assert(
      fc.property(account, (of) => {
        const live = of.records
          .filter(({ state }) => state === 'live')
          .map(({ clientOrderId }) => clientOrderId);
        for (const { mismatch, action } of plan(said(of).mismatches, {
          prices: new Map(),
          rules: new Map(),
        })) {
          const { clientOrderId, observedOrder: row, symbol, positionSide } = mismatch;
          const expects = of.positions.find(
            (one) => one.symbol === symbol && one.positionSide === positionSide,
          );
          if (action === 'flatten') expect(Number(expects?.amount ?? Number.NaN)).toBe(0);
          else {
            expect(live).not.toContain(clientOrderId ?? '');
            expect(clientOrderId).toStartWith('grinder_1_');
            expect(row?.reduceOnly).toBe(false);
            expect(isLive(row?.status ?? 'UNKNOWN')).toBe(true);
          }
        }
      }),
    );
  }, 60_000);
});

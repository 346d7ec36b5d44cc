import { describe, expect, test } from 'bun:test';
import { applyLine, nothingExpected } from '../../src/engine/expected.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { EMPTY_VIEW, hear, show } from '../../src/engine/view.ts';
import { orderFrame } from '../../src/exchange/stream-rows.ts';
import {
  clientId,
  expectedOrder,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
  START,
} from '../helpers/engine-world.ts';
import { brief, compareBoth } from './compare-both.ts';
import { identity, type Line, order, session } from './feed-lines.ts';

describe('behaviours of orders and their fills', () => {
  const gone = (ageMs: number, change = {}) =>
    expectedState([expectedOrder(1, { readAtMonoMs: START - ageMs, ...change })]);
  const read = (answer: 'live' | 'ended' | 'not_found' | 'failed', readAtMonoMs: number, misses = 1) => ({
    targeted: new Map([
      [
        clientId(1),
        { latest: { clientOrderId: clientId(1), answer, status: null, readAtMonoMs }, misses },
      ] as const,
    ]),
  });
  const at = (monoMs: number) => ({ missingGraceMs: 100, now: { wallMs: 0, monoMs } });
  const empty = observation([]);

  test('1 an order 200 ms old with a 100 ms threshold is queried once, no verdict yet', () => {
    const found = compareBoth(gone(200), empty, options(at(START)));
    expect(found.mismatches).toEqual([]);
    expect(found.queries).toEqual([clientId(1)]);
    expect(compareBoth(gone(100), empty, options(at(START))).queries).toEqual([]);
  });

  test('2 after a read that found nothing it is missing, and only reported', () => {
    for (const answer of ['not_found', 'ended'] as const) {
      const found = compareBoth(
        gone(200),
        empty,
        options({ ...at(START + 50), ...read(answer, START + 10) }),
      );
      expect(brief(found)).toEqual(['ORDER_MISSING_ON_EXCHANGE report']);
      expect(found.queries).toEqual([]);
    }
  });

  test('3 an immediate recheck queries nothing; a later one does', () => {
    for (const answer of ['live', 'failed'] as const) {
      const again = (monoMs: number) =>
        compareBoth(gone(200), empty, options({ ...at(monoMs), ...read(answer, START) }));
      expect(again(START + 99).queries).toEqual([]);
      expect(again(START + 100).queries).toEqual([clientId(1)]);
      expect(again(START + 100).mismatches).toEqual([]);
    }
  });

  test('4 an accepted report clears it; a status not understood keeps it undecided', () => {
    const known = options({ ...at(START + 50), ...read('not_found', START + 10) });
    for (const status of ['NEW', 'UNKNOWN'] as const) {
      const found = compareBoth(gone(200), observation([observedOrder(1, { status })]), known);
      expect(found.mismatches).toEqual([]);
      expect(found.matchedOrders).toBe(status === 'NEW' ? 1 : 0);
    }
  });

  test('5 with three misses asked for, two leave it live and the third makes it missing', () => {
    const after = (misses: number) =>
      compareBoth(
        gone(200),
        empty,
        options({ ...at(START + 50), missesNeeded: 3, ...read('not_found', START, misses) }),
      ).mismatches.length;
    expect([1, 2, 3].map(after)).toEqual([0, 0, 1]);
  });

  test('6 a partial fill of 50/100 that is not found is missing with its 50 told', () => {
    const partial = gone(200, { quantity: '100', filledQuantity: '50' });
    const found = compareBoth(partial, empty, options({ ...at(START + 50), ...read('not_found', START) }));
    expect(found.mismatches[0]?.detail).toContain('50/100');
  });

  test('7 one filled 100/100 that is not found is no mismatch and not asked for', () => {
    const full = gone(200, { quantity: '100', filledQuantity: '100' });
    const found = compareBoth(full, empty, options({ ...at(START + 50), ...read('not_found', START) }));
    expect([found.mismatches, found.queries]).toEqual([[], []]);
  });

  test('8 a read that failed says nothing, and an answer older than our record neither', () => {
    const failed = options({ ...at(START + 50), ...read('failed', START, 5) });
    const stale = options({ ...at(START + 50), ...read('not_found', START - 200) });
    expect(compareBoth(gone(200), empty, failed).mismatches).toEqual([]);
    expect(compareBoth(gone(200), empty, stale).mismatches).toEqual([]);
  });

  test('9 of ten absent orders with three reads a cycle 3, 6, 9 and 10 are decided', () => {
    const state = expectedState(Array.from({ length: 10 }, (_, seq) => expectedOrder(seq)));
    const targeted = new Map();
    const decided = [1, 2, 3, 4].map((cycle) => {
      const { queries } = compareBoth(state, empty, options({ targeted }));
      for (const clientOrderId of queries.slice(0, 3)) {
        const latest = { clientOrderId, answer: 'not_found', status: null, readAtMonoMs: START + cycle };
        targeted.set(clientOrderId, { latest, misses: 1 });
      }
      return compareBoth(state, empty, options({ targeted })).mismatches.length;
    });
    expect(decided).toEqual([3, 6, 9, 10]);
  });

  test('10 what the engine said since the read began is not missing', () => {
    const denied = read('not_found', START + 5000);
    for (const ageMs of [0, -50]) {
      const found = compareBoth(gone(ageMs), empty, options({ ...at(START + 9000), ...denied }));
      expect([found.mismatches, found.queries]).toEqual([[], []]);
    }
  });

  test('11 80/100 filled, then a report of 30 more: refused wherever it comes from', () => {
    const whole = { quantity: '100', filled_quantity: '80' };
    const report = { quantity: '100', filled_quantity: '110' };
    const end = { type: 'order_end', client_order_id: 'a', symbol: 'BTCUSDT', reason: 'FILLED' };
    const wrong: readonly ((lines: ReturnType<typeof session>) => Line)[] = [
      (lines) => lines.order('a', report),
      (lines) => lines.line({ ...end, filled_quantity: '110' }),
      (lines) => lines.checkpoint({ orders: [{ ...order('b'), ...report }] }),
    ];
    for (const [index, say] of wrong.entries()) {
      const lines = session('s1');
      const told = [lines.checkpoint(), lines.order('a', whole), say(lines)];
      const state = told.reduce(
        (known, line) => applyLine(known, feedLineSchema.parse(line), identity, { nowMs: 0, nowMonoMs: 0 }),
        nothingExpected(),
      );
      expect(state.fault).toContain('filled beyond its size: 110/100');
      if (index < 2) expect(state.orders.get('a')).toMatchObject({ filledQuantity: '80', state: 'live' });
    }
    expect(orderFrame.safeParse(frame({ z: '110' })).success).toBe(false);
    expect(orderFrame.safeParse(frame({ z: '100' })).success).toBe(true);
  });

  test('12 the same trade twice counts once, in the feed and on the stream', () => {
    const [lines, now] = [session('s1'), { nowMs: 0, nowMonoMs: 0 }];
    const trade = feedLineSchema.parse(lines.order('a', { quantity: '100', filled_quantity: '80' }));
    const once = applyLine(nothingExpected(), trade, identity, now);
    expect(applyLine(once, trade, identity, now)).toBe(once);
    const told = orderFrame.parse(frame({ z: '80', X: 'PARTIALLY_FILLED' }));
    const update = { orders: [told], positions: [observedPosition('80')], heardAtMonoMs: START };
    const view = hear(EMPTY_VIEW, update);
    expect(hear(view, { ...update, heardAtMonoMs: START + 50 })).toEqual(view);
    expect(show(view, observation([], [])).positions.map(({ amount }) => amount)).toEqual(['80']);
  });

  test('13 a picture with fewer fills than the engine knows says nothing about terms', () => {
    const state = expectedState([expectedOrder(1, { filledQuantity: '0.005' })]);
    const stale = observation([observedOrder(1, { filledQuantity: '0.004', price: '1' })]);
    const fresh = observation([observedOrder(1, { filledQuantity: '0.005', price: '1' })]);
    expect(brief(compareBoth(state, stale, options()))).toEqual([]);
    expect(brief(compareBoth(state, fresh, options()))).toEqual(['ORDER_TERMS_DIVERGENCE report']);
  });

  test('22 an order open beyond 24 h is still checked', () => {
    expect(compareBoth(gone(90_000_000), empty, options(at(START))).queries).toEqual([clientId(1)]);
    const shown = observedOrder(1, { createdAtMs: 1, updatedAtMs: 1, price: '1' });
    expect(brief(compareBoth(gone(90_000_000), observation([shown]), options()))).toEqual([
      'ORDER_TERMS_DIVERGENCE report',
    ]);
    const stray = observedOrder(2, { createdAtMs: 1, updatedAtMs: 1 });
    const found = compareBoth(
      gone(90_000_000, { clientOrderId: stray.clientOrderId, state: 'ended' }),
      observation([stray]),
      options(),
    );
    expect(brief(found)).toEqual(['ORDER_STATUS_DIVERGENCE cancel']);
  });

  test('a delivery contract, whose symbol holds an underscore, is compared like any other', () => {
    const on = { symbol: 'BTCUSDT_260327', clientOrderId: 'grinder_1_BTCUSDT_260327_1_170_1' };
    const how = options({ ...at(START), whitelist: [on.symbol] });
    const shown = observation([observedOrder(1, on)]);
    expect(compareBoth(gone(200, on), shown, how)).toMatchObject({ mismatches: [], matchedOrders: 1 });
    expect(brief(compareBoth(expectedState([]), shown, how))).toEqual(['ORDER_EXISTS_UNEXPECTED cancel']);
    expect(compareBoth(gone(200, on), empty, how).queries).toEqual([on.clientOrderId]);
    const other = observation([observedOrder(1, { ...on, symbol: 'BTCUSDT' })]);
    expect(compareBoth(expectedState([]), other, how)).toMatchObject({ mismatches: [], ours: 0 });
  });

  test('23 of 200 orders and one more none is evicted', () => {
    const orders = Array.from({ length: 201 }, (_, seq) => observedOrder(seq));
    const state = expectedState(orders.map((_, seq) => expectedOrder(seq)));
    expect(compareBoth(state, observation(orders), options()).matchedOrders).toBe(201);
    expect(compareBoth(expectedState([]), observation(orders), options()).mismatches).toHaveLength(201);
  });

  test('25 an incomplete read is not an empty account: no absence, but what it shows is told', () => {
    const denied = options({ ...at(START + 50), ...read('not_found', START + 10) });
    const partial = observation([observedOrder(7)], [], { complete: false });
    const found = compareBoth(gone(200), partial, denied);
    expect(brief(found)).toEqual(['ORDER_EXISTS_UNEXPECTED cancel']);
    expect(found.queries).toEqual([]);
  });

  test('26 our own orders placed while the exchange was being read are not unexpected, nor of other terms', () => {
    const during = gone(-50, { price: '1' });
    const found = compareBoth(during, observation([observedOrder(1)]), options());
    expect([found.mismatches, found.matchedOrders]).toEqual([[], 1]);
  });

  test('an absent order off the whitelist is asked for only when all symbols were read', () => {
    const id = clientId(1, 'ETHUSDT');
    const state = expectedState([expectedOrder(1, { symbol: 'ETHUSDT', clientOrderId: id })]);
    expect(compareBoth(state, empty, options()).queries).toEqual([id]);
    expect(compareBoth(state, observation([], [], { reads: [] }), options()).queries).toEqual([]);
  });
});

/** An ORDER_TRADE_UPDATE of an order of 100. */
function frame(change: Readonly<Record<string, string>>): object {
  const o = {
    s: 'BTCUSDT',
    c: clientId(1),
    S: 'BUY',
    o: 'LIMIT',
    q: '100',
    p: '60000',
    X: 'NEW',
    i: 1,
    z: '0',
    T: 1,
  };
  return { o: { ...o, R: false, ps: 'BOTH', cp: false, ...change } };
}

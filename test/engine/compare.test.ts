import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Comparison, compare } from '../../src/engine/compare.ts';
import { plan } from '../../src/engine/plan.ts';
import type { ExpectedState, Observation, ObservedOrder } from '../../src/engine/types.ts';
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

const brief = ({ mismatches }: Comparison) => mismatches.map((one) => `${one.type} ${one.remediation}`);
const because = ({ mismatches }: Comparison) => mismatches.map((one) => one.reportOnlyBecause);

describe('orders that the engine did not expect', () => {
  test('in our identity are to be cancelled', () => {
    const found = compare(expectedState([]), observation([observedOrder(1)]), options());
    expect(brief(found)).toEqual(['ORDER_EXISTS_UNEXPECTED cancel']);
    expect(found.ours).toBe(1);
  });

  test('are reported and not canceled while the feed believes in their id under another symbol', () => {
    const named = expectedOrder(1, { symbol: 'BTC_USDT' });
    const [found] = compare(expectedState([named]), observation([observedOrder(1)]), options()).mismatches;
    expect(found).toMatchObject({ type: 'ORDER_TERMS_DIVERGENCE', remediation: 'report' });
    expect(found?.detail).toContain('BTC_USDT/BTCUSDT');
    const ended = expectedOrder(1, { symbol: 'BTC_USDT', state: 'ended', endReason: 'CANCELED' });
    const [ghost] = compare(expectedState([ended]), observation([observedOrder(1)]), options()).mismatches;
    expect(ghost).toMatchObject({ type: 'ORDER_EXISTS_UNEXPECTED', remediation: 'cancel' });
  });

  test('on a symbol off the whitelist are a mismatch all the same', () => {
    const stray = observedOrder(1, { symbol: 'ETHUSDT', clientOrderId: clientId(1, 'ETHUSDT') });
    expect(brief(compare(expectedState([]), observation([stray]), options()))).toEqual([
      'ORDER_EXISTS_UNEXPECTED cancel',
    ]);
  });

  test('that protect a position are only reported, unless the operator lets them go', () => {
    const changes: readonly Partial<ObservedOrder>[] = [
      { reduceOnly: true },
      { closePosition: true },
      { conditional: true },
      { positionSide: 'SHORT', side: 'BUY' },
    ];
    for (const change of changes) {
      const observed = observation([observedOrder(1, change)]);
      expect(brief(compare(expectedState([]), observed, options()))).toEqual([
        'ORDER_EXISTS_UNEXPECTED report',
      ]);
      expect(brief(compare(expectedState([]), observed, options({ remediateProtective: true })))).toEqual([
        'ORDER_EXISTS_UNEXPECTED cancel',
      ]);
    }
  });

  test('with a status we do not know are only reported, ended ones not at all', () => {
    const see = (status: ObservedOrder['status']) =>
      brief(compare(expectedState([]), observation([observedOrder(1, { status })]), options()));
    expect(see('UNKNOWN')).toEqual(['ORDER_EXISTS_UNEXPECTED report']);
    expect(see('FILLED')).toEqual([]);
  });

  test('are reported once when two pages show them twice, in any order', () => {
    const older = observedOrder(1, { updatedAtMs: 1 });
    const newer = observedOrder(1, { updatedAtMs: 2, status: 'CANCELED' });
    for (const orders of [
      [older, newer],
      [newer, older],
    ]) {
      expect(compare(expectedState([]), observation(orders), options()).mismatches).toEqual([]);
    }
  });

  test('are apart from a later order that uses the same client id again', () => {
    const keys = ['1', '2'].map(
      (orderId) =>
        compare(expectedState([]), observation([observedOrder(1, { orderId })]), options()).mismatches[0]
          ?.key,
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('of others are counted and never judged; broken ones are listed', () => {
    const found = compare(
      expectedState([]),
      observation([
        observedOrder(1, { clientOrderId: 'web_1' }),
        observedOrder(2, { clientOrderId: 'grinder_2_BTCUSDT_1_1700000000_1' }),
        observedOrder(3, { clientOrderId: 'grc_1' }),
        observedOrder(4, { clientOrderId: 'grinder_what' }),
        observedOrder(5, { clientOrderId: 'web_2', symbol: 'ETHUSDT' }),
      ]),
      options(),
    );
    expect(found.mismatches).toEqual([]);
    expect([...found.foreignBySymbol]).toEqual([
      ['BTCUSDT', 2],
      ['ETHUSDT', 1],
    ]);
    expect(found.unparsable.map((one) => one.clientOrderId)).toEqual(['grinder_what']);
  });

  test('the canary is a mismatch like another and no order of ours', () => {
    const found = compare(expectedState([]), observation([observedOrder(1, { synthetic: true })]), options());
    expect(brief(found)).toEqual(['ORDER_EXISTS_UNEXPECTED cancel']);
    expect(found.mismatches[0]?.synthetic).toBe(true);
    expect(found.ours).toBe(0);
  });
});

describe('orders that the engine knows', () => {
  const ended = (readAtMonoMs: number) =>
    expectedState([expectedOrder(1, { state: 'ended', endReason: 'CANCELED', readAtMonoMs })]);

  test('to have ended and that live on are cancelled, if the read began after we heard of the end', () => {
    const observed = observation([observedOrder(1)]);
    expect(brief(compare(ended(START - 1), observed, options()))).toEqual(['ORDER_STATUS_DIVERGENCE cancel']);
    expect(brief(compare(ended(START), observed, options()))).toEqual([]);
    expect(brief(compare(ended(START + 50), observed, options()))).toEqual([]);
  });

  test('to have ended are left alone within the grace for statuses', () => {
    const wait = options({ statusGraceMs: 100 });
    expect(brief(compare(ended(START - 100), observation([observedOrder(1)]), wait))).toEqual([]);
    expect(brief(compare(ended(START - 101), observation([observedOrder(1)]), wait))).toHaveLength(1);
  });

  test('to live and that ended are reported', () => {
    const observed = observation([observedOrder(1, { status: 'FILLED', filledQuantity: '0.01' })]);
    expect(brief(compare(expectedState([expectedOrder(1)]), observed, options()))).toEqual([
      'ORDER_STATUS_DIVERGENCE report',
    ]);
  });

  test('with another side, price or quantity are reported; how a number is written does not matter', () => {
    const see = (change: Partial<ObservedOrder>) =>
      brief(compare(expectedState([expectedOrder(1)]), observation([observedOrder(1, change)]), options()));
    expect(see({})).toEqual([]);
    expect(see({ side: 'SELL' })).toEqual(['ORDER_TERMS_DIVERGENCE report']);
    expect(see({ price: '60000.1' })).toEqual(['ORDER_TERMS_DIVERGENCE report']);
    expect(see({ quantity: '0.011' })).toEqual(['ORDER_TERMS_DIVERGENCE report']);
  });
});

describe('behaviours of orders', () => {
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
    const found = compare(gone(200), empty, options(at(START)));
    expect(found.mismatches).toEqual([]);
    expect(found.queries).toEqual([clientId(1)]);
    expect(compare(gone(100), empty, options(at(START))).queries).toEqual([]);
  });

  test('2 after a read that found nothing it is missing, and only reported', () => {
    for (const answer of ['not_found', 'ended'] as const) {
      const found = compare(gone(200), empty, options({ ...at(START + 50), ...read(answer, START + 10) }));
      expect(brief(found)).toEqual(['ORDER_MISSING_ON_EXCHANGE report']);
      expect(found.queries).toEqual([]);
    }
  });

  test('3 an immediate recheck queries nothing; a later one does', () => {
    for (const answer of ['live', 'failed'] as const) {
      const again = (monoMs: number) =>
        compare(gone(200), empty, options({ ...at(monoMs), ...read(answer, START) }));
      expect(again(START + 99).queries).toEqual([]);
      expect(again(START + 100).queries).toEqual([clientId(1)]);
      expect(again(START + 100).mismatches).toEqual([]);
    }
  });

  test('4 an accepted report clears it; a status not understood keeps it undecided', () => {
    const known = options({ ...at(START + 50), ...read('not_found', START + 10) });
    for (const status of ['NEW', 'UNKNOWN'] as const) {
      const found = compare(gone(200), observation([observedOrder(1, { status })]), known);
      expect(found.mismatches).toEqual([]);
      expect(found.matchedOrders).toBe(status === 'NEW' ? 1 : 0);
    }
  });

  test('5 with three misses asked for, two leave it live and the third makes it missing', () => {
    const after = (misses: number) =>
      compare(
        gone(200),
        empty,
        options({ ...at(START + 50), missesNeeded: 3, ...read('not_found', START, misses) }),
      ).mismatches.length;
    expect([1, 2, 3].map(after)).toEqual([0, 0, 1]);
  });

  test('6 a partial fill of 50/100 that is not found is missing with its 50 told', () => {
    const partial = gone(200, { quantity: '100', filledQuantity: '50' });
    const found = compare(partial, empty, options({ ...at(START + 50), ...read('not_found', START) }));
    expect(found.mismatches[0]?.detail).toContain('50/100');
  });

  test('7 one filled 100/100 that is not found is no mismatch and not asked for', () => {
    const full = gone(200, { quantity: '100', filledQuantity: '100' });
    const found = compare(full, empty, options({ ...at(START + 50), ...read('not_found', START) }));
    expect([found.mismatches, found.queries]).toEqual([[], []]);
  });

  test('8 a read that failed says nothing, and an answer older than our record neither', () => {
    const failed = options({ ...at(START + 50), ...read('failed', START, 5) });
    const stale = options({ ...at(START + 50), ...read('not_found', START - 200) });
    expect(compare(gone(200), empty, failed).mismatches).toEqual([]);
    expect(compare(gone(200), empty, stale).mismatches).toEqual([]);
  });

  test('9 of ten absent orders with three reads a cycle 3, 6, 9 and 10 are decided', () => {
    const state = expectedState(Array.from({ length: 10 }, (_, seq) => expectedOrder(seq)));
    const targeted = new Map();
    const decided = [1, 2, 3, 4].map((cycle) => {
      const { queries } = compare(state, empty, options({ targeted }));
      for (const clientOrderId of queries.slice(0, 3)) {
        const latest = { clientOrderId, answer: 'not_found', status: null, readAtMonoMs: START + cycle };
        targeted.set(clientOrderId, { latest, misses: 1 });
      }
      return compare(state, empty, options({ targeted })).mismatches.length;
    });
    expect(decided).toEqual([3, 6, 9, 10]);
  });

  test('10 what the engine said since the read began is not missing', () => {
    const denied = read('not_found', START + 5000);
    for (const ageMs of [0, -50]) {
      const found = compare(gone(ageMs), empty, options({ ...at(START + 9000), ...denied }));
      expect([found.mismatches, found.queries]).toEqual([[], []]);
    }
  });

  test('13 a picture with fewer fills than the engine knows says nothing about terms', () => {
    const state = expectedState([expectedOrder(1, { filledQuantity: '0.005' })]);
    const stale = observation([observedOrder(1, { filledQuantity: '0.004', price: '1' })]);
    const fresh = observation([observedOrder(1, { filledQuantity: '0.005', price: '1' })]);
    expect(brief(compare(state, stale, options()))).toEqual([]);
    expect(brief(compare(state, fresh, options()))).toEqual(['ORDER_TERMS_DIVERGENCE report']);
  });

  test('22 an order open beyond 24 h is still checked', () => {
    expect(compare(gone(90_000_000), empty, options(at(START))).queries).toEqual([clientId(1)]);
  });

  test('23 of 200 orders and one more none is evicted', () => {
    const orders = Array.from({ length: 201 }, (_, seq) => observedOrder(seq));
    const state = expectedState(orders.map((_, seq) => expectedOrder(seq)));
    expect(compare(state, observation(orders), options()).matchedOrders).toBe(201);
    expect(compare(expectedState([]), observation(orders), options()).mismatches).toHaveLength(201);
  });

  test('25 an incomplete read is not an empty account: no absence, but what it shows is told', () => {
    const denied = options({ ...at(START + 50), ...read('not_found', START + 10) });
    const partial = observation([observedOrder(7)], [], { complete: false });
    const found = compare(gone(200), partial, denied);
    expect(brief(found)).toEqual(['ORDER_EXISTS_UNEXPECTED cancel']);
    expect(found.queries).toEqual([]);
  });

  test('26 our own orders placed while the exchange was being read are not unexpected, nor of other terms', () => {
    const during = gone(-50, { price: '1' });
    const found = compare(during, observation([observedOrder(1)]), options());
    expect([found.mismatches, found.matchedOrders]).toEqual([[], 1]);
  });

  test('an absent order off the whitelist is asked for only when all symbols were read', () => {
    const id = clientId(1, 'ETHUSDT');
    const state = expectedState([expectedOrder(1, { symbol: 'ETHUSDT', clientOrderId: id })]);
    expect(compare(state, empty, options()).queries).toEqual([id]);
    expect(compare(state, observation([], [], { reads: [] }), options()).queries).toEqual([]);
  });
});

describe('behaviours of positions', () => {
  const see = (expected: string, found: string | null, stepSize = '0.001') =>
    compare(
      expectedState([], [expectedPosition(expected)]),
      observation([], found === null ? [] : [observedPosition(found)]),
      options({ rules: new Map([['BTCUSDT', rules('BTCUSDT', stepSize)]]) }),
    );
  const sized = ['POSITION_SIZE_DIVERGENCE report'];

  test('14 100 expected and 150 seen differ by 50', () => {
    expect(brief(see('100', '150'))).toEqual(sized);
    expect(see('100', '150').mismatches[0]?.detail).toContain('differs by 50');
  });
  test('15 -100 expected and 0 seen', () => expect(brief(see('-100', '0'))).toEqual(sized));
  test('16 +100 expected and -50 seen is the other side', () => {
    expect(see('100', '-50').mismatches[0]?.detail).toContain('other side');
  });
  test('17 when the read of positions failed there is no verdict', () => {
    const reads = [
      { source: 'rest', endpoint: 'positionRisk', symbol: null, outcome: 'failed', error: 'x' },
    ] as const;
    for (const rows of [[], [observedPosition('0')], [observedPosition('7')]]) {
      const observed = observation([], rows, { complete: false, reads });
      expect(compare(expectedState([], [expectedPosition('5')]), observed, options()).mismatches).toEqual([]);
    }
  });
  test('17 when another read failed, a row that is shown is judged and one that is not shown is not', () => {
    const state = expectedState([], [expectedPosition('5')]);
    const shown = observation([], [observedPosition('7')], { complete: false });
    expect(brief(compare(state, shown, options()))).toEqual(sized);
    expect(brief(compare(state, observation([], [], { complete: false }), options()))).toEqual([]);
  });
  test('18 a read that succeeded and is empty while we believe 1000 is a mismatch', () => {
    expect(brief(see('1000', null))).toEqual(sized);
  });
  test('19 hedge +5/-3 against net +2 is none when the engine reports net', () => {
    const hedge = [
      observedPosition('5', { positionSide: 'LONG' }),
      observedPosition('-3', { positionSide: 'SHORT' }),
    ];
    const against = (amount: string) =>
      compare(expectedState([], [expectedPosition(amount)]), observation([], hedge), options());
    expect(brief(against('2'))).toEqual([]);
    expect(brief(against('3'))).toEqual(sized);
    expect(brief(against('0'))).toEqual(['POSITION_NONZERO_UNEXPECTED report']);
  });
  test('20 one step is tolerated, two are not; a step of 1 is exact', () => {
    expect(brief(see('1.00', '1.01', '0.01'))).toEqual([]);
    expect(brief(see('1.00', '1.02', '0.01'))).toEqual(sized);
    expect(brief(see('1', '2', '1'))).toEqual(sized);
    expect(brief(see('1', '1', '1'))).toEqual([]);
  });
  test('21 LONG 0.5 and SHORT 0 rows do not overwrite each other', () => {
    const long = { positionSide: 'LONG' } as const;
    const short = { positionSide: 'SHORT' } as const;
    const state = expectedState([], [expectedPosition('0.5', long), expectedPosition('0', short)]);
    const rows = [observedPosition('0.5', long), observedPosition('0', short)];
    for (const order of [rows, rows.toReversed()]) {
      const found = compare(state, observation([], order), options());
      expect([found.mismatches, found.matchedPositions]).toEqual([[], 1]);
    }
    const both = compare(state, observation([], [rows[0]!, observedPosition('-0.2', short)]), options());
    expect(both.mismatches.map((one) => one.key)).toEqual(['POSITION_NONZERO_UNEXPECTED:BTCUSDT:SHORT']);
  });
});

describe('positions that should not be', () => {
  const held = observation([], [observedPosition('0.001')]);

  test('are flattened only when the feed said 0, however small', () => {
    expect(brief(compare(expectedState([], [expectedPosition('0')]), held, options()))).toEqual([
      'POSITION_NONZERO_UNEXPECTED flatten',
    ]);
    const silent = compare(expectedState([]), held, options());
    expect(brief(silent)).toEqual(['POSITION_NONZERO_UNEXPECTED report']);
    expect(because(silent)).toEqual(['the feed never said 0 for it']);
  });

  test('are only reported below one step or without trading rules', () => {
    const zero = expectedState([], [expectedPosition('0')]);
    const dust = observation([], [observedPosition('0.0004')]);
    expect(because(compare(zero, dust, options()))).toEqual(['it is smaller than one step']);
    expect(brief(compare(zero, held, options({ rules: new Map() })))).toEqual([
      'POSITION_NONZERO_UNEXPECTED report',
    ]);
  });

  test('are not ours off the whitelist', () => {
    expect(compare(expectedState([]), held, options({ whitelist: ['ETHUSDT'] })).mismatches).toEqual([]);
  });

  test('are not judged when the feed spoke of them since the read began', () => {
    for (const readAtMonoMs of [START, START + 1]) {
      const state = expectedState([], [expectedPosition('0', { readAtMonoMs })]);
      expect(compare(state, held, options()).mismatches).toEqual([]);
    }
  });
});

test('before a checkpoint nothing is a mismatch, though orders are still told apart', () => {
  const silent = { ...expectedState([expectedOrder(2)], [expectedPosition('0')]), checkpoint: null };
  const observed = observation([observedOrder(1)], [observedPosition('1')]);
  const found = compare(silent, observed, options());
  expect([found.mismatches, found.queries, found.ours]).toEqual([[], [], 1]);
});

test('mismatches come by priority, then symbol, then client order id', () => {
  const eth = { symbol: 'ETHUSDT' };
  const found = compare(
    expectedState([expectedOrder(5)], [expectedPosition('0'), expectedPosition('1', eth)]),
    observation(
      [
        observedOrder(1, { ...eth, clientOrderId: clientId(1, 'ETHUSDT') }),
        observedOrder(3),
        observedOrder(5, { price: '1' }),
        observedOrder(2),
      ],
      [observedPosition('2')],
    ),
    options({ whitelist: ['ETHUSDT', 'BTCUSDT'] }),
  );
  expect(found.mismatches.map((one) => `${one.type} ${one.symbol} ${one.clientOrderId ?? ''}`)).toEqual([
    `ORDER_EXISTS_UNEXPECTED BTCUSDT ${clientId(2)}`,
    `ORDER_EXISTS_UNEXPECTED BTCUSDT ${clientId(3)}`,
    `ORDER_EXISTS_UNEXPECTED ETHUSDT ${clientId(1, 'ETHUSDT')}`,
    `ORDER_TERMS_DIVERGENCE BTCUSDT ${clientId(5)}`,
    'POSITION_NONZERO_UNEXPECTED BTCUSDT ',
    'POSITION_SIZE_DIVERGENCE ETHUSDT ',
  ]);
});

describe('for any account', () => {
  const seqs = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
  const amount = fc.integer({ min: -3000, max: 3000 }).map((steps) => (steps / 1000).toFixed(3));
  const account = fc.record({ believed: seqs, ended: seqs, found: seqs, expects: amount, holds: amount });
  type Account = typeof account extends fc.Arbitrary<infer Value> ? Value : never;
  const expectedOf = ({ believed, ended, expects }: Account): ExpectedState =>
    expectedState(
      [
        ...ended.map((seq) => expectedOrder(seq, { state: 'ended' })),
        ...believed.map((seq) => expectedOrder(seq)),
      ],
      [expectedPosition(expects)],
    );
  const observedOf = ({ found, holds }: Account): Observation =>
    observation(
      found.map((seq) => observedOrder(seq, { reduceOnly: seq % 5 === 0 })),
      [observedPosition(holds)],
    );

  test('compare(x, x) is empty', () => {
    fc.assert(
      fc.property(seqs, amount, (believed, holds) => {
        const same = { believed, ended: [], found: believed, expects: holds, holds };
        const found = compare(expectedOf(same), observedOf(same), options());
        expect([found.mismatches, found.queries]).toEqual([[], []]);
        expect(found.matchedOrders).toBe(believed.length);
      }),
    );
  });

  test('the order of the input does not matter', () => {
    fc.assert(
      fc.property(account, (one) => {
        const [expected, observed] = [expectedOf(one), observedOf(one)];
        const turned: ExpectedState = { ...expected, orders: new Map([...expected.orders].toReversed()) };
        const mirrored = { ...observed, orders: observed.orders.toReversed() };
        expect(compare(turned, mirrored, options())).toEqual(compare(expected, observed, options()));
      }),
    );
  });

  test('a foreign order changes nothing but the count', () => {
    fc.assert(
      fc.property(account, fc.constantFrom('web_1', '', 'Grinder_1_BTCUSDT_1_1_1'), (one, clientOrderId) => {
        const observed = observedOf(one);
        const crowded = { ...observed, orders: [...observed.orders, observedOrder(99, { clientOrderId })] };
        const before = compare(expectedOf(one), observed, options());
        const after = compare(expectedOf(one), crowded, options());
        expect(after).toEqual({ ...before, foreignBySymbol: new Map([['BTCUSDT', 1]]) });
      }),
    );
  });

  test('every remediable mismatch is gone once its action is applied, and nothing else changed', () => {
    fc.assert(
      fc.property(account, (one) => {
        const [expected, observed] = [expectedOf({ ...one, expects: '0' }), observedOf(one)];
        const { mismatches } = compare(expected, observed, options());
        for (const action of plan(mismatches, { prices: new Map(), rules: options().rules })) {
          const repaired: Observation = {
            ...observed,
            orders: observed.orders.filter((order) => order.orderId !== action.orderId),
            positions: action.action === 'flatten' ? [] : observed.positions,
          };
          const left = compare(expected, repaired, options()).mismatches;
          expect(left).toEqual(mismatches.filter((mismatch) => mismatch.key !== action.mismatch.key));
        }
        const remediable = mismatches.filter((mismatch) => mismatch.remediation !== 'report');
        expect(plan(mismatches, { prices: new Map(), rules: new Map() })).toHaveLength(remediable.length);
      }),
    );
  });

  test('nothing expected live, protective or foreign is ever planned', () => {
    fc.assert(
      fc.property(account, (one) => {
        const { mismatches } = compare(expectedOf(one), observedOf(one), options());
        for (const { mismatch, action } of plan(mismatches, { prices: new Map(), rules: new Map() })) {
          if (action === 'flatten') expect(Number(one.expects)).toBe(0);
          else {
            expect(one.believed.map((seq) => clientId(seq))).not.toContain(mismatch.clientOrderId ?? '');
            expect(mismatch.observedOrder?.reduceOnly).toBe(false);
          }
        }
      }),
    );
  });
});

describe('what the stream told since the read', () => {
  const record = expectedOrder(1, { state: 'ended', endReason: 'CANCELED', readAtMonoMs: START + 50 });

  test('is judged by what the engine said before it, and not by what it said after', () => {
    const see = (heardAtMonoMs: number) =>
      brief(compare(expectedState([record]), observation([observedOrder(1, { heardAtMonoMs })]), options()));
    expect(see(START + 100)).toEqual(['ORDER_STATUS_DIVERGENCE cancel']);
    expect(see(START + 50)).toEqual([]);
  });

  test('holds for positions too', () => {
    const said = expectedPosition('0', { readAtMonoMs: START + 50 });
    const see = (heardAtMonoMs: number) =>
      brief(
        compare(
          expectedState([], [said]),
          observation([], [observedPosition('1', { heardAtMonoMs })]),
          options(),
        ),
      );
    expect(see(START + 100)).toEqual(['POSITION_NONZERO_UNEXPECTED flatten']);
    expect(see(START + 50)).toEqual([]);
  });
});

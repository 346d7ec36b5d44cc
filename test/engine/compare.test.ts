import { describe, expect, test } from 'bun:test';
import { compare } from '../../src/engine/compare.ts';
import type { Comparison } from '../../src/engine/comparison.ts';
import type { ObservedOrder } from '../../src/engine/types.ts';
import {
  clientId,
  expectedOrder,
  expectedPosition,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
  START,
} from '../helpers/engine-world.ts';
import { compareBoth } from './compare-both.ts';

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
    const leftOut = expectedOrder(1, { symbol: 'BTC_USDT', state: 'left_out' });
    const doubted = compareBoth(expectedState([leftOut]), observation([observedOrder(1)]), options());
    expect(brief(doubted)).toEqual(['ORDER_TERMS_DIVERGENCE report']);
    const ended = expectedOrder(1, { symbol: 'BTC_USDT', state: 'ended', endReason: 'CANCELED' });
    const [ghost] = compare(expectedState([ended]), observation([observedOrder(1)]), options()).mismatches;
    expect(ghost).toMatchObject({ type: 'ORDER_EXISTS_UNEXPECTED', remediation: 'cancel' });
  });

  test('are only reported while one checkpoint alone has left them out: the next may name them again', () => {
    const leftOut = expectedOrder(1, { state: 'left_out' });
    const found = compareBoth(expectedState([leftOut]), observation([observedOrder(1)]), options());
    expect(brief(found)).toEqual(['ORDER_EXISTS_UNEXPECTED report']);
    expect(because(found)).toEqual([
      'one word alone gave it up: a checkpoint, or an end dated before its record',
    ]);
    expect(found.matchedOrders).toBe(0);
    const allowed = options({ remediateProtective: true });
    const waiting = observation([observedOrder(1, { conditional: true })]);
    expect(brief(compareBoth(expectedState([leftOut]), waiting, allowed))).toEqual([
      'ORDER_EXISTS_UNEXPECTED report',
    ]);
    expect(compareBoth(expectedState([leftOut]), observation([]), options())).toMatchObject({
      mismatches: [],
      queries: [],
    });
  });

  test('are only reported while the picture rests on one checkpoint alone, those that ended before it too', () => {
    const oneWordSince = { updatedAtMs: 0, readAtMonoMs: 0 };
    const ended = expectedOrder(1, { state: 'ended', endReason: 'CANCELED' });
    for (const state of [expectedState([]), expectedState([ended])]) {
      const found = compareBoth({ ...state, oneWordSince }, observation([observedOrder(1)]), options());
      expect(found.mismatches.map(({ remediation }) => remediation)).toEqual(['report']);
      expect(because(found)).toEqual([
        'one checkpoint alone leaves it out since the feed was broken or joined',
      ]);
      expect(brief(compareBoth(state, observation([observedOrder(1)]), options()))[0]).toEndWith('cancel');
    }
    // The order that was put in to try the gates is nobody's, and nothing that is written.
    const canary = observation([observedOrder(1, { synthetic: true })]);
    expect(brief(compareBoth({ ...expectedState([]), oneWordSince }, canary, options()))).toEqual([
      'ORDER_EXISTS_UNEXPECTED cancel',
    ]);
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

  test('to have ended as conditional orders are only reported as what they became: it is another order of that id', () => {
    const ended = (orderType: string) =>
      expectedState([expectedOrder(1, { orderType, state: 'ended', endReason: 'EXPIRED' })]);
    const became = compareBoth(ended('STOP'), observation([observedOrder(1)]), options());
    expect(brief(became)).toEqual(['ORDER_STATUS_DIVERGENCE report']);
    expect(because(became)).toEqual(['a conditional order of its id ended, and may have become this one']);
    const plain = compareBoth(ended('LIMIT'), observation([observedOrder(1)]), options());
    expect(brief(plain)).toEqual(['ORDER_STATUS_DIVERGENCE cancel']);
    const waiting = observation([observedOrder(1, { conditional: true, orderType: 'STOP' })]);
    expect(brief(compareBoth(ended('STOP'), waiting, options({ remediateProtective: true })))).toEqual([
      'ORDER_STATUS_DIVERGENCE cancel',
    ]);
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

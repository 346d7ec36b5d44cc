import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bookOf } from '../../src/engine/book.ts';
import { compare } from '../../src/engine/compare.ts';
import { createComparer, type Question } from '../../src/engine/comparer.ts';
import type { CompareOptions, Comparison } from '../../src/engine/comparison.ts';
import { applyLine, nothingExpected } from '../../src/engine/expected.ts';
import { createViewer } from '../../src/engine/expected-picture.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { foldTargeted, type TargetedRead } from '../../src/engine/targeted.ts';
import type { Observation, ObservedOrder, ObservedPosition, ReadReport } from '../../src/engine/types.ts';
import { breakStream, EMPTY_VIEW, hear, show } from '../../src/engine/view.ts';
import { takeSnapshot } from '../../src/engine/view-snapshot.ts';
import {
  clientId,
  expectedOrder,
  expectedState,
  observation,
  observedOrder,
  observedPosition,
  options,
  rules,
  START,
} from '../helpers/engine-world.ts';
import { session } from './feed-lines.ts';

/**
 * An account, its feed and its stream, all of them live: every deed changes one of them or lets time pass, and after each
 * deed both comparisons are asked the same.
 */
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
const GRACE_MS = 100;
const IDENTITY = { account: 'sim', environment: 'sim' } as const;

const slot = fc.nat(4);
const symbol = fc.constantFrom(...SYMBOLS);
const amount = fc.constantFrom('0', '0.000', '0.5', '0.501', '-0.5', '2');
const price = fc.constantFrom('60000', '60000.00', '59999.9');
const fill = fc.constantFrom('0', '0.005', '0.01', '0.010');
const side = fc.constantFrom('LONG' as const, 'SHORT' as const, 'BOTH' as const);
const status = fc.constantFrom(
  'NEW' as const,
  'PARTIALLY_FILLED' as const,
  'CANCELED' as const,
  'UNKNOWN' as const,
);
const mostly = fc.nat(4).map((roll) => roll > 0);
const seldom = fc.nat(4).map((roll) => roll === 0);
/** Ours, of another strategy, unreadable, our own repair, and foreign ones. */
const whose = fc.constantFrom('ours', 'ours', 'ours', 'ours', 'other', 'unreadable', 'repair', 'foreign');
const row = fc.record({
  slot,
  whose,
  symbol,
  price,
  fill,
  status,
  conditional: fc.boolean(),
  reduceOnly: fc.boolean(),
  synthetic: fc.boolean(),
  /** A second order, or page, with the same client order id. */
  again: fc.boolean(),
  older: fc.boolean(),
});
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never;

const deed = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('order' as const), slot, symbol, price, fill }), weight: 8 },
  { arbitrary: fc.record({ type: fc.constant('end' as const), slot, symbol }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('position' as const), symbol, side, amount }), weight: 4 },
  {
    arbitrary: fc.record({ type: fc.constant('checkpoint' as const), slots: fc.array(slot), amount }),
    weight: 2,
  },
  {
    arbitrary: fc.record({ type: fc.constant('session' as const), withCheckpoint: fc.boolean() }),
    weight: 1,
  },
  { arbitrary: fc.record({ type: fc.constant('show' as const), row }), weight: 12 },
  {
    arbitrary: fc.record({
      type: fc.constant('hide' as const),
      slot,
      whose,
      how: fc.constantFrom('id' as const, 'first' as const, 'last' as const, 'all' as const),
    }),
    weight: 6,
  },
  { arbitrary: fc.record({ type: fc.constant('hold' as const), symbol, side, amount }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('turn' as const) }), weight: 2 },
  {
    arbitrary: fc.record({
      type: fc.constant('read' as const),
      complete: mostly,
      swept: mostly,
      fails: fc.boolean(),
      carried: seldom,
      late: seldom,
    }),
    weight: 16,
  },
  { arbitrary: fc.record({ type: fc.constant('hear' as const), row, position: amount }), weight: 5 },
  { arbitrary: fc.record({ type: fc.constant('stream' as const), up: fc.boolean() }), weight: 1 },
  {
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 0.3, 1, 40, GRACE_MS, GRACE_MS + 0.1, 250.7, 70_000),
    }),
    weight: 16,
  },
  {
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      answer: fc.constantFrom('live' as const, 'ended' as const, 'not_found' as const, 'failed' as const),
      slot,
    }),
    weight: 10,
  },
  {
    arbitrary: fc.record({
      type: fc.constant('settings' as const),
      change: fc.constantFrom<Partial<CompareOptions>>(
        { whitelist: ['BTCUSDT', 'ETHUSDT'] },
        { whitelist: ['ETHUSDT'] },
        { missesNeeded: 2 },
        { statusGraceMs: 60.5 },
        { requeryAfterMs: 333 },
        { remediateProtective: true },
        { rules: new Map([['BTCUSDT', rules('BTCUSDT', '1')]]) },
        { identity: { prefix: 'grinder_', allowedStrategies: ['1', '2'] } },
        { missingGraceMs: 30 },
      ),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ type: fc.constant('jump' as const), ms: fc.constantFrom(-500, -1) }), weight: 1 },
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

test('whatever happens in whatever order, the answer from what changed is the answer from everything', () => {
  fc.assert(
    fc.property(fc.array(deed, { minLength: 1, maxLength: 120, size: 'max' }), (deeds) => {
      const world = createWorld();
      const comparer = createComparer();
      for (const one of deeds) {
        world.live(one);
        const { expected, observed, options: how } = world.question();
        expect(spread(comparer.compare(expected, observed, how))).toEqual(
          spread(compare(expected, observed, how)),
        );
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('so it is when it is worked out in pieces, and other questions come in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 4, maxLength: 40, size: 'max' }), async (deeds) => {
      const world = createWorld();
      const comparer = createComparer(1);
      const asked = deeds.map((one, index) => {
        world.live(one);
        const question = world.question();
        const answer =
          index % 3 === 0
            ? comparer.compare(question.expected, question.observed, question.options)
            : comparer.compareInPieces(question, () => new Promise((next) => setImmediate(next)));
        return { question, answer };
      });
      for (const { question, answer } of asked) {
        const { expected, observed, options: how } = question;
        expect(spread(await answer)).toEqual(spread(compare(expected, observed, how)));
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('whichever of two orders with one id goes, the other is still shown', () => {
  const [one, two] = ['9001', '9002'].map((orderId) => observedOrder(1, { orderId }));
  if (one === undefined || two === undefined) throw new Error('expected two rows');
  const expected = { ...expectedState([]), orders: bookOf(new Map([[clientId(1), expectedOrder(1)]])) };
  for (const left of [one, two]) {
    const comparer = createComparer();
    for (const rows of [[one, two], [left]]) {
      const observed = observation(rows);
      const told = comparer.compare(expected, observed, SAME_OPTIONS);
      expect(spread(told)).toEqual(spread(compare(expected, observed, SAME_OPTIONS)));
      expect(told.matchedOrders).toBe(rows.length);
    }
  }
});

test('what rested on one checkpoint alone is judged anew once another one came, and the other way round', () => {
  const comparer = createComparer();
  const observed = observation([observedOrder(1)]);
  const state = { ...expectedState([]), orders: bookOf(new Map()) };
  for (const oneWordSince of [null, { updatedAtMs: 0, readAtMonoMs: 0 }, null]) {
    const expected = { ...state, oneWordSince };
    const told = comparer.compare(expected, observed, SAME_OPTIONS);
    expect(spread(told)).toEqual(spread(compare(expected, observed, SAME_OPTIONS)));
    expect(told.mismatches[0]?.remediation).toBe(oneWordSince === null ? 'cancel' : 'report');
  }
});

const SAME_OPTIONS = options();

/** With what a map's equality would hide: the order of its entries. */
function spread({ foreignBySymbol, ...rest }: Comparison) {
  return { ...rest, foreignBySymbol: [...foreignBySymbol] };
}

function createWorld() {
  const look = createViewer(0);
  let draft = nothingExpected();
  let lines = session('s1');
  let sessions = 1;
  let monoMs = START;
  let view = breakStream(EMPTY_VIEW, START);
  let rows: readonly ObservedOrder[] = [];
  let held: readonly ObservedPosition[] = [];
  let observed = reading({ complete: false, swept: true, fails: false, carried: false, late: false });
  let targeted: NonNullable<CompareOptions['targeted']> = new Map();
  let how = options({ missingGraceMs: GRACE_MS });

  function say(line: object): void {
    draft = applyLine(draft, feedLineSchema.parse(line), IDENTITY, { nowMs: monoMs, nowMonoMs: monoMs });
  }

  function checkpoint(slots: readonly number[], positions: readonly object[] = []): void {
    const orders = [...new Set(slots)].map((seq) => feedOrder(seq, 'BTCUSDT'));
    say(lines.checkpoint({ orders, positions, ts_ms: 1_800_000_000_000 + Math.floor(monoMs) }));
  }

  function reading(
    how: Pick<Extract<Deed, { type: 'read' }>, 'complete' | 'swept' | 'fails' | 'carried' | 'late'>,
  ): Observation {
    const report = (endpoint: string, one: string | null): ReadReport => ({
      source: 'rest',
      endpoint,
      symbol: one,
      outcome: how.complete ? 'ok' : 'failed',
      error: '',
    });
    const startedMonoMs = how.late ? monoMs - 20 : monoMs;
    const carried = (one: ObservedOrder): ObservedOrder =>
      how.carried && one.symbol === 'ETHUSDT' ? { ...one, sweptAtMonoMs: startedMonoMs - 150 } : one;
    return {
      complete: how.complete,
      startedMonoMs,
      endedMonoMs: monoMs,
      endedAtMs: monoMs,
      orders: how.fails && !how.complete ? [] : rows.map(carried),
      positions: how.fails && !how.complete ? [] : held,
      prices: [],
      positionMode: 'one_way',
      reads: [report('openOrders', how.swept ? null : 'BTCUSDT'), report('positionRisk', null)],
      sweptAtMonoMs: null,
    };
  }

  return {
    live: (one: Deed): void => {
      switch (one.type) {
        case 'order':
          say(
            lines.line({
              type: 'order',
              ...feedOrder(one.slot, one.symbol),
              price: one.price,
              filled_quantity: one.fill,
            }),
          );
          return;
        case 'end':
          say(
            lines.line({
              type: 'order_end',
              client_order_id: clientId(one.slot, one.symbol),
              symbol: one.symbol,
              reason: 'CANCELED',
            }),
          );
          return;
        case 'position':
          say(
            lines.line({ type: 'position', symbol: one.symbol, position_side: one.side, amount: one.amount }),
          );
          return;
        case 'checkpoint':
          checkpoint(one.slots, [{ symbol: 'BTCUSDT', amount: one.amount }]);
          return;
        case 'session':
          sessions += 1;
          lines = session(`s${sessions}`);
          if (one.withCheckpoint) checkpoint([0, 1, 2]);
          else say(lines.heartbeat());
          return;
        case 'show': {
          const shown = rowOf(one.row);
          const isOther = (other: ObservedOrder): boolean =>
            one.row.again || other.orderId !== shown.orderId || other.clientOrderId !== shown.clientOrderId;
          rows = [...rows.filter(isOther), shown];
          return;
        }
        case 'hide': {
          const hidden = idOf(one.whose, one.slot, 'BTCUSDT');
          const left = rows.filter(({ clientOrderId }) => clientOrderId !== hidden);
          const hide = { all: [], first: rows.slice(1), last: rows.slice(0, -1), id: left };
          rows = hide[one.how];
          return;
        }
        case 'turn':
          rows = rows.toReversed();
          return;
        case 'hold':
          held = [
            ...held.filter((other) => other.symbol !== one.symbol || other.positionSide !== one.side),
            observedPosition(one.amount, { symbol: one.symbol, positionSide: one.side, updatedAtMs: monoMs }),
          ];
          return;
        case 'read':
          observed = reading(one);
          view = takeSnapshot(view, observed).view;
          return;
        case 'hear':
          view = hear(view, {
            orders: [rowOf({ ...one.row, older: false }, monoMs)],
            positions: [observedPosition(one.position, { updatedAtMs: monoMs })],
            heardAtMonoMs: monoMs,
          });
          return;
        case 'stream':
          view = breakStream(view, one.up ? monoMs : null);
          return;
        case 'wait':
          monoMs += one.ms;
          return;
        case 'jump':
          monoMs += one.ms;
          return;
        case 'answer': {
          const { queries } = compare(look(draft, clocks()), show(view, observed), { ...how, ...asOf() });
          const clientOrderId = queries[0] ?? clientId(one.slot);
          const read: TargetedRead = {
            clientOrderId,
            answer: one.answer,
            status: null,
            readAtMonoMs: monoMs,
          };
          targeted = foldTargeted(targeted, { reads: [read], observed: one.slot < 2 ? observed.orders : [] });
          return;
        }
        case 'settings':
          how = { ...how, ...one.change };
      }
    },
    question: (): Question => ({
      expected: look(draft, clocks()),
      observed: show(view, observed),
      options: { ...how, ...asOf() },
    }),
  };

  function clocks() {
    return { nowMs: monoMs, nowMonoMs: monoMs };
  }

  function asOf(): Pick<CompareOptions, 'now' | 'targeted'> & { readonly targeted: typeof targeted } {
    return { now: { wallMs: monoMs, monoMs }, targeted };
  }
}

function feedOrder(seq: number, of: string): object {
  return { client_order_id: clientId(seq, of), symbol: of, side: 'BUY', price: '60000', quantity: '0.01' };
}

function idOf(of: string, seq: number, on: string): string {
  switch (of) {
    case 'other':
      return `grinder_2_${on}_1_1700000000_${seq}`;
    case 'unreadable':
      return `grinder_${seq}`;
    case 'repair':
      return `grc_${seq}`;
    case 'foreign':
      return `web_${seq % 2}`;
    default:
      return clientId(seq, on);
  }
}

function rowOf(one: Row, updatedAtMs = one.older ? 1 : 2): ObservedOrder {
  return observedOrder(one.slot, {
    orderId: String(9000 + one.slot + (one.again ? 100 : 0)),
    clientOrderId: idOf(one.whose, one.slot, one.symbol),
    symbol: one.slot === 4 ? 'BTCUSDT' : one.symbol,
    price: one.price,
    filledQuantity: one.fill,
    status: one.status,
    conditional: one.conditional,
    reduceOnly: one.reduceOnly,
    synthetic: one.synthetic,
    updatedAtMs,
  });
}

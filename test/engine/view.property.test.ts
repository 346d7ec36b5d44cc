import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isZero } from '../../src/engine/decimal.ts';
import type { Observation, ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import {
  type AccountUpdate,
  breakStream,
  EMPTY_VIEW,
  hear,
  READ_LAG_MS,
  show,
} from '../../src/engine/view.ts';
import { hasEnded } from '../../src/engine/view-age.ts';
import { takeSnapshot } from '../../src/engine/view-snapshot.ts';
import { observation, observedOrder, observedPosition, START } from '../helpers/engine-world.ts';

/** What happens to the account: an order is placed, filled, changed or cancelled; a position moves. */
type Deed = { readonly what: 'order' | 'fill' | 'amend' | 'cancel' | 'move'; readonly which: number };
type Arrival = { readonly atMonoMs: number } & (
  | { readonly kind: 'update'; readonly update: Omit<AccountUpdate, 'heardAtMonoMs'> }
  | { readonly kind: 'read'; readonly observed: Observation }
);
interface Account {
  readonly orders: ReadonlyMap<number, ObservedOrder>;
  readonly positions: ReadonlyMap<number, ObservedPosition>;
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'];
const STEP_MS = 37;
const READS: Observation['reads'] = ['openOrders', 'openAlgoOrders', 'positionRisk'].map((endpoint) => ({
  source: 'rest',
  endpoint,
  symbol: null,
  outcome: 'ok',
  error: '',
}));

const deeds = fc.array(
  fc.record({
    what: fc.constantFrom(
      'order' as const,
      'fill' as const,
      'amend' as const,
      'cancel' as const,
      'move' as const,
    ),
    which: fc.nat(3),
  }),
  { minLength: 1, maxLength: 60 },
);
const delay = fc.oneof(fc.nat(50), fc.nat(4000));
/** Per deed: when its frame comes, and when it comes again. */
const delays = fc.array(fc.tuple(delay, fc.option(delay)), { minLength: 60, maxLength: 60 });
/** Reads: after which deed they begin, how far behind the truth they are, how long they take. */
const reads = fc.array(
  fc.record({
    after: fc.nat(60),
    lagMs: fc.nat(READ_LAG_MS - 1),
    tookMs: fc.nat(3000),
    zeroRows: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

test('whatever order, repetition and delay of frames and reads, the view ends as the account is', () => {
  fc.assert(
    fc.property(deeds, delays, reads, (done, late, looked) => {
      const history = liveThrough(done);
      const arrivals = [
        ...history.updates.flatMap((update, at) => {
          const [first, again] = late[at] ?? [0, null];
          const atMonoMs = timeOf(at);
          const one = { kind: 'update' as const, update };
          const twice = again === null ? [] : [{ ...one, atMonoMs: atMonoMs + again }];
          return [{ ...one, atMonoMs: atMonoMs + first }, ...twice];
        }),
        ...looked.map(({ after, lagMs, tookMs, zeroRows }): Arrival => {
          const startedMonoMs = timeOf(after) + 1;
          const observed = readAt(history.accounts, { startedMonoMs, lagMs, tookMs, zeroRows });
          return { kind: 'read', observed, atMonoMs: startedMonoMs + tookMs };
        }),
      ].toSorted((a, b) => a.atMonoMs - b.atMonoMs);
      const view = arrivals.reduce(
        (known, arrival) =>
          arrival.kind === 'read'
            ? takeSnapshot(known, arrival.observed).view
            : hear(known, { ...arrival.update, heardAtMonoMs: arrival.atMonoMs }),
        breakStream(EMPTY_VIEW, START - 10_000),
      );
      if (view.base === null) throw new Error('expected a read');
      expect(brief(show(view, view.base))).toEqual(brief(accountAt(history.accounts, timeOf(60))));
    }),
    { numRuns: 400 },
  );
});

const timeOf = (at: number): number => START + at * STEP_MS;

function liveThrough(done: readonly Deed[]) {
  const accounts: Account[] = [];
  const updates: Omit<AccountUpdate, 'heardAtMonoMs'>[] = [];
  const orders = new Map<number, ObservedOrder>();
  const positions = new Map<number, ObservedPosition>();
  for (const [at, { what, which }] of done.entries()) {
    const updatedAtMs = timeOf(at);
    const update: Omit<AccountUpdate, 'heardAtMonoMs'> =
      what === 'move'
        ? { orders: [], positions: [movePosition(which, at, updatedAtMs)] }
        : { orders: changeOrder(orders.get(which), { what, which, at, updatedAtMs }), positions: [] };
    for (const order of update.orders) orders.set(which, order);
    for (const position of update.positions) positions.set(which, position);
    updates.push(update);
    accounts.push({ orders: new Map(orders), positions: new Map(positions) });
  }
  return { accounts, updates };
}

/** Slots hold one order after another; one that ended is followed by a new one. */
function changeOrder(
  before: ObservedOrder | undefined,
  deed: Deed & { readonly at: number; readonly updatedAtMs: number },
): readonly ObservedOrder[] {
  const { what, which, at, updatedAtMs } = deed;
  if (before === undefined || hasEnded(before.status))
    return what === 'order'
      ? [observedOrder(at, { symbol: SYMBOLS[which % 3] ?? '', conditional: which === 2, updatedAtMs })]
      : [];
  switch (what) {
    case 'fill':
      return before.filledQuantity === '0'
        ? [{ ...before, filledQuantity: '0.005', status: 'PARTIALLY_FILLED', updatedAtMs }]
        : [{ ...before, filledQuantity: '0.01', status: 'FILLED', updatedAtMs }];
    case 'amend':
      return [{ ...before, price: String(50_000 + at), updatedAtMs }];
    case 'cancel':
      return [{ ...before, status: 'CANCELED', updatedAtMs }];
    default:
      return [];
  }
}

function movePosition(which: number, at: number, updatedAtMs: number): ObservedPosition {
  return observedPosition(String((at % 5) - 2), { symbol: SYMBOLS[which % 3] ?? '', updatedAtMs });
}

function accountAt(accounts: readonly Account[], monoMs: number): Observation {
  const account = accounts[Math.min(accounts.length - 1, Math.floor((monoMs - START) / STEP_MS))];
  const orders = [...(account?.orders.values() ?? [])].filter(({ status }) => !hasEnded(status));
  return observation(orders, newestPerSymbol([...(account?.positions.values() ?? [])]));
}

function newestPerSymbol(positions: readonly ObservedPosition[]): readonly ObservedPosition[] {
  const sorted = positions.toSorted((a, b) => a.updatedAtMs - b.updatedAtMs);
  return [...new Map(sorted.map((one) => [one.symbol, one])).values()];
}

function readAt(
  accounts: readonly Account[],
  one: {
    readonly startedMonoMs: number;
    readonly lagMs: number;
    readonly tookMs: number;
    readonly zeroRows: boolean;
  },
): Observation {
  const seen = accountAt(accounts, one.startedMonoMs - one.lagMs);
  return {
    ...seen,
    positions: seen.positions.filter(({ amount }) => one.zeroRows || !isZero(amount)),
    startedMonoMs: one.startedMonoMs,
    endedMonoMs: one.startedMonoMs + one.tookMs,
    reads: READS,
  };
}

function brief({ orders, positions }: Observation): readonly string[] {
  return [
    ...orders.map((one) => `${one.symbol} ${one.orderId} ${one.price} ${one.filledQuantity} ${one.status}`),
    ...positions.filter(({ amount }) => !isZero(amount)).map((one) => `${one.symbol} ${one.amount}`),
  ].sort();
}

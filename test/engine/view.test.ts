import { describe, expect, test } from 'bun:test';
import type { Observation, ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import {
  type AccountUpdate,
  breakStream,
  EMPTY_VIEW,
  hear,
  isWhole,
  MAX_HEARD,
  show,
  type View,
} from '../../src/engine/view.ts';
import { STREAM_TRUST_MS, takeSnapshot } from '../../src/engine/view-snapshot.ts';
import { observation, observedOrder, observedPosition, START } from '../helpers/engine-world.ts';

const READS: Observation['reads'] = ['openOrders', 'openAlgoOrders', 'positionRisk'].map((endpoint) => ({
  source: 'rest',
  endpoint,
  symbol: null,
  outcome: 'ok',
  error: '',
}));

const read = (
  startedMonoMs: number,
  orders: readonly ObservedOrder[],
  positions: readonly ObservedPosition[] = [],
  change: Partial<Observation> = {},
) =>
  observation(orders, positions, { startedMonoMs, endedMonoMs: startedMonoMs + 50, reads: READS, ...change });
const told = (heardAtMonoMs: number, ...orders: readonly ObservedOrder[]): AccountUpdate => ({
  orders,
  positions: [],
  heardAtMonoMs,
});
const moved = (heardAtMonoMs: number, ...positions: readonly ObservedPosition[]): AccountUpdate => ({
  orders: [],
  positions,
  heardAtMonoMs,
});
/** A stream that is up, and one complete read after that. */
const begun = (...orders: readonly ObservedOrder[]): View =>
  takeSnapshot(breakStream(EMPTY_VIEW, START - 1), read(START, orders)).view;
const shown = (view: View) => (view.base === null ? null : show(view, view.base));
const ids = (view: View) => shown(view)?.orders.map(({ orderId }) => orderId);
const later = (
  view: View,
  afterMs: number,
  orders: readonly ObservedOrder[],
  positions: readonly ObservedPosition[] = [],
) => takeSnapshot(view, read(START + afterMs, orders, positions));
const kinds = (taken: ReturnType<typeof takeSnapshot>) => taken.disagreements.map(({ kind }) => kind);

describe('the view', () => {
  test('shows an order that the stream told, with the time it was heard', () => {
    const view = hear(begun(), told(START + 500, observedOrder(1, { updatedAtMs: 10 })));
    expect(shown(view)?.orders).toEqual([observedOrder(1, { updatedAtMs: 10, heardAtMonoMs: START + 500 })]);
  });

  test('drops an order that the stream says has ended, whatever older row a read still shows', () => {
    const live = observedOrder(1, { updatedAtMs: 10 });
    const view = hear(begun(live), told(START + 500, { ...live, status: 'CANCELED', updatedAtMs: 20 }));
    expect(ids(view)).toEqual([]);
    expect(show(view, read(START + 600, [live])).orders).toEqual([]);
  });

  test('keeps the newer of two accounts, in whatever order and however often they come', () => {
    const first = observedOrder(1, { updatedAtMs: 10 });
    const second = observedOrder(1, { updatedAtMs: 20, filledQuantity: '0.005', status: 'PARTIALLY_FILLED' });
    for (const order of [
      [first, second],
      [second, first],
      [first, second, first, second, first],
    ]) {
      const view = order.reduce((known, one, at) => hear(known, told(START + at, one)), begun());
      expect(shown(view)?.orders.map(({ filledQuantity }) => filledQuantity)).toEqual(['0.005']);
    }
  });

  test('never lets a row that was read win over a newer one that was heard', () => {
    const before = observedPosition('1', { updatedAtMs: 10 });
    const base = takeSnapshot(breakStream(EMPTY_VIEW, START - 1), read(START, [], [before])).view;
    const view = hear(base, moved(START + 100, observedPosition('3', { updatedAtMs: 20 })));
    const stale = later(view, 3000, [], [before]);
    expect(shown(stale.view)?.positions.map(({ amount }) => amount)).toEqual(['3']);
    expect(kinds(stale)).toEqual(['differs']);
    const fresh = later(stale.view, 5000, [], [observedPosition('2', { updatedAtMs: 30 })]);
    expect(shown(fresh.view)?.positions.map(({ amount }) => amount)).toEqual(['2']);
  });

  test('within one millisecond a read that began after the update knows it, an earlier one does not', () => {
    const row = observedPosition('1', { updatedAtMs: 20 });
    const view = hear(begun(), moved(START + 100, observedPosition('2', { updatedAtMs: 20 })));
    expect(show(view, read(START + 50, [], [row])).positions[0]?.amount).toBe('2');
    expect(show(view, read(START + 150, [], [row])).positions[0]?.amount).toBe('1');
  });

  test('leaves a position out of it that the caller can not judge yet', () => {
    const view = hear(begun(), moved(START + 100, observedPosition('2', { updatedAtMs: 20 })));
    const base = read(START, []);
    expect(show(view, base, 19).positions).toEqual([]);
    expect(show(view, base, 20).positions).toHaveLength(1);
  });

  test('shows regular orders, conditional orders and positions, each under its own key', () => {
    const plain = observedOrder(1, { updatedAtMs: 1 });
    const algo = { ...plain, conditional: true };
    const view = hear(begun(), {
      orders: [plain, algo],
      positions: [observedPosition('1')],
      heardAtMonoMs: START + 1,
    });
    expect(shown(view)?.orders).toHaveLength(2);
    expect(shown(view)?.positions).toHaveLength(1);
    const ended = hear(view, told(START + 2, { ...algo, status: 'EXPIRED', updatedAtMs: 2 }));
    expect(shown(ended)?.orders.map(({ conditional }) => conditional)).toEqual([false]);
  });

  test('an order gone from a read begun well after it was heard leaves, one gone from an earlier read stays', () => {
    const view = hear(begun(), told(START + 1000, observedOrder(1, { updatedAtMs: 10 })));
    expect(ids(later(view, 2999, []).view)).toEqual(['9001']);
    expect(ids(later(view, 3000, []).view)).toEqual([]);
  });

  test('a late duplicate does not bring back what a read found gone, a newer account does', () => {
    const order = observedOrder(1, { updatedAtMs: 10 });
    const gone = later(hear(begun(), told(START + 1000, order)), 4000, []).view;
    expect(ids(hear(gone, told(START + 4100, order)))).toEqual([]);
    expect(ids(hear(gone, told(START + 4100, { ...order, updatedAtMs: 11 })))).toEqual(['9001']);
  });

  test('what a complete read found gone, a later incomplete one does not bring back', () => {
    const gone = later(hear(begun(), told(START + 1000, observedOrder(1))), 4000, []).view;
    expect(show(gone, read(START + 5000, [], [], { complete: false })).orders).toEqual([]);
  });

  test('an order that ended stays ended, also within one millisecond', () => {
    const order = observedOrder(1, { updatedAtMs: 10 });
    const ended = hear(begun(), told(START + 1, { ...order, status: 'CANCELED' }));
    expect(ids(hear(ended, told(START + 2, order)))).toEqual([]);
    expect(show(ended, read(START + 5, [{ ...order, updatedAtMs: 11 }])).orders).toEqual([]);
  });

  test('absence counts only where the read looked', () => {
    const elsewhere = observedOrder(1, { symbol: 'XRPUSDT', updatedAtMs: 10 });
    const view = hear(begun(), told(START + 100, elsewhere));
    const reads = READS.map((one) => (one.endpoint === 'positionRisk' ? one : { ...one, symbol: 'BTCUSDT' }));
    const narrow = read(START + 5000, [], [], { reads, sweptAtMonoMs: START });
    expect(show(takeSnapshot(view, narrow).view, narrow).orders).toHaveLength(1);
    const swept = read(START + 6000, [], [], { reads, sweptAtMonoMs: START + 2100 });
    expect(show(takeSnapshot(view, swept).view, swept).orders).toEqual([]);
  });

  test('an incomplete read and one begun before the last change nothing', () => {
    const view = begun(observedOrder(1));
    expect(takeSnapshot(view, read(START + 9000, [], [], { complete: false })).view).toBe(view);
    expect(takeSnapshot(view, read(START, [])).view).toBe(view);
  });

  test('is whole only with a complete read begun after the stream came up or lost something', () => {
    expect(isWhole(EMPTY_VIEW)).toBe(false);
    expect(isWhole(begun())).toBe(true);
    const holed = breakStream(begun(), START + 10);
    expect(isWhole(holed)).toBe(false);
    expect(isWhole(later(holed, 9, []).view)).toBe(false);
    expect(isWhole(later(holed, 10, []).view)).toBe(true);
    expect(isWhole(later(breakStream(begun(), null), 100, []).view)).toBe(false);
  });

  test('a flood is not kept: it makes a hole until the next read', () => {
    const flood = Array.from({ length: MAX_HEARD + 1 }, (_, at) => observedOrder(at, { updatedAtMs: 10 }));
    const view = hear(begun(), told(START + 10, ...flood));
    expect(view.orders.size).toBe(0);
    expect(isWhole(view)).toBe(false);
    expect(isWhole(later(view, 20, []).view)).toBe(true);
  });

  test("after a minute of the read's contradiction the stream hides an order no longer", () => {
    const live = observedOrder(1, { updatedAtMs: 10 });
    const view = hear(begun(live), told(START + 10, { ...live, status: 'CANCELED', updatedAtMs: 20 }));
    expect(ids(later(view, STREAM_TRUST_MS, [live]).view)).toEqual([]);
    expect(ids(later(view, STREAM_TRUST_MS + 10, [live]).view)).toEqual(['9001']);
  });
});

describe('a read held against the stream', () => {
  const order = observedOrder(1, { updatedAtMs: 10 });

  test('agrees when both say the same', () => {
    const view = hear(begun(), told(START + 10, order));
    expect(kinds(later(view, 5000, [order]))).toEqual([]);
  });

  test('counts an order told ended and shown live once, and not while the read may lag', () => {
    const view = hear(begun(order), told(START + 10, { ...order, status: 'FILLED', updatedAtMs: 20 }));
    const early = later(view, 2009, [order]);
    expect(kinds(early)).toEqual([]);
    const late = later(early.view, 4000, [order]);
    expect(kinds(late)).toEqual(['shown_after_end']);
    expect(kinds(later(late.view, 8000, [order]))).toEqual([]);
  });

  test('counts an order told live and not shown, unless the stream tells its end in time', () => {
    const view = later(hear(begun(), told(START + 10, order)), 5000, []).view;
    expect(kinds(later(view, 9000, []))).toEqual(['not_shown']);
    const ended = hear(view, told(START + 5010, { ...order, status: 'CANCELED', updatedAtMs: 20 }));
    expect(kinds(later(ended, 9000, []))).toEqual([]);
  });

  test('counts an order of the last read that vanished without a word', () => {
    const view = later(begun(order), 1000, []).view;
    expect(kinds(later(view, 2000, []))).toEqual([]);
    expect(kinds(later(view, 9000, []))).toEqual(['not_shown']);
  });

  test('counts terms that changed without a word', () => {
    const changed = { ...order, price: '61000', updatedAtMs: 20 };
    const view = later(hear(begun(), told(START + 10, order)), 1000, [changed]).view;
    expect(kinds(later(view, 9000, [changed]))).toEqual(['differs']);
    expect(kinds(later(hear(view, told(START + 1100, changed)), 9000, [changed]))).toEqual([]);
  });

  test('counts an order that was never told', () => {
    const view = later(begun(), 1000, [order]).view;
    const proven = later(view, 9000, [order]);
    expect(kinds(proven)).toEqual(['unheard']);
    expect(proven.disagreements[0]?.text).toContain(order.clientOrderId);
  });

  test('counts a position that changed, or vanished, without a word', () => {
    const [one, two] = [
      observedPosition('1', { updatedAtMs: 10 }),
      observedPosition('2', { updatedAtMs: 20 }),
    ];
    const base = takeSnapshot(breakStream(EMPTY_VIEW, START - 1), read(START, [], [one])).view;
    expect(kinds(later(later(base, 5000, [], [two]).view, 9000, [], [two]))).toEqual(['differs']);
    expect(kinds(later(later(base, 5000, []).view, 9000, []))).toEqual(['not_shown']);
  });

  test('counts nothing while the stream has a hole', () => {
    const view = breakStream(later(begun(), 1000, [order]).view, START + 1500);
    expect(kinds(later(view, 9000, [order]))).toEqual([]);
  });
});

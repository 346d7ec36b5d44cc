import { describe, expect, test } from 'bun:test';
import { compare } from '../../src/engine/compare.ts';
import { applyLine, type ExpectedDraft, nothingExpected } from '../../src/engine/expected.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { massFigures } from '../../src/engine/mass.ts';
import { observation, observedPosition, options } from '../helpers/engine-world.ts';
import { identity, type Line, order, session } from './feed-lines.ts';

function told(at: readonly (readonly [nowMonoMs: number, line: Line])[]): ExpectedDraft {
  return at.reduce<ExpectedDraft>(
    (state, [nowMonoMs, line]) =>
      applyLine(state, feedLineSchema.parse(line), identity, { nowMs: 1_800_000_000_000, nowMonoMs }),
    nothingExpected(),
  );
}

const flat = { symbol: 'BTCUSDT', position_side: 'BOTH', amount: '0' } as const;

describe('what the engine says again', () => {
  test('in a checkpoint or a record of its own was said when it was said first, and its time is the newest', () => {
    const s = session('a', 7);
    const state = told([
      [100, s.checkpoint({ orders: [order('x')], positions: [flat] })],
      [900, s.checkpoint({ orders: [order('x')], positions: [flat] })],
      [950, s.order('x')],
      [960, s.position('0')],
    ]);
    expect(state.orders.get('x')?.readAtMonoMs).toBe(100);
    expect(state.positions.get('BTCUSDT/BOTH')).toMatchObject({ readAtMonoMs: 100, amount: '0' });
  });

  test.each([
    ['another fill', { filled_quantity: '0.005' }],
    ['another price', { price: '60001' }],
    ['another size', { quantity: '0.02' }],
    ['the other side', { side: 'SELL' }],
    ['another type', { order_type: 'STOP' }],
    ['reduce only', { reduce_only: true }],
  ])('with %s is new', (_, change) => {
    const s = session('a', 7);
    const state = told([
      [100, s.checkpoint({ orders: [order('x')], positions: [flat] })],
      [
        900,
        s.checkpoint({ orders: [{ ...order('x'), ...change }], positions: [{ ...flat, amount: '0.1' }] }),
      ],
    ]);
    expect(state.orders.get('x')?.readAtMonoMs).toBe(900);
    expect(state.positions.get('BTCUSDT/BOTH')?.readAtMonoMs).toBe(900);
  });

  test('live again after its end is new, and so is all of a new session', () => {
    const [s, next] = [session('a', 7), session('b', 7)];
    const first = s.checkpoint({ orders: [order('x')], positions: [flat] });
    const again = told([
      [100, first],
      [200, s.end('x')],
      [900, s.order('x')],
    ]);
    expect(again.orders.get('x')?.readAtMonoMs).toBe(900);
    const restarted = told([
      [100, first],
      [900, next.checkpoint({ orders: [order('x')], positions: [flat] })],
    ]);
    expect(restarted.orders.get('x')?.readAtMonoMs).toBe(900);
    expect(restarted.positions.get('BTCUSDT/BOTH')?.readAtMonoMs).toBe(900);
  });

  test('during a read hides no position from the count of what differs', () => {
    const s = session('a', 7);
    const checkpoint = () => s.checkpoint({ positions: [flat] });
    const state = told([
      [100, checkpoint()],
      [5500, checkpoint()],
    ]);
    const picture = observation([], [observedPosition('0.5')], { startedMonoMs: 5000, endedMonoMs: 6000 });
    expect(massFigures(compare(state, picture, options())).unexpected).toBe(1);
  });
});

test('a 0 that a checkpoint says against an amount is doubted, until it is said again half a minute later on both clocks', () => {
  const doubted = (tsMs: number, monoMs: number, zero = '0') => {
    const s = session('a', 1000);
    const state = told([
      [100, s.checkpoint({ positions: [{ ...flat, amount: '0.5' }] })],
      [200, s.checkpoint({ positions: [flat] })],
      [monoMs, { ...s.checkpoint({ positions: [{ ...flat, amount: zero }] }), ts_ms: tsMs }],
    ]);
    return state.positions.get('BTCUSDT/BOTH')?.doubtedSince !== undefined;
  };
  expect(doubted(31_000, 30_200)).toBe(false);
  expect(doubted(30_999, 30_200)).toBe(true);
  expect(doubted(31_000, 30_199)).toBe(true);
  expect(doubted(30_999, 30_200, '0.00')).toBe(true);
  expect(doubted(31_000, 30_200, '0.00')).toBe(false);
});

test('a 0 that a record says is never doubted, nor one that nothing was said before', () => {
  const s = session('a', 7);
  const isDoubted = (state: ExpectedDraft) => state.positions.get('BTCUSDT/BOTH')?.doubtedSince !== undefined;
  const held: readonly (readonly [number, Line])[] = [
    [100, s.checkpoint({ positions: [flat] })],
    [200, s.position('0.5')],
  ];
  expect(isDoubted(told([...held, [300, s.position('0')]]))).toBe(false);
  const t = session('b', 7);
  const denied: readonly (readonly [number, Line])[] = [
    [100, t.checkpoint({ positions: [{ ...flat, amount: '0.5' }] })],
    [200, t.checkpoint({ positions: [flat] })],
  ];
  expect(isDoubted(told(denied))).toBe(true);
  expect(isDoubted(told([...denied, [300, t.position('0')]]))).toBe(false);
  expect(isDoubted(told([[100, session('c', 7).checkpoint({ positions: [flat] })]]))).toBe(false);
});

test('a 0 dated before the amount that it denies is doubted, and an end dated before its order ends nothing yet', () => {
  const s = session('a', 1000);
  const early = (line: Line): Line => ({ ...line, ts_ms: 999 });
  const begun: readonly (readonly [number, Line])[] = [
    [100, s.checkpoint()],
    [200, s.position('0.5')],
    [200, s.order('x')],
  ];
  const zero = s.position('0');
  const end = s.end('x');
  const inTime = told([...begun, [300, zero], [300, end]]);
  expect(inTime.positions.get('BTCUSDT/BOTH')?.doubtedSince).toBeUndefined();
  expect(inTime.orders.get('x')?.state).toBe('ended');
  const late = told([...begun, [300, early(zero)], [300, early(end)]]);
  expect(late.positions.get('BTCUSDT/BOTH')).toMatchObject({
    amount: '0',
    doubtedSince: { updatedAtMs: 999, readAtMonoMs: 300 },
  });
  expect(late.orders.get('x')).toMatchObject({ state: 'left_out', endReason: null, updatedAtMs: 999 });
  expect(late.fault).toBeNull();
});

test('a 0 that is doubted is not believed for a second one that is dated before the amount too', () => {
  const s = session('a', 1000);
  const zero = (tsMs: number): Line => ({ ...s.position('0'), ts_ms: tsMs });
  const doubted = (state: ExpectedDraft) => state.positions.get('BTCUSDT/BOTH')?.doubtedSince;
  const begun: readonly (readonly [number, Line])[] = [
    [100, s.checkpoint()],
    [200, s.position('0.5')],
    [300, zero(998)],
  ];
  const since = { updatedAtMs: 998, readAtMonoMs: 300 };
  expect(doubted(told([...begun, [400, zero(999)]]))).toMatchObject(since);
  const again = session('b', 1000);
  const denied = told([
    [100, again.checkpoint()],
    [200, again.position('0.5')],
    [300, { ...again.checkpoint({ positions: [flat] }), ts_ms: 1001 }],
    [400, { ...again.position('0'), ts_ms: 999 }],
  ]);
  expect(doubted(denied)).toMatchObject({ updatedAtMs: 1001, readAtMonoMs: 300 });
  const u = session('c', 1000);
  const settled: readonly (readonly [number, Line])[] = [
    [100, u.checkpoint()],
    [200, u.position('0.5')],
    [300, { ...u.position('0'), ts_ms: 999 }],
    [400, u.position('0')],
  ];
  expect(doubted(told(settled))).toBeUndefined();
});

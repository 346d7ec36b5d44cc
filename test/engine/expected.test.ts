import { describe, expect, test } from 'bun:test';
import { applyLine, type ExpectedDraft, nothingExpected, withFault } from '../../src/engine/expected.ts';
import { createViewer } from '../../src/engine/expected-picture.ts';
import { feedLineSchema } from '../../src/engine/feed-schema.ts';
import { identity, type Line, order, session } from './feed-lines.ts';

const at = (nowMonoMs: number) => ({ nowMs: 1_800_000_000_000, nowMonoMs });

function folded(
  lines: readonly Line[],
  from: ExpectedDraft = nothingExpected(),
  nowMonoMs = 100,
): ExpectedDraft {
  return lines.reduce<ExpectedDraft>(
    (state, line) => applyLine(state, feedLineSchema.parse(line), identity, at(nowMonoMs)),
    from,
  );
}

describe('records', () => {
  test('an order is live from its line on, with what it said', () => {
    const s = session('a', 7);
    const state = folded([s.checkpoint(), s.order('x', { reduce_only: true, filled_quantity: '0.005' })]);
    expect(state.orders.get('x')).toEqual({
      clientOrderId: 'x',
      symbol: 'BTCUSDT',
      side: 'BUY',
      orderType: 'LIMIT',
      price: '60000',
      quantity: '0.01',
      filledQuantity: '0.005',
      reduceOnly: true,
      state: 'live',
      endReason: null,
      updatedAtMs: 7,
      readAtMonoMs: 100,
    });
  });

  test('an ended order keeps its terms and is remembered, also past a checkpoint', () => {
    const s = session('a');
    const state = folded([s.checkpoint(), s.order('x'), s.end('x'), s.checkpoint()]);
    expect(state.orders.get('x')).toMatchObject({ state: 'ended', endReason: 'CANCELED', price: '60000' });
  });

  test('an end of an order that was never heard of is remembered too', () => {
    const s = session('a');
    expect(folded([s.checkpoint(), s.end('x')]).orders.get('x')).toMatchObject({
      state: 'ended',
      quantity: '0',
    });
  });

  test('a checkpoint is the full set: what it does not name is no longer expected', () => {
    const s = session('a');
    const state = folded([
      s.checkpoint(),
      s.order('x'),
      s.position('1'),
      s.checkpoint({ orders: [order('y')] }),
    ]);
    expect([...state.orders].map(([id, { state: is }]) => [id, is])).toEqual([
      ['x', 'left_out'],
      ['y', 'live'],
    ]);
    expect(state.positions.size).toBe(0);
  });

  test('a live order without an end is forgotten when two checkpoints leave it out, half a minute apart on both clocks', () => {
    const leftOut = (tsMs: readonly [number, number], monoMs: readonly [number, number]) => {
      const s = session('a', 7);
      const begun = folded([s.checkpoint(), s.order('x')]);
      const once = folded([{ ...s.checkpoint(), ts_ms: tsMs[0] }], begun, monoMs[0]);
      expect(once.orders.get('x')?.state).toBe('left_out');
      return folded([{ ...s.checkpoint(), ts_ms: tsMs[1] }], once, monoMs[1]).orders.get('x')?.state;
    };
    expect(leftOut([1000, 31_000], [2000, 32_000])).toBeUndefined();
    expect(leftOut([1000, 30_999], [2000, 32_000])).toBe('left_out');
    expect(leftOut([1000, 31_000], [2000, 31_999])).toBe('left_out');
  });

  test('an order that was left out once is live again with whatever names it, and ended by its end', () => {
    const begun = () => {
      const s = session('a');
      return { s, state: folded([s.checkpoint(), s.order('x'), s.checkpoint()]) };
    };
    const told = begun();
    expect(folded([told.s.order('x')], told.state).orders.get('x')?.state).toBe('live');
    const named = begun();
    const again = folded([named.s.checkpoint({ orders: [order('x')] })], named.state, 900);
    expect(again.orders.get('x')).toMatchObject({ state: 'live', readAtMonoMs: 900 });
    const over = begun();
    expect(folded([over.s.end('x')], over.state).orders.get('x')?.state).toBe('ended');
    const elsewhere = begun();
    const moved = folded([elsewhere.s.order('x', { symbol: 'ETHUSDT' })], elsewhere.state);
    expect(moved.fault).toContain('order x is told on ETHUSDT');
  });

  test('a new session knows nothing of what the old one left out', () => {
    const s = session('a');
    const state = folded([s.checkpoint(), s.order('x'), s.checkpoint()]);
    expect(folded([session('b').checkpoint()], state).orders.size).toBe(0);
  });

  test('an id that a checkpoint names is live, although it had ended', () => {
    const s = session('a');
    const state = folded([s.checkpoint(), s.end('x'), s.checkpoint({ orders: [order('x')] })]);
    expect(state.orders.get('x')?.state).toBe('live');
  });

  test('an order that is told or ended on another symbol than it is on is a fault, and stays as it was', () => {
    for (const wrong of [
      (s: ReturnType<typeof session>) =>
        s.line({ type: 'order_end', client_order_id: 'x', symbol: 'ETHUSDT', reason: 'CANCELED' }),
      (s: ReturnType<typeof session>) => s.order('x', { symbol: 'ETHUSDT' }),
    ]) {
      const s = session('a');
      const state = folded([s.checkpoint(), s.order('x'), wrong(s)]);
      expect(state.fault).toContain('order x is told on ETHUSDT, and was on BTCUSDT');
      expect(state.orders.get('x')).toMatchObject({ symbol: 'BTCUSDT', state: 'live' });
    }
    const s = session('a');
    const anew = folded([s.checkpoint(), s.order('x'), s.end('x'), s.order('x', { symbol: 'ETHUSDT' })]);
    expect([anew.fault, anew.orders.get('x')?.symbol]).toEqual([null, 'ETHUSDT']);
  });

  test('a checkpoint that names a position or an order twice is a fault: nobody can tell which is meant', () => {
    const row = (amount: string, side = 'BOTH') => ({ symbol: 'BTCUSDT', position_side: side, amount });
    const faultOf = (body: Line) => folded([session('a').checkpoint(body)]).fault;
    expect(faultOf({ positions: [row('0.5'), row('0')] })).toContain('BTCUSDT BOTH is named twice');
    expect(faultOf({ positions: [row('0.5', 'LONG'), row('0.5', 'LONG')] })).toContain('named twice');
    expect(faultOf({ orders: [order('x'), order('x')] })).toContain('order x is named twice');
    expect(
      faultOf({ orders: [order('x'), order('y')], positions: [row('1', 'LONG'), row('0', 'SHORT')] }),
    ).toBeNull();
  });

  test('a position of zero is known, not absent; sides do not overwrite each other', () => {
    const s = session('a');
    const hedge = (side: string, amount: string) =>
      s.line({ type: 'position', symbol: 'BTCUSDT', position_side: side, amount });
    const state = folded([s.checkpoint(), s.position('0'), hedge('LONG', '0.5'), hedge('SHORT', '0')]);
    expect([...state.positions].map(([key, { amount }]) => [key, amount])).toEqual([
      ['BTCUSDT/BOTH', '0'],
      ['BTCUSDT/LONG', '0.5'],
      ['BTCUSDT/SHORT', '0'],
    ]);
  });

  test("the kill switch is the engine's last word, kept over a new session until its checkpoint", () => {
    const s = session('a');
    const on = folded([s.checkpoint(), s.killSwitch(true)]);
    expect(on.killSwitch).toBe(true);
    const t = session('b');
    const begun = folded([t.heartbeat()], on);
    expect(begun.killSwitch).toBe(true);
    expect(folded([t.checkpoint()], begun).killSwitch).toBe(false);
  });

  test('events applied only ever rise within a session', () => {
    const s = session('a');
    const state = folded([
      s.checkpoint({ applied_event_ms: 50 }),
      s.heartbeat({ applied_event_ms: 90 }),
      s.heartbeat({ applied_event_ms: 70 }),
    ]);
    expect(state.appliedEventMs).toBe(90);
    expect(folded([session('b').heartbeat({ applied_event_ms: 10 })], state).appliedEventMs).toBe(10);
  });

  test('every line counts as a sign of life, and an old one that comes again does not', () => {
    const s = session('a');
    const first = s.checkpoint();
    const state = folded([first]);
    expect(folded([first], state, 900).lastLine?.readAtMonoMs).toBe(100);
    expect(folded([s.killSwitch(false)], state, 900).lastLine?.readAtMonoMs).toBe(900);
  });
});

describe('faults', () => {
  test('the first is kept, because it explains the others', () => {
    expect(withFault(withFault(nothingExpected(), 'first'), 'second').fault).toBe('first');
  });

  test('a checkpoint heals a fault and does not shorten the time a session settles', () => {
    const s = session('a');
    const first = folded([s.checkpoint()], nothingExpected(), 100);
    const healed = folded([s.checkpoint()], withFault(first, 'gap'), 5000);
    expect(healed.fault).toBeNull();
    expect(healed.checkpoint?.readAtMonoMs).toBe(100);
  });

  test('an engine that begins anew under its old session is a fault, until a checkpoint past the old lines', () => {
    const old = session('a', 7);
    const before = [old.checkpoint(), old.heartbeat(), old.heartbeat()];
    const anew = session('a', 9);
    const unknown = [anew.checkpoint({ orders: [order('x')] }), anew.order('y'), anew.heartbeat()];
    const state = folded([...before, ...unknown, anew.heartbeat()]);
    expect(state.orders.size).toBe(0);
    expect(state.fault).toBe("seq 1 again, written later: the session's id was used twice");
    const healed = folded([anew.checkpoint({ orders: [order('x'), order('y')] })], state);
    expect(healed.fault).toBeNull();
    expect([...healed.orders.keys()]).toEqual(['x', 'y']);
  });

  test('lines that are read again are no fault, also where the clock of the engine went back between them', () => {
    const s = session('a', 7);
    const lines = [s.checkpoint(), { ...s.heartbeat(), ts_ms: 9 }, s.heartbeat()];
    expect(folded([...lines, ...lines]).fault).toBeNull();
  });

  test('a number that was skipped and comes after a checkpoint is a fault: what it says is in neither', () => {
    const s = session('a', 7);
    const [first, late] = [[s.checkpoint(), s.heartbeat()], s.order('late')];
    const healed = folded([...first, s.heartbeat(), s.checkpoint()]);
    expect(healed.fault).toBeNull();
    expect(folded([late], healed).fault).toBe(
      'seq 3 comes late, after 5: its line was not heard in its turn',
    );
    expect(folded([first[1] ?? late], healed).fault).toBeNull();
    // What was before the first line that was read nobody can tell.
    const midway = folded([
      { ...s.checkpoint(), seq: 100 },
      { ...s.checkpoint(), seq: 101 },
    ]);
    expect(folded([{ ...s.heartbeat(), seq: 99 }], midway).fault).toBe(midway.fault);
  });

  test('of a session that counts in strides no more is remembered than of any other', () => {
    const s = session('a', 7);
    const lines = Array.from({ length: 300 }, (_, at) => ({ ...s.heartbeat(), seq: 1 + at * 100 }));
    expect(folded([s.checkpoint(), ...lines]).said.size).toBeLessThanOrEqual(256);
  });

  test('a number that comes again and says something else is a fault: of two lines that took it one was never heard', () => {
    const twice = (
      first: (s: ReturnType<typeof session>) => Line,
      other: (s: ReturnType<typeof session>) => Line,
    ) => {
      const one = session('a', 7);
      const racing = session('a', 7);
      const lines = [one.checkpoint(), first(one)];
      racing.loseNumber();
      return folded([...lines, other(racing), one.heartbeat()]);
    };
    const lost = twice(
      (s) => s.order('x'),
      (s) => s.order('y'),
    );
    expect(lost.fault).toBe('seq 2 again, saying something else: two lines took one number');
    expect(lost.orders.has('y')).toBe(false);
    expect(
      twice(
        (s) => s.heartbeat(),
        (s) => s.checkpoint({ orders: [order('y')] }),
      ).fault,
    ).toContain('seq 2 again');
    expect(
      twice(
        (s) => s.checkpoint({ orders: [order('x')] }),
        (s) => s.checkpoint({ orders: [order('y'), order('z')] }),
      ).fault,
    ).toContain('seq 2 again');
    expect(
      twice(
        (s) => s.order('x'),
        (s) => s.order('x'),
      ).fault,
    ).toBeNull();
  });

  test('a foreign checkpoint in the middle settles anew with the next of ours', () => {
    const s = session('a');
    const state = folded([s.checkpoint(), s.checkpoint({ account: 'other' })], nothingExpected(), 100);
    const again = folded([s.checkpoint()], state, 5000);
    expect(again).toMatchObject({ fault: null, checkpoint: { readAtMonoMs: 5000 } });
    const view = createViewer(1000);
    expect(view(again, at(5999)).settled).toBe(false);
    expect(view(again, at(6000)).settled).toBe(true);
  });
});

test('a view is a copy: what is folded later does not reach it', () => {
  const s = session('a');
  const draft = folded([s.checkpoint(), s.order('x')]);
  const view = createViewer(0)(draft, at(200));
  folded([s.order('y'), s.end('x'), s.position('1')], draft);
  expect([...view.orders].map(([id, { state }]) => [id, state])).toEqual([['x', 'live']]);
  expect(view.positions.size).toBe(0);
});

test('ended orders are forgotten, oldest first, and no live one ever is', () => {
  const s = session('a');
  let state = folded([s.checkpoint(), s.order('keep')]);
  for (let at = 0; at < 12_000; at++) state = folded([s.end(`end-${at}`)], state);
  expect(state.orders.size).toBeLessThanOrEqual(6001);
  expect(state.orders.get('keep')?.state).toBe('live');
  expect(state.orders.has('end-11999')).toBe(true);
  expect(state.orders.has('end-0')).toBe(false);
});

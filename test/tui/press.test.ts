import { describe, expect, test } from 'bun:test';
import { frameOf } from '../../src/tui/layout.ts';
import { GUARD_MS } from '../../src/tui/open.ts';
import { press } from '../../src/tui/press.ts';
import { reduce } from '../../src/tui/reduce.ts';
import type { Effect, KeyPress, ScreenState } from '../../src/tui/types.ts';
import { latched, later, stateOf, status } from './fixture.ts';
import { plainFrame } from './golden.ts';
import { readyForLive } from './open-screen.ts';

const char = (text: string): KeyPress => ({ key: 'char', char: text });
const enter: KeyPress = { key: 'enter' };

/** Presses keys one after the other at the given time. */
function pressAll(state: ScreenState, keys: readonly KeyPress[], nowMs: number) {
  let current = state;
  const effects: Effect[] = [];
  for (const key of keys) {
    const pressed = press(current, key, nowMs);
    current = pressed.state;
    effects.push(...pressed.effects);
  }
  return { state: current, effects };
}

describe('a modal', () => {
  const opened = press(stateOf(), char('a'), 1000).state;
  test('is deaf until 400 ms have passed, and then is not', () => {
    expect(press(opened, { key: 'tab' }, 1000 + GUARD_MS - 1).state).toEqual(opened);
    expect(press(opened, { key: 'tab' }, 1000 + GUARD_MS).state.modal).toMatchObject({ focus: 'confirm' });
  });
  test('goes away after 30 s, and not before', () => {
    expect(later(opened, 29_999).modal).not.toBeNull();
    expect(later(opened, 30_000).modal).toBeNull();
  });
  test('keeps what it showed when the daemon moves on', () => {
    const moved = { ...status, stage: { ...status.stage, in_force: 2 as const, name: 'Plan-only' } };
    const next = reduce(opened, {
      type: 'tick',
      nowMs: 1500,
      wallMs: 0,
      received: { status: moved, atMs: 1500 },
    });
    expect(next.modal).toEqual(opened.modal);
  });
  test('sends nothing once the link fell silent while it was open', () => {
    const silent = later(opened, 5000);
    const { state, effects } = pressAll(silent, [{ key: 'tab' }, enter], silent.nowMs);
    expect(effects).toEqual([]);
    expect(state.notice?.text).toContain('the link is silent');
  });
  test('that asks for a raise is closed by the stop key, and by a stop that came from elsewhere', () => {
    const byKey = reduce(opened, { type: 'stop', stop: { kind: 'sent' } });
    const received = { status: latched(), atMs: 1500 };
    const byOther = reduce(opened, { type: 'tick', nowMs: 1500, wallMs: 0, received });
    for (const { modal, notice } of [byKey, byOther])
      expect([modal, notice?.text]).toEqual([null, 'closed by the stop: nothing sent']);
  });
  test('that clears a latch stays, and one that only shows something does too', () => {
    const clearing = press(stateOf({ status: latched() }), char('R'), 1000).state;
    const helping = press(stateOf(), char('?'), 1000).state;
    for (const state of [clearing, helping]) {
      const received = { status: latched(), atMs: 1500 };
      const next = reduce(state, { type: 'tick', nowMs: 1500, wallMs: 0, received });
      expect(state.modal).not.toBeNull();
      expect(next.modal).toEqual(state.modal);
    }
  });
  test('closes when the terminal becomes too small for it', () => {
    expect(reduce(opened, { type: 'resize', columns: 79, rows: 24 }).modal).toBeNull();
  });
});

describe('stage 4', () => {
  const ready = stateOf({ status: readyForLive });
  test('is asked for with fresh exchange data', () => {
    expect(press(ready, char('a'), 1000).effects).toEqual([{ kind: 'ask-live', digest: 'd1' }]);
  });
  const stale = [
    ['too old', { ...readyForLive, snapshot: { ...readyForLive.snapshot, age_ms: 120_001 } }],
    ['incomplete', { ...readyForLive, snapshot: { ...readyForLive.snapshot, complete: false } }],
    ['missing', { ...readyForLive, snapshot: { ...readyForLive.snapshot, age_ms: null } }],
    ['from a source that is down', { ...readyForLive, sources: status.sources }],
  ] as const;
  for (const [name, of] of stale) {
    test(`is refused when the exchange data is ${name}`, () => {
      const pressed = press(stateOf({ status: { ...of, sources: [...of.sources] } }), char('a'), 1000);
      expect(pressed.effects).toEqual([]);
      expect(pressed.state.notice?.text).toContain('exchange data is stale');
    });
  }
});

test('stale exchange data does not keep from stages 1 to 3', () => {
  const old = { ...status, snapshot: { ...status.snapshot, age_ms: 999_999, complete: false } };
  expect(press(stateOf({ status: old }), char('a'), 1000).state.modal?.kind).toBe('raise');
});

test('k marks as seen what is shown, and nothing over a silent link', () => {
  const news = { ...status, events: status.events.map((event) => ({ ...event, at_ms: status.at_ms + 5 })) };
  const shown = (of: typeof status) => press(stateOf({ status: of }), char('k'), 1000).effects;
  for (const [of, shown_at_ms] of [
    [status, status.at_ms],
    [news, status.at_ms + 5],
  ] as const)
    expect(shown(of)).toEqual([
      { kind: 'command', label: 'ACK', call: { name: 'seen', body: { operator: 'tester', shown_at_ms } } },
    ]);
  const silent = later(stateOf(), 60_000);
  const { effects, state } = press(silent, char('k'), silent.nowMs);
  expect([effects, state.notice?.text]).toEqual([[], expect.stringContaining('the link is silent')]);
});

test('lowering works over a silent link, and at 50x12', () => {
  const silent = later(stateOf({ columns: 50, rows: 12 }), 60_000);
  expect(press(silent, char('d'), silent.nowMs).effects).toHaveLength(1);
  expect(press(silent, char('x'), silent.nowMs).effects).toHaveLength(1);
});

test('nothing is advanced while latched', () => {
  expect(press(stateOf({ status: latched() }), char('a'), 1000).state.notice?.text).toContain('latched');
});

test('clearing names the latch that was shown', () => {
  const opened = press(stateOf({ status: latched() }), char('R'), 1000).state;
  const { effects } = pressAll(opened, [...'clear L-7'].map(char).concat(enter), 1500);
  expect(effects).toEqual([
    {
      kind: 'command',
      label: 'CLEAR STOP',
      call: { name: 'clear-stop', body: { operator: 'tester', latch_id: 'L-7' } },
    },
  ]);
});

describe('pasted text', () => {
  const paste: KeyPress = { key: 'paste' };
  test('is not taken by a text field, which says so until something is typed', () => {
    const opened = press(stateOf({ status: latched() }), char('R'), 1000).state;
    const pasted = press(opened, paste, 1500).state;
    expect(pasted.modal).toMatchObject({ typed: '', problem: 'pasted text is not taken: type it' });
    expect(plainFrame(frameOf(pasted))).toContain('pasted text is not taken: type it');
    expect(press(pasted, char('c'), 1500).state.modal).toMatchObject({ typed: 'c', problem: '' });
  });
  test('presses no key elsewhere, and says so', () => {
    const { state, effects } = press(stateOf(), paste, 1000);
    expect(effects).toEqual([]);
    expect(state.notice?.text).toContain('pasted text is not taken');
  });
  test('keeps what was typed before it', () => {
    const opened = press(stateOf({ status: latched() }), char('R'), 1000).state;
    expect(pressAll(opened, [char('c'), paste], 1500).state.modal).toMatchObject({ typed: 'c' });
  });
});

test('the selected page stays where it is whatever the gates do', () => {
  const selected = pressAll(stateOf(), [{ key: 'page-down' }, { key: 'down' }], 1000).state;
  expect(selected.selected).toBe(6);
  expect(pressAll(selected, [{ key: 'end' }], 1000).state.selected).toBe(8);
  expect(pressAll(selected, [{ key: 'home' }], 1000).state.selected).toBe(0);
  expect(pressAll(selected, [{ key: 'escape' }], 1000).state.selected).toBeNull();
});

const ackedAt = (atMs: number) => ({ kind: 'latched', ackMs: 8, text: 'LATCHED', id: 'L-7', atMs }) as const;

test('what the stop key did is over when its latch was cleared', () => {
  const acked = reduce(stateOf(), { type: 'stop', stop: ackedAt(1900) });
  const tick = (state: ScreenState, of: typeof status) =>
    reduce(state, { type: 'tick', nowMs: 2000, wallMs: 0, received: { status: of, atMs: 2000 } });
  expect(tick(acked, status).stop.kind).toBe('latched');
  const confirmed = tick(acked, latched());
  expect(confirmed.stop.kind).toBe('latched');
  expect(tick(confirmed, status).stop.kind).toBe('idle');
});

test('a latch that somebody else cleared before it was ever shown is over as well', () => {
  const acked = reduce(stateOf(), { type: 'stop', stop: ackedAt(1500) });
  const at = (state: ScreenState, atMs: number) =>
    reduce(state, { type: 'tick', nowMs: atMs, wallMs: 0, received: { status, atMs } });
  expect(at(acked, 2500).stop.kind).toBe('latched');
  expect(at(acked, 2501).stop.kind).toBe('idle');
});

test('a missing answer is not taken as given because of what was known before', () => {
  const unanswered = { kind: 'unacknowledged', file: 'STOP file written', atMs: 5000 } as const;
  const old = reduce(stateOf({ status: latched() }), { type: 'stop', stop: unanswered });
  expect(later(old, 60_000).stop.kind).toBe('unacknowledged');
  const received = { status: latched(), atMs: 5001 };
  expect(reduce(old, { type: 'tick', nowMs: 5001, wallMs: 0, received }).stop.kind).toBe('idle');
});

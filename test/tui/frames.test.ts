import { describe, expect, test } from 'bun:test';
import { renderToString } from 'ink';
import { createElement } from 'react';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { frameOf } from '../../src/tui/layout.ts';
import { openAdvance, openClear, openLive, openQuit } from '../../src/tui/open.ts';
import { Screen } from '../../src/tui/panels.tsx';
import { reduce } from '../../src/tui/reduce.ts';
import { gateRows } from '../../src/tui/select/gates.ts';
import { themeOf } from '../../src/tui/theme.ts';
import type { Modal, ScreenState } from '../../src/tui/types.ts';
import { contradicted, judged, latched, later, OPEN_VERDICT, stateOf, status, warned } from './fixture.ts';
import { expectGolden, plainFrame, plainRow, toneFrame } from './golden.ts';

const sizes = [
  [80, 24],
  [50, 12],
  [120, 40],
] as const;

const busy: StatusDocument = {
  ...status,
  daemon: { ...status.daemon, environment: 'mainnet' },
  stage: { ...status.stage, in_force: 4, name: 'Live (limited blast radius)', next: null, hold: null },
  arming: { armed: true, lease_left_ms: 14_280_000, executions_left: 9 },
  kill_switch: true,
  canary: true,
  alarms: ['clock moved 4 s'],
  counters: { ...status.counters, executed: 1, failed: 1, unknown: 1 },
  mismatches: [1, 2, 3, 4].map((n) => ({
    key: `k${n}`,
    type: 'POSITION_NONZERO_UNEXPECTED',
    symbol: 'ETHUSDT',
    id: `grinder_1_ETHUSDT_${n}_1700000000_${n}`,
    remediation: 'flatten' as const,
    reason: n === 1 ? null : 'allow_active_remediation_false',
    planned: true,
    synthetic: n === 2,
    detail: '',
  })),
  mismatch_count: 4,
};

const withModal = (state: ScreenState, modal: Modal | string): ScreenState => {
  if (typeof modal === 'string') throw new Error(modal);
  return { ...state, modal };
};

const live = (state: ScreenState): Modal => {
  const reply = {
    schema_version: 1 as const,
    ok: true,
    exit_code: 0,
    message: '',
    confirmation: {
      host: 'trd01',
      code: '4711',
      phrase: 'trd01 4 4711',
      expires_in_ms: 120_000,
      plan: ['cancel BTCUSDT grinder_1_BTCUSDT_1_1700000000_1'],
      covered: { 'exchange.environment': 'testnet', account: '0123456789ab', whitelist: 'BTCUSDT' },
      unacknowledged: [{ item: 'team_notified', why: 'nobody can check it' }],
      digest: 'x',
    },
  };
  const modal = openLive(state, { reply, digest: 'd1', nowMs: state.nowMs });
  if (modal === null) throw new Error('no confirmation');
  return modal;
};

const raise = (state: ScreenState): Modal => {
  const next = openAdvance(state, state.nowMs);
  if (next.kind !== 'modal') throw new Error(next.kind);
  return next.modal;
};

const scenes: Readonly<Record<string, (state: ScreenState) => ScreenState>> = {
  normal: (state) => state,
  'link-lost': (state) => later(state, 12_000),
  nothing: (state) => ({ ...state, received: null }),
  selected: (state) => ({ ...state, selected: 6 }),
  'stop-sent': (state) => reduce(state, { type: 'stop', stop: { kind: 'sent' } }),
  'stop-unacknowledged': (state) =>
    reduce(state, { type: 'stop', stop: { kind: 'unacknowledged', file: 'STOP file written', atMs: 1000 } }),
  latched: (state) => ({
    ...state,
    received: { status: latched(), atMs: 1000 },
    stop: { kind: 'latched', ackMs: 8.2, text: 'LATCHED', id: 'L-7', atMs: 1000 },
  }),
  'stopped-ok': (state) => ({
    ...state,
    received: { status: judged('STOPPED OK; no mismatch in that time, so this proves little'), atMs: 1000 },
  }),
  'stopped-open': (state) => ({
    ...state,
    received: { status: judged(OPEN_VERDICT, false), atMs: 2000 },
    stop: { kind: 'latched', ackMs: 8, text: 'LATCHED', id: '75d8dfb4', atMs: 1000 },
  }),
  'latched-link-lost': (state) =>
    later({ ...state, received: { status: judged('STOPPED OK'), atMs: 1000 } }, 12_000),
  warned: (state) => ({ ...state, received: { status: warned, atMs: 1000 } }),
  contradicted: (state) => ({ ...state, received: { status: contradicted, atMs: 1000 } }),
  mainnet: (state) => ({ ...state, received: { status: busy, atMs: 1000 } }),
  quit: (state) => withModal(state, openQuit(state, 1000)),
};

const modals: Readonly<Record<string, (state: ScreenState) => ScreenState>> = {
  advance: (state) => withModal(state, raise(state)),
  live: (state) => withModal(state, live(state)),
  clear: (state) => {
    const now = { ...state, received: { status: latched(), atMs: 1000 } };
    return withModal(now, openClear(now, 1000));
  },
  gate: (state) => withModal({ ...state, selected: 7 }, { kind: 'gate' }),
  log: (state) => withModal(state, { kind: 'log', offset: 0 }),
  help: (state) => withModal(state, { kind: 'help' }),
};

describe('each frame is exactly as drawn', () => {
  for (const [columns, rows] of sizes) {
    for (const [name, change] of Object.entries(scenes)) {
      test(`${name} at ${columns}x${rows}`, () => {
        expectGolden(`${name}-${columns}x${rows}`, plainFrame(frameOf(change(stateOf({ columns, rows })))));
      });
    }
  }
  for (const [name, change] of Object.entries(modals)) {
    for (const [columns, rows] of [sizes[0], sizes[2]]) {
      test(`${name} at ${columns}x${rows}`, () => {
        expectGolden(`${name}-${columns}x${rows}`, plainFrame(frameOf(change(stateOf({ columns, rows })))));
      });
    }
  }
  for (const name of ['normal', 'link-lost', 'nothing', 'latched', 'warned', 'quit']) {
    test(`${name} at 20x5`, () => {
      const state = scenes[name]?.(stateOf({ columns: 20, rows: 5 })) ?? stateOf();
      expectGolden(`${name}-20x5`, plainFrame(frameOf(state)));
    });
  }
  test('normal in ASCII at each size', () => {
    for (const [columns, rows] of sizes) {
      const text = plainFrame(frameOf(stateOf({ columns, rows, ascii: true })));
      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      expectGolden(`ascii-${columns}x${rows}`, text);
    }
  });
  test('tones: normal, link lost, latched, mainnet, contradicted', () => {
    for (const name of ['normal', 'link-lost', 'latched', 'mainnet', 'contradicted']) {
      expectGolden(`tones-${name}`, toneFrame(frameOf(scenes[name]?.(stateOf()) ?? stateOf())));
    }
  });
});

describe('every frame keeps to its terminal', () => {
  const all = [...Object.entries(scenes), ...Object.entries(modals)];
  for (const [columns, rows] of [
    ...sizes,
    [80, 25],
    [100, 30],
    [119, 60],
    [200, 70],
    [20, 4],
    [1, 2],
  ] as const) {
    test(`${columns}x${rows}: at most rows - 1 high, columns wide, each row filled`, () => {
      for (const [, change] of all) {
        const frame = frameOf(change(stateOf({ columns, rows })));
        expect(Math.max(frame.left.length, frame.right.length)).toBeLessThanOrEqual(rows - 1);
        const width = columns >= 80 && rows >= 24 ? 80 : columns;
        for (const row of frame.left) expect(plainRow(row).length).toBe(width);
        for (const row of frame.right) expect(plainRow(row).length).toBe(columns - 81);
      }
    });
  }
  test('the left column has the same coordinates at 80x24 and 120x40', () => {
    for (const change of Object.values(scenes)) {
      const small = frameOf(change(stateOf())).left.map(plainRow);
      const large = frameOf(change(stateOf({ columns: 120, rows: 40 }))).left.map(plainRow);
      expect(large.slice(0, 23)).toEqual(small);
    }
  });
  test('Ink draws exactly these rows', () => {
    for (const [columns, rows] of sizes) {
      const frame = frameOf(stateOf({ columns, rows }));
      const drawn = renderToString(createElement(Screen, { frame, theme: themeOf({ TERM: 'dumb' }, {}) }), {
        columns,
      });
      const lines = drawn.split('\n').map((line) => line.trimEnd());
      expect(lines.join('\n').trimEnd()).toBe(plainFrame(frame).trimEnd());
    }
  });
});

/** The word in the state's column. */
const openGate = /^.{24}open /m;

describe('what is old never looks current', () => {
  const lost = later(stateOf(), 12_000);
  const text = plainFrame(frameOf(lost));
  test('no gate is shown open over a silent link', () => {
    expect(plainFrame(frameOf(stateOf()))).toMatch(openGate);
    expect(text).not.toMatch(openGate);
    expect(text).toContain('9/9 not open');
  });
  test('the age goes on by the screen’s own clock', () => {
    expect(text).toContain('(age 12s) / 120s STALE');
  });
  test('a link that is down is stale at once', () => {
    const down = reduce(stateOf(), { type: 'link', up: false, why: 'closed' });
    expect(plainFrame(frameOf(down))).not.toMatch(openGate);
  });
  test('how long a daemon has been up does not go on when nobody knows whether it is', () => {
    const shown = (ms: number) => plainRow(frameOf(later(stateOf(), ms)).left[0] ?? []);
    expect(shown(2000)).toContain(' up 3d04h ');
    expect(shown(4 * 3_600_000)).toContain(' (up 3d04h) ');
  });
  test('the feed’s age goes on, and the stage is in brackets', () => {
    expect(text).toContain('expected 13s)');
    expect(text).toMatch(/^ STAGE \( 0 \[1\] 2 .* since \S+\)/m);
  });
  test('it says what remains', () => {
    expect(text).toContain('What remains: cancel and close on the exchange itself.');
  });
});

describe('nothing is left out at 80x24', () => {
  const rowsOf = (of: StatusDocument): string => plainFrame(frameOf(stateOf({ status: of })));
  test('kill switch, unresolved writes, the first alarm with their number, what waits to be acknowledged', () => {
    const text = rowsOf(warned);
    expect(text).toContain('KILL SWITCH on');
    expect(text).toContain('UNRESOLVED 2: flatten BTCUSDT 1m');
    expect(text).toContain('ALARM 2: MASS MISMATCH: 7 of 9 unexpected');
    expect(text).toContain('ack: grinder ack mass_mismatch, 1 of 2');
  });
  test('each of them is seen without the others', () => {
    const without = { kill_switch: false, unresolved: [], alarms: [], acknowledgements: [], canary: false };
    expect(rowsOf({ ...warned, ...without })).not.toMatch(/KILL|UNRESOLVED|ALARM|ack:/);
    expect(rowsOf({ ...warned, ...without, kill_switch: true })).toContain('!! KILL SWITCH on');
    expect(rowsOf({ ...warned, ...without, unresolved: warned.unresolved })).toContain('!! UNRESOLVED 2');
    expect(rowsOf({ ...warned, ...without, alarms: warned.alarms })).toContain('!! ALARM 2');
    expect(rowsOf({ ...warned, ...without, acknowledgements: warned.acknowledgements })).toContain('!! ack:');
  });
  const sourced = (change: Partial<Record<string, boolean>>): StatusDocument => ({
    ...status,
    mismatches: [],
    mismatch_count: 0,
    sources: status.sources.map((one) => ({ ...one, up: change[one.source] ?? true })),
  });
  test('that nothing differs is only said plainly of what is read now and believed now', () => {
    expect(rowsOf(sourced({}))).toMatch(/^ MISMATCH {2}none$/m);
    expect(rowsOf(sourced({ expected: false }))).toContain(
      ' MISMATCH  none, but the expected state is silent',
    );
    expect(rowsOf(sourced({ rest: false }))).toContain(
      ' MISMATCH  none as of the last complete read, 0.8s ago',
    );
    const snapshot = { ...status.snapshot, complete: false };
    expect(rowsOf({ ...sourced({}), snapshot })).toContain(' MISMATCH  none as of the last complete read');
    expect(rowsOf({ ...sourced({}), snapshot: { ...snapshot, age_ms: null } })).toMatch(
      /^ MISMATCH {2}not compared yet$/m,
    );
  });
  test('a stream agrees with no read that fails', () => {
    expect(rowsOf(sourced({ rest: false }))).toContain('ago / 5m, stream not compared: reads fail ---');
  });
  test('an answer that is longer than its row is there to its last word, and never covers what remains', () => {
    const text =
      'STAGE 4: not acknowledged yet: cooldown, identity_fit, ours_matched, team_notified (grinder ack ITEM)';
    const noticed = (state: ScreenState) =>
      plainFrame(frameOf({ ...state, notice: { text, tone: 'warn', atMs: state.nowMs } })).replace(
        /\s+/g,
        ' ',
      );
    expect(noticed(stateOf({ status: sourced({}) }))).toContain(text);
    expect(noticed(later(stateOf(), 5000))).toContain('cancel and close on the exchange itself');
  });
  test('the silent feed’s way out and a long next step are there to the last word', () => {
    const calm = { ...status.stage, hold: null, requested: status.stage.in_force };
    expect(rowsOf({ ...sourced({ expected: false }), stage: calm })).toContain(
      "The expected state is silent. What remains: the exchange's cancel and close.",
    );
    const next_step =
      'for 2: stage 1 has to pass first: dwell 5.3s (10:00); a, or grinder stage 2 asks for it now';
    const text = rowsOf({ ...sourced({}), stage: { ...calm, next_step } });
    expect(text.replace(/\s+/g, ' ')).toContain(next_step);
  });
  test('what routine asks for does not look like an alarm', () => {
    const routine = warned.acknowledgements.filter(({ item }) => item === 'team_notified');
    const calm = { kill_switch: false, unresolved: [], alarms: [], canary: false };
    const asked = { ...warned, ...calm, acknowledgements: routine };
    expect(rowsOf(asked)).toContain('\n -- ack: grinder ack team_notified');
    expect(plainFrame(frameOf(stateOf({ columns: 50, rows: 12, status: asked })))).toContain('\n -- ACK 1');
    expect(plainFrame(frameOf(stateOf({ columns: 20, rows: 5, status: asked })))).not.toContain('!!');
  });
  test('on the smallest screen their number is beside the verdict, whatever else is there', () => {
    const tiny = (of: StatusDocument) => plainFrame(frameOf(stateOf({ columns: 20, rows: 5, status: of })));
    expect(tiny(warned)).toMatch(/^ FRESH \S+ !!6$/m);
    expect(tiny({ ...latched(warned), snapshot: { ...warned.snapshot, complete: false } })).toMatch(
      /^ INCOMPLETE \S+ !!6$/m,
    );
    expect(plainFrame(frameOf(later(stateOf({ columns: 20, rows: 5, status: warned }), 12_000)))).toMatch(
      /^ STALE \S+ \?\?\(6\)$/m,
    );
  });
  test('two orders that differ at the end alone look different', () => {
    const ids = ['grinder_1_BTCUSDT_0_1700000000_17', 'grinder_1_BTCUSDT_0_1700000000_18'];
    const mismatches = ids.flatMap((id) => status.mismatches.slice(0, 1).map((item) => ({ ...item, id })));
    const text = rowsOf({ ...status, mismatches, mismatch_count: 2 });
    expect(text).toMatch(/ORDER_EXISTS_UNEXPECTED BTCUSDT grinder\S*…\S*_17 /);
    expect(text).toMatch(/ORDER_EXISTS_UNEXPECTED BTCUSDT grinder\S*…\S*_18 /);
  });
  test('what was acknowledged is not asked for again', () => {
    const done = warned.acknowledgements.map((one) => ({ ...one, done_by: 'ann' }));
    expect(rowsOf({ ...warned, acknowledgements: done })).not.toContain('ack:');
  });
  test('their numbers stay while a modal covers them', () => {
    const opened = { ...stateOf({ status: warned }), modal: { kind: 'help' } as const };
    expect(plainFrame(frameOf(opened))).toContain('KILL SWITCH  |  UNRESOLVED 2  |  ACK 2  |  ALARM 2: MASS');
  });
  test.each([
    [{}, '-- all symbols read 12s ago / 5m, stream agrees ---'],
    [{ swept_age_ms: 300_000 }, '-- all symbols read 5m ago / 5m, stream agrees ---'],
    [{ swept_age_ms: 300_001 }, '-- !! OVERDUE: all symbols read 5m ago / 5m, stream agrees ---'],
    [{ swept_age_ms: null }, '-- all symbols not read yet, stream not compared yet ---'],
    [
      { disagrees: true, disagreements: 3, last_disagreement: { text: '', at_ms: 1_700_000_000_000 } },
      '-- all symbols read 12s ago / 5m, !! stream DISAGREES 3x ---',
    ],
    [
      { disagreements: 3, last_disagreement: { text: '', at_ms: 1_700_000_000_000 } },
      '-- all symbols read 12s ago / 5m, stream agrees again, 3x not, last 22:13:20 ---',
    ],
  ])('what was read when, and whether the stream agrees: %p', (change, words) => {
    const up = status.sources.map((one) => ({ ...one, up: true }));
    const text = rowsOf({ ...status, sources: up, stream: { ...status.stream, ...change } });
    expect(text.split('\n').at(-2)?.startsWith(words)).toBe(true);
  });
  test('a stream that is down or not heard of yet is not said to agree', () => {
    const heard = (up: boolean | null) =>
      rowsOf({ ...status, sources: status.sources.map((one) => ({ ...one, up })) });
    expect(heard(false)).toContain('ago / 5m, stream down ---');
    expect(heard(null)).toContain('ago / 5m, stream not heard yet ---');
  });
  test('the sweep ages by the screen’s own clock, and is in brackets over a silent link', () => {
    expect(plainFrame(frameOf(later(stateOf(), 1500)))).toContain('-- all symbols read 13s ago / 5m');
    expect(plainFrame(frameOf(later(stateOf(), 12_000)))).toContain(
      '-- (all symbols read 24s ago / 5m, stream down) ---',
    );
  });
  test('the latch’s id and its key are there however long the rest is', () => {
    for (const verdict of ['STOPPED OK', OPEN_VERDICT]) {
      for (const durable of [true, false]) {
        const [, row] = frameOf(stateOf({ status: judged(verdict, durable) })).left;
        expect(plainRow(row ?? [])).toContain('id 75d8dfb4: R clears');
      }
    }
  });
  test('the longest verdict is there to its last word', () => {
    const text = rowsOf(judged(OPEN_VERDICT, false)).replace(/\n */g, ' ').replace(/ +/g, ' ');
    expect(text).toContain(OPEN_VERDICT);
  });
  test('where R does nothing, nobody is told to press it', () => {
    const looker = frameOf(stateOf({ status: latched(), readOnly: true })).left[1] ?? [];
    expect(plainRow(looker)).toContain('id L-7, read-only here');
  });
});

test('real money can’t be overlooked, at any size', () => {
  for (const [columns, rows] of sizes) {
    const frame = frameOf({ ...stateOf({ columns, rows }), received: { status: busy, atMs: 1000 } });
    expect(plainRow(frame.left[0] ?? [])).toContain('!! MAINNET !!');
    expect(frame.left[0]?.find((part) => part.text.includes('MAINNET'))?.tone).toBe('alarm');
  }
  const tiny = frameOf({ ...stateOf({ columns: 20, rows: 5 }), received: { status: busy, atMs: 1000 } });
  expect(plainRow(tiny.left[0] ?? [])).toBe(' Ctrl+X = STOP MAIN!');
  expect(tiny.left[0]?.find((part) => part.text.includes('MAIN!'))?.tone).toBe('alarm');
});

test('the stop key is on row 1 at every size and in every modal', () => {
  for (const [columns, rows] of sizes) {
    for (const change of [...Object.values(scenes), ...Object.values(modals)]) {
      const first = frameOf(change(stateOf({ columns, rows }))).left[0] ?? [];
      expect(plainRow(first)).toContain('Ctrl+X = STOP');
    }
  }
});

test('text that could move the cursor or hide itself is shown as question marks', () => {
  const evil = {
    ...status,
    mismatches: status.mismatches.map((item) => ({ ...item, id: 'a\x1b[2J\u202eb\u200bc' })),
  };
  expect(plainFrame(frameOf(stateOf({ status: evil })))).toContain('a?[2J?b?c');
});

test('over a silent link the arming is in brackets like the rest', () => {
  const armed = { ...stateOf(), received: { status: busy, atMs: 1000 } };
  expect(plainFrame(frameOf(armed))).toContain(' ARMED 3h58m, 9 left');
  expect(plainFrame(frameOf(later(armed, 12_000)))).toContain(' (ARMED 3h57m, 9 left)');
});

test('with more to look at than there are rows, a closed gate is never the one left out', () => {
  const [model] = status.gates;
  if (model === undefined) throw new Error('no gate');
  const named = (gate: string, state: 'open' | 'stale' | 'closed', unacknowledged = false) => ({
    ...{ ...model, gate, state, unacknowledged },
  });
  const many = [
    ...['a1', 'a2', 'a3'].map((name) => named(name, 'open', true)),
    ...['b1', 'b2', 'b3', 'b4'].map((name) => named(name, 'stale')),
    ...['c1', 'c2', 'c3'].map((name) => named(name, 'closed')),
    ...['d1', 'd2', 'd3'].map((name) => named(name, 'open')),
  ];
  const rows = gateRows(stateOf({ status: { ...status, gates: many } }), 6, 80).slice(1);
  const shown = rows.map((row) => plainRow(row).slice(4, 6));
  expect(shown).toEqual(['b1', 'b2', 'b3', 'c1', 'c2', 'c3']);
});

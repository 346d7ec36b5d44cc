/** Words that turn a sentence into its opposite, on terminals that have no room for all of it. */
import { describe, expect, test } from 'bun:test';
import { frameOf } from '../../src/tui/layout.ts';
import { openLive } from '../../src/tui/open.ts';
import { reduce } from '../../src/tui/reduce.ts';
import type { ScreenState, Stop } from '../../src/tui/types.ts';
import { judged, latched, later, stateOf, status } from './fixture.ts';
import { plainFrame } from './golden.ts';

const WIDTHS = Array.from({ length: 101 }, (_, index) => 20 + index);
const HEIGHTS = [3, 5, 12, 24, 40];
const sizes = WIDTHS.flatMap((columns) => HEIGHTS.map((rows) => ({ columns, rows })));

const shown = (state: ScreenState): string => plainFrame(frameOf(state));
const stopped = (state: ScreenState, stop: Stop): ScreenState => reduce(state, { type: 'stop', stop });
/** The sizes at which the screen doesn't say it. */
const without = (word: string, at: (size: { columns: number; rows: number }) => ScreenState) =>
  sizes.filter((size) => !shown(at(size)).includes(word)).map(({ columns, rows }) => `${columns}x${rows}`);

describe('on a terminal of any width from 20 columns up', () => {
  const memory = judged('STOPPED, open: the latch is not durable', false);

  test('a latch that is not on disk is never shown as one that is', () => {
    expect(without('NOT DURABLE', (size) => stateOf({ ...size, status: memory }))).toEqual([]);
  });

  test('nor over a silent link', () => {
    expect(without('NOT DURABLE', (size) => later(stateOf({ ...size, status: memory }), 60_000))).toEqual([]);
  });

  test('nor when it is the answer to the own key', () => {
    const stop = {
      ...({ kind: 'latched', ackMs: 8, id: '75d8dfb4', atMs: 2000 } as const),
      text: 'LATCHED, NOT DURABLE, DO NOT RESTART',
    } as const;
    expect(without('NOT DURABLE', (size) => stopped(stateOf({ ...size, status }), stop))).toEqual([]);
  });

  test('a stop that nobody acknowledged is said to be none', () => {
    const stop = { kind: 'unacknowledged', file: 'no STOP file: EACCES', atMs: 2000 } as const;
    expect(without('NOT ACK', (size) => stopped(stateOf({ ...size, status }), stop))).toEqual([]);
  });

  test('one that is on disk is shown as latched', () => {
    expect(without('LATCHED', (size) => stateOf({ ...size, status: latched() }))).toEqual([]);
  });
});

test('where all sources are down, the last of them is not cut off', () => {
  const down = {
    ...status,
    snapshot: { ...status.snapshot, complete: false },
    sources: status.sources.map((one) => ({ ...one, up: false })),
  };
  expect(shown(stateOf({ status: down }))).toContain('expected DOWN');
});

test('another executor of the account is as urgent as what else an operator has to look at', () => {
  const acknowledgements = [
    { item: 'key_rights', why: 'not told', done_by: null },
    { item: 'other_executor', why: 'order grc_1 on BTCUSDT', done_by: null },
  ];
  expect(shown(stateOf({ status: { ...status, acknowledgements } }))).toContain(
    '!! ack: grinder ack other_executor',
  );
});

test('the screen names the account, so that two daemons of one host are told apart', () => {
  const daemon = { ...status.daemon, account: '0123456789ab' };
  const first = (environment: 'testnet' | 'mainnet', host: string) =>
    shown(stateOf({ status: { ...status, daemon: { ...daemon, environment, host } } })).split('\n')[0];
  expect(first('testnet', 'trd01')).toContain('0123456789ab');
  expect(first('mainnet', 'a-very-long-host-name-of-a-machine')).toContain('0123456789ab');
});

test('whoever types the phrase of stage 4 has read first whose account it is', () => {
  const confirmation = {
    ...{ host: 'trd01', code: '4711', phrase: 'trd01 4 4711', expires_in_ms: 120_000, plan: [] },
    ...{ unacknowledged: [], digest: 'x' },
    covered: { 'exchange.environment': 'mainnet', account: '0123456789ab' },
  };
  const reply = { schema_version: 1 as const, ok: true, exit_code: 0, message: '', confirmation };
  const modal = openLive(stateOf({ status }), { reply, digest: 'd1', nowMs: 1000 });
  expect(modal?.lines[0]).toBe('mainnet, account 0123456789ab');
});

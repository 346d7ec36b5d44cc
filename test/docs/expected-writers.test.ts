/** The documented writers are run as they are, and what they write is read as the daemon reads it. */
import { describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ExpectedWriter } from '../../docs/examples/expected-writer.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { openFeed, parseLine } from '../../src/engine/feed.ts';

const examples = resolve(import.meta.dirname, '../../docs/examples');
const WRITERS = [
  ['python3', 'expected_writer.py'],
  [process.execPath, 'expected-writer.ts'],
] as const;

function directory(): { readonly path: string; readonly [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'grinder-writer-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function feedOf(path: string) {
  const identity = { account: 'sim', environment: 'sim' } as const;
  return openFeed({ path, identity, clock: systemClock, settleMs: 0, uid: process.getuid?.() ?? 0 });
}

/** True when the interpreter is there; without one nothing is proved, which is an error where it has to be. */
function isThere(program: string): boolean {
  if (spawnSync(program, ['--version']).status === 0) return true;
  const text = `${program} is missing: its example was NOT run`;
  if (process.env['CI']) throw new Error(text);
  console.error(`\n!!! ${text}\n`);
  return false;
}

describe.each(WRITERS)('%s %s', (program, file) => {
  const run = (...args: readonly string[]) =>
    spawnSync(program, [join(examples, file), ...args], { encoding: 'utf8' });

  test('writes lines that all parse, gapless, in a file that is its own', () => {
    if (!isThere(program)) return;
    using dir = directory();
    const path = join(dir.path, 'expected.jsonl');
    expect([run(path).status, statSync(path).mode & 0o777]).toEqual([0, 0o600]);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map(parseLine);
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(lines.map((one) => (one.ok ? one.line.seq : 0))).toEqual(lines.map((_, index) => index + 1));
    const types = lines.map((one) => (one.ok ? one.line.type : ''));
    expect(new Set(types).size).toBe(6);
  });

  test.each([[[]], [['--rotate']]])('gives the picture it means with %p', (flags) => {
    if (!isThere(program)) return;
    using dir = directory();
    const path = join(dir.path, 'expected.jsonl');
    const ran = run(path, ...flags);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    const feed = feedOf(path);
    feed.poll();
    const state = feed.state();
    feed.close();
    expect([feed.problem(), state.fault, state.checkpoint?.account]).toEqual(['closed', null, 'sim']);
    const live = [...state.orders.values()].filter((order) => order.state === 'live');
    expect(live.map(({ side, price, filledQuantity }) => [side, price, filledQuantity])).toEqual([
      ['BUY', '59000.0', '0.004'],
    ]);
    const ended = [...state.orders.values()].filter((order) => order.state === 'ended');
    expect(ended.map(({ endReason }) => endReason)).toEqual(flags.length === 0 ? ['CANCELED'] : []);
    expect([...state.positions].map(([key, { amount }]) => [key, amount])).toEqual([
      ['BTCUSDT/BOTH', '0.004'],
      ['ETHUSDT/BOTH', '0'],
    ]);
    expect(state.killSwitch).toBe(false);
    expect(state.appliedEventMs).toBeGreaterThan(1_700_000_000_000);
  });

  test('rotates under a daemon that reads without a gap', () => {
    if (!isThere(program)) return;
    using dir = directory();
    const path = join(dir.path, 'expected.jsonl');
    run(path);
    const feed = feedOf(path);
    feed.poll();
    const before = feed.state().sessionId;
    // A second process is a second session; it rotates what is there and what it wrote itself.
    run(path, '--rotate');
    feed.poll();
    feed.poll();
    const { fault, sessionId, seq } = feed.state();
    expect([fault, feed.problem(), sessionId === before, seq]).toEqual([null, null, false, 10]);
    feed.close();
  });
});

test('the TypeScript writer can be taken as a module', () => {
  using dir = directory();
  const path = join(dir.path, 'expected.jsonl');
  const writer = new ExpectedWriter(path, 'sim', 'sim');
  writer.checkpoint({ orders: [], positions: [], applied_event_ms: 1 });
  writer.heartbeat(2);
  const feed = feedOf(path);
  feed.poll();
  expect([feed.state().seq, feed.state().appliedEventMs, feed.state().fault]).toEqual([2, 2, null]);
  feed.close();
});

import { expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFeed } from '../../src/engine/feed.ts';
import { identity, type Line, SETTLE_MS, session, text } from './feed-lines.ts';

const ORDERS = 6000;

/** A feed of over a mebibyte, read on a machine on which each look at the clock is so much later than the one before. */
function slowFeed(stepMs: number) {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-feed-'));
  const path = join(dir, 'expected.jsonl');
  let monoMs = 0;
  const clock = {
    wallMs: () => 1_800_000_000_000,
    monoMs: () => {
      monoMs += stepMs;
      return monoMs;
    },
  };
  const feed = openFeed({ path, identity, clock, settleMs: SETTLE_MS, uid: process.getuid?.() ?? 0 });
  const write = (...lines: readonly Line[]) => writeFileSync(path, text(...lines), { mode: 0o600 });
  const close = (): void => {
    feed.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { path, feed, write, [Symbol.dispose]: close };
}

function backlog(s: ReturnType<typeof session>): readonly Line[] {
  return [
    s.checkpoint(),
    ...Array.from({ length: ORDERS }, (_, at) => s.order(`order-${at}-${'p'.repeat(24)}`)),
  ];
}

function pollsUntil(feed: ReturnType<typeof slowFeed>['feed'], seq: number): number {
  for (let polls = 1; polls < 1000; polls += 1) {
    feed.poll();
    if (feed.state().seq === seq) return polls;
  }
  return Number.POSITIVE_INFINITY;
}

test('a poll ends when it has taken long, whatever is left: a stop waits for it', () => {
  using bench = slowFeed(1);
  bench.write(...backlog(session('a')));
  const polls = pollsUntil(bench.feed, ORDERS + 1);
  expect(polls).toBeGreaterThan(5);
  expect(polls).toBeLessThan(100);
  expect(bench.feed.state().fault).toBeNull();
});

test('a file that was read to its end and rotated away with more in it is read to its end again', () => {
  using bench = slowFeed(1);
  const s = session('a');
  bench.write(s.checkpoint());
  bench.feed.poll();
  expect(bench.feed.isBehind()).toBe(false);
  const lines = Array.from({ length: ORDERS }, (_, at) => s.order(`order-${at}`));
  appendFileSync(bench.path, text(...lines));
  renameSync(bench.path, `${bench.path}.1`);
  bench.write(s.order('after'));
  bench.feed.poll();
  expect(bench.feed.isBehind()).toBe(true);
  expect(pollsUntil(bench.feed, ORDERS + 2)).toBeLessThan(100);
  expect(bench.feed.isBehind()).toBe(false);
});

test('what is left of a file that was rotated away is read before the new one', () => {
  using bench = slowFeed(1);
  const s = session('a');
  bench.write(...backlog(s));
  bench.feed.poll();
  expect(bench.feed.state().seq).toBeLessThan(ORDERS);
  expect(bench.feed.isBehind()).toBe(true);
  renameSync(bench.path, `${bench.path}.1`);
  bench.write(s.order('after'));
  bench.feed.poll();
  expect(bench.feed.isBehind()).toBe(true);
  expect(pollsUntil(bench.feed, ORDERS + 2)).toBeGreaterThan(5);
  expect(bench.feed.state().fault).toBeNull();
  expect(bench.feed.isBehind()).toBe(false);
});

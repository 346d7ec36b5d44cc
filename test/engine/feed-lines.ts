/** Feed lines as a trading engine writes them, and a directory to write them into. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/engine/clock.ts';
import { type Feed, openFeed } from '../../src/engine/feed.ts';

export const identity = { account: 'sim', environment: 'sim' } as const;
export const SETTLE_MS = 60_000;

export type Line = Readonly<Record<string, unknown>>;

/** A clock whose two times move alone. */
export interface TwoClocks extends Clock {
  wall: number;
  mono: number;
}

/** Starts both clocks at round figures. */
export function twoClocks(): TwoClocks {
  const clocks: TwoClocks = {
    wall: 1_800_000_000_000,
    mono: 5000,
    wallMs: () => clocks.wall,
    monoMs: () => clocks.mono,
  };
  return clocks;
}

/** Numbers the lines of a session; each call is one line. */
export function session(sessionId: string, tsMs = 1_800_000_000_000) {
  let seq = 0;
  const line = (body: Line): Line => {
    seq += 1;
    return { session_id: sessionId, seq, ts_ms: tsMs, ...body };
  };
  return {
    line,
    loseNumber: () => {
      seq += 1;
    },
    checkpoint: (body: Line = {}) =>
      line({
        type: 'checkpoint',
        account: 'sim',
        environment: 'sim',
        orders: [],
        positions: [],
        applied_event_ms: 0,
        ...body,
      }),
    order: (id: string, body: Line = {}) => line({ type: 'order', ...order(id), ...body }),
    end: (id: string) =>
      line({ type: 'order_end', client_order_id: id, symbol: 'BTCUSDT', reason: 'CANCELED' }),
    position: (amount: string) => line({ type: 'position', symbol: 'BTCUSDT', amount }),
    heartbeat: (body: Line = {}) => line({ type: 'heartbeat', applied_event_ms: 0, ...body }),
    killSwitch: (active: boolean) => line({ type: 'kill_switch', active }),
  };
}

export function order(id: string): Line {
  return { client_order_id: id, symbol: 'BTCUSDT', side: 'BUY', price: '60000', quantity: '0.01' };
}

export function text(...lines: readonly Line[]): string {
  return lines.map((one) => `${JSON.stringify(one)}\n`).join('');
}

/** A feed on a real file. */
export interface FeedBench extends Disposable {
  readonly dir: string;
  readonly path: string;
  readonly clock: TwoClocks;
  readonly feed: Feed;
  readonly write: (...lines: readonly (Line | string)[]) => void;
}

/** Opens a feed in a private directory; the file is not there yet. */
export function feedBench(settleMs = SETTLE_MS): FeedBench {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-feed-'));
  const path = join(dir, 'expected.jsonl');
  const clock = twoClocks();
  const feed = openFeed({ path, identity, clock, settleMs, uid: process.getuid?.() ?? 0 });
  return {
    dir,
    path,
    clock,
    feed,
    write: (...lines) => {
      for (const one of lines)
        appendFileSync(path, typeof one === 'string' ? one : text(one), { mode: 0o600 });
    },
    [Symbol.dispose]: () => {
      feed.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

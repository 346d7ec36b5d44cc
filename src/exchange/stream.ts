/**
 * The user-data websocket: tells that something changed, and whether we would hear of it.
 *
 * ccxt supplies listen key, address and socket; its caches and watch calls are left out, since frames are lost between
 * two of them. Neither Deno nor ccxt notices a dead peer, so this file asks the server something over the socket at
 * intervals and replaces a socket that stays silent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../engine/clock.ts';
import type { Ccxt } from './ccxt-adapter.ts';
import { createChangeBatch } from './change-batch.ts';
import type { ExchangeEvent } from './exchange.ts';
import { readRefusal } from './reply.ts';
import type { Scrubber } from './scrub.ts';
import { connectOnce, type Ended, type StreamTiming } from './stream-connection.ts';
import { perform } from './transport.ts';

export type { StreamTiming } from './stream-connection.ts';

/** Timing for the real exchange: a listen key lives 60 minutes, a connection 24 hours. */
export const DEFAULT_STREAM_TIMING: StreamTiming = {
  probeMs: 10_000,
  silenceMs: 30_000,
  unprovenSilenceMs: 300_000,
  renewMs: 1_800_000,
  lifeMs: 82_800_000,
  retryMs: 1000,
  longestRetryMs: 60_000,
};

export interface StreamDeps {
  readonly ccxt: Ccxt;
  readonly clock: Clock;
  readonly emit: (event: ExchangeEvent) => void;
  readonly scrubber: Scrubber;
  readonly timing: StreamTiming;
}

export interface Stream {
  readonly close: () => Promise<void>;
}

const keyReply = z.object({ listenKey: z.string().min(1).max(500) });

/** Connects, and connects again after every loss, with a growing delay, until closed. */
export function startStream(deps: StreamDeps): Stream {
  const { clock, emit, scrubber, timing } = deps;
  const stop = new AbortController();
  const changes = createChangeBatch(emit);
  const down = (why: string): void => {
    emit({ type: 'stream_down', atMs: clock.wallMs(), why: scrubber.clean(why) });
    changes.addAll();
  };
  const work = run();

  async function run(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const key = await obtainKey(deps);
      if (typeof key === 'string') {
        scrubber.learn(key);
        const ended = await connectOnce({ ...deps, key, changes, stop: stop.signal });
        failures = failuresAfter(failures, ended, timing);
        if (!stop.signal.aborted) down(ended.why);
      } else {
        failures += 1;
        if (!stop.signal.aborted) down(key.why);
      }
      const delayMs = retryDelayMs(failures, timing);
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  return {
    close: async () => {
      stop.abort();
      changes.close();
      await work;
    },
  };
}

/**
 * Counts failures in a row. A connection that the server takes and drops again is one too: the exchange bans an address
 * for 300 connections in 5 minutes (USD-M "Websocket Market Streams", read 2026-11).
 */
export function failuresAfter(failures: number, { upMs }: Ended, timing: StreamTiming): number {
  return upMs !== null && upMs >= timing.longestRetryMs ? 0 : failures + 1;
}

/** How long to wait before the next connection, in ms: doubled at each failure, up to the longest. */
export function retryDelayMs(failures: number, timing: StreamTiming): number {
  return Math.min(timing.retryMs * 2 ** Math.min(Math.max(0, failures - 1), 10), timing.longestRetryMs);
}

async function obtainKey({ ccxt }: StreamDeps): Promise<string | { readonly why: string }> {
  const reply = await perform(() => ccxt.read('createListenKey', {}));
  if (reply.kind === 'none') return { why: `no listen key: ${reply.why}` };
  const parsed = keyReply.safeParse(reply.value);
  if (reply.httpStatus === 200 && parsed.success) return parsed.data.listenKey;
  return { why: `no listen key: HTTP ${reply.httpStatus} ${readRefusal(reply.text).message}` };
}

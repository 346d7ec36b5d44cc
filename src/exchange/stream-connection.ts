/** One websocket connection from opening to loss, with its watchdog. */
import type { Clock } from '../engine/clock.ts';
import type { Ccxt, Socket } from './ccxt-adapter.ts';
import type { ChangeBatch } from './change-batch.ts';
import type { ExchangeEvent } from './exchange.ts';
import { readFrame } from './frame.ts';
import { readRefusal } from './reply.ts';
import { perform } from './transport.ts';

/** All in milliseconds. */
export interface StreamTiming {
  /** How often the server is asked for a sign of life. */
  readonly probeMs: number;
  /** So long without a frame, and the socket is replaced. */
  readonly silenceMs: number;
  /** The same for a socket on which no frame has come yet: it may be a server that answers no probes. */
  readonly unprovenSilenceMs: number;
  /** How often the listen key is extended. */
  readonly renewMs: number;
  /** Age at which a connection is replaced, before the exchange ends it. */
  readonly lifeMs: number;
  /** First delay before connecting again; doubles up to the longest. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
}

export interface ConnectionDeps {
  readonly ccxt: Ccxt;
  readonly clock: Clock;
  readonly emit: (event: ExchangeEvent) => void;
  readonly timing: StreamTiming;
  readonly key: string;
  readonly changes: ChangeBatch;
  readonly stop: AbortSignal;
}

/** Streams of market data would be listed; on a user-data socket any answer at all is what counts. */
const PROBE = (id: number): string => JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id });
const LISTEN_KEY_GONE = -1125;
const ALIVE_EVERY_MS = 1000;
const OPENING_LIMIT_MS = 15_000;

/** How a connection ended; `upMs` is how long it was up, null when it never was. */
export interface Ended {
  readonly why: string;
  readonly upMs: number | null;
}

/** Resolves when the connection is lost, given up or stopped. */
export function connectOnce(deps: ConnectionDeps): Promise<Ended> {
  const { ccxt, clock, emit, timing, key, changes, stop } = deps;
  return new Promise((resolve) => {
    const startMs = clock.monoMs();
    let socket: Socket | null = null;
    let openedMs: number | null = null;
    let heardMs: number | null = null;
    let toldMs = Number.NEGATIVE_INFINITY;
    let renewedMs = startMs;
    let probes = 0;
    let over = false;
    const timer = setInterval(watch, Math.min(timing.probeMs, timing.silenceMs / 2));
    const stopped = (): void => end('closed');
    stop.addEventListener('abort', stopped);
    if (stop.aborted) stopped();

    ccxt
      .openSocket(key, { onOpen, onFrame, onDown: end })
      .then((opened) => {
        socket = opened;
        if (over) opened.close();
      })
      .catch((error: unknown) => end(error instanceof Error ? error.message : String(error)));

    function end(why: string): void {
      if (over) return;
      over = true;
      clearInterval(timer);
      stop.removeEventListener('abort', stopped);
      socket?.close();
      resolve({ why, upMs: openedMs === null ? null : clock.monoMs() - openedMs });
    }

    function onOpen(): void {
      openedMs = clock.monoMs();
      emit({ type: 'stream_up', atMs: clock.wallMs() });
      // What happened while nobody listened is found by reading.
      changes.addAll();
      probe();
    }

    function onFrame(raw: unknown): void {
      if (over) return;
      heardMs = clock.monoMs();
      const frame = readFrame(raw);
      if (frame.kind === 'changed') changes.add(frame, heardMs);
      else if (frame.kind === 'malformed') changes.addAll();
      if (heardMs - toldMs >= ALIVE_EVERY_MS) {
        toldMs = heardMs;
        emit({ type: 'stream_alive', atMs: clock.wallMs() });
      }
      if (frame.kind === 'key_expired') end('listen key expired');
    }

    function watch(): void {
      const nowMs = clock.monoMs();
      const reason = reasonToEnd(nowMs);
      if (reason !== null) end(reason);
      if (over || openedMs === null) return;
      if (nowMs - renewedMs > timing.renewMs) void renew();
      probe();
    }

    function reasonToEnd(nowMs: number): string | null {
      if (openedMs === null) return nowMs - startMs > OPENING_LIMIT_MS ? 'no connection within 15 s' : null;
      const quietMs = nowMs - (heardMs ?? openedMs);
      const limitMs = heardMs === null ? timing.unprovenSilenceMs : timing.silenceMs;
      if (quietMs > limitMs) return `no frame for ${Math.round(quietMs)} ms`;
      return nowMs - openedMs > timing.lifeMs ? 'connection replaced before the exchange ends it' : null;
    }

    function probe(): void {
      probes += 1;
      socket?.send(PROBE(probes));
    }

    async function renew(): Promise<void> {
      const beforeMs = renewedMs;
      renewedMs = clock.monoMs();
      const reply = await perform(() => ccxt.read('renewListenKey', { listenKey: key }));
      if (reply.kind === 'reply' && reply.httpStatus === 200) return;
      if (reply.kind === 'reply' && readRefusal(reply.text).code === LISTEN_KEY_GONE) {
        end('listen key expired');
        return;
      }
      // Tried again after a tenth of the interval; the key lives twice as long as that interval.
      renewedMs = Math.max(beforeMs, clock.monoMs() - timing.renewMs * 0.9);
    }
  });
}

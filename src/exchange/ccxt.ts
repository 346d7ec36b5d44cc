/**
 * The exchange port over ccxt's binanceusdm. Two ccxt instances: one that can only read, for the life of the thread,
 * and one that writes, which exists only between setWriter(true) and setWriter(false).
 */
import type { Clock } from '../engine/clock.ts';
import type { Interlock } from '../engine/interlock.ts';
import { createCcxt } from './ccxt-adapter.ts';
import type { Exchange, ExchangeEvent, ExchangeOptions } from './exchange.ts';
import { guardReads } from './guard.ts';
import { createDestination } from './hosts.ts';
import { observe } from './observe.ts';
import { createPause } from './pause.ts';
import { createPositionModeCache } from './position-mode.ts';
import { queryOrder, queryPosition, readClock, readKeyRights, readRules } from './queries.ts';
import { createWeightMeter } from './rate-limit.ts';
import { createReader } from './reader.ts';
import { createScrubber } from './scrub.ts';
import { DEFAULT_STREAM_TIMING, type StreamTiming, startStream } from './stream.ts';
import { createSweeper } from './sweep.ts';
import { createFetch } from './transport.ts';
import { createWriter, type Writer } from './writer.ts';

export interface CcxtExchangeDeps {
  /** `apiKey` and `apiSecret` appear in nothing that this object hands out. */
  readonly options: ExchangeOptions;
  readonly interlock: Interlock;
  /** On control's monotonic time. */
  readonly clock: Clock;
  readonly timing?: StreamTiming;
}

/** After a refused timestamp the clock is measured again, at most this often. */
const RESYNC_MS = 5000;
const TIMESTAMP_REFUSED = -1021;

/** Connects nothing by itself but the user-data stream. Throws when an address is not one of this environment's. */
export function createCcxtExchange({ options, interlock, clock, timing }: CcxtExchangeDeps): Exchange {
  const scrubber = createScrubber([options.apiKey, options.apiSecret]);
  const { subscribe, emit } = createEvents();
  const deps = {
    destination: createDestination(options.environment, options.restUrl),
    pause: createPause(clock, options.backoffUntilMs),
    meter: createWeightMeter(clock.monoMs),
    clock,
    timeoutMs: options.requestTimeoutMs,
    emit,
  };
  const reading = createCcxt(options, createFetch(deps, guardReads), {
    recvWindowMs: options.recvWindowMs,
  });
  let timeDifferenceMs = 0;
  let measuredMonoMs = Number.NEGATIVE_INFINITY;
  const read = createReader({
    ccxt: reading,
    clock,
    clean: scrubber.clean,
    onTimestampRefused: resync,
  });
  const mode = createPositionModeCache(read, clock.monoMs);
  const sweeper = createSweeper(read);
  subscribe((event) => {
    if (event.type === 'account_changed') sweeper.changed(event.symbols);
  });
  const stream = startStream({
    ccxt: reading,
    clock,
    emit,
    scrubber,
    timing: timing ?? DEFAULT_STREAM_TIMING,
  });
  const used = new Set<string>();
  let writer: Writer | null = null;

  function resync(): void {
    if (clock.monoMs() - measuredMonoMs > RESYNC_MS) void measure();
  }

  async function measure() {
    measuredMonoMs = clock.monoMs();
    const measured = await readClock(read, clock);
    if (measured.kind === 'ok') {
      timeDifferenceMs = -measured.offsetMs;
      reading.setTimeDifference(timeDifferenceMs);
      writer?.setTimeDifference(timeDifferenceMs);
    }
    return measured;
  }

  return {
    rules: () => readRules(read),
    observe: (request) => observe({ read, clock, mode, sweeper }, request),
    queryOrder: (order) => queryOrder(read, order),
    queryPosition: (symbol) => queryPosition(read, symbol),
    readClock: measure,
    keyRights: async () => {
      if (options.environment === 'testnet') return { kind: 'unknown', why: 'the testnet does not tell' };
      return readKeyRights(read);
    },
    setWriter: async (exists) => {
      writer = exists
        ? (writer ??
          createWriter({ options, transport: deps, interlock, clock, used, clean: scrubber.clean, mode }))
        : null;
      writer?.setTimeDifference(timeDifferenceMs);
    },
    dispatch: async (write, permit) => {
      if (writer === null) return { status: 'NOT_SENT', message: 'no writer exists below stage 4' };
      const result = await writer.send(write, permit);
      if (result.status === 'REJECTED' && result.code === TIMESTAMP_REFUSED) resync();
      return result;
    },
    subscribe,
    close: async () => {
      writer = null;
      await stream.close();
    },
  };
}

function createEvents() {
  const listeners = new Set<(event: ExchangeEvent) => void>();
  return {
    subscribe: (listener: (event: ExchangeEvent) => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    emit: (event: ExchangeEvent) => {
      for (const listener of [...listeners]) listener(event);
    },
  };
}

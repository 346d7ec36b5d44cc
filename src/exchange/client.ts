/** The exchange port as control sees it: calls that go to the exchange thread and always come back, as values. */
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../engine/clock.ts';
import type { Interlock } from '../engine/interlock.ts';
import { readFailures } from './client-failures.ts';
import type { Exchange, ExchangeEvent, ExchangeOptions } from './exchange.ts';
import { createUnpacker, unsent } from './order-delta.ts';
import type { CallMessage, ExchangeThreadData, FromThread, MethodName, ResultOf } from './rpc.ts';
import { createScrubber } from './scrub.ts';

/** Starts the thread; see spawnThread. */
export type SpawnExchange = (data: ExchangeThreadData) => Worker;

/** What a call may take beyond the exchange's own deadlines. */
const GRACE_MS = 10_000;
const CLOSE_MS = 3000;

/**
 * Starts the exchange thread and returns its port. When the thread dies or doesn't answer in time, pending and later
 * calls fail as values: reads as failed, a dispatch that may have left as UNKNOWN, a later one as NOT_SENT.
 */
export function startExchange(
  options: ExchangeOptions,
  interlock: Interlock,
  clock: Clock,
  spawn: SpawnExchange,
): Exchange {
  const { clean } = createScrubber([options.apiKey, options.apiSecret]);
  const listeners = new Set<(event: ExchangeEvent) => void>();
  const pending = new Map<number, (value: unknown) => void>();
  const giveUp = new Map<number, () => void>();
  const failures = readFailures(clock);
  const unpacker = createUnpacker();
  const worker = spawn({ role: 'exchange', options, interlock: interlock.memory });
  let nextId = 1;
  let dead: string | null = null;
  let closing = false;

  const emit = (event: ExchangeEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };

  function die(why: string): void {
    if (dead !== null) return;
    dead = `exchange thread failed: ${clean(why)}`;
    for (const fail of [...giveUp.values()]) fail();
    if (!closing) emit({ type: 'thread_failed', why: clean(why) });
    void worker.terminate();
  }

  worker.on('message', (message: FromThread) => {
    if (message.type === 'clock') worker.postMessage({ ...message, monoMs: clock.monoMs() });
    else if (message.type === 'result') pending.get(message.id)?.(message.value);
    else if (message.event.type === 'thread_failed') die(message.event.why);
    else emit(message.event);
  });
  worker.on('error', (error: unknown) => die(error instanceof Error ? error.message : String(error)));
  worker.on('messageerror', () => die('a message could not be read'));
  worker.on('exit', () => die('it ended'));

  function call<M extends MethodName>(
    method: M,
    args: Extract<CallMessage, { method: M }>['args'],
    { limitMs, failed }: { readonly limitMs: number; readonly failed: (why: string) => ResultOf<M> },
  ): Promise<ResultOf<M>> {
    if (dead !== null) return Promise.resolve(failed(dead));
    const id = nextId++;
    return new Promise((resolve) => {
      const settle = (value: ResultOf<M>): void => {
        clearTimeout(timer);
        pending.delete(id);
        giveUp.delete(id);
        resolve(value);
      };
      const timer = setTimeout(() => settle(failed(`no answer within ${Math.round(limitMs)} ms`)), limitMs);
      pending.set(id, (value) => settle(value as ResultOf<M>));
      giveUp.set(id, () => settle(failed(dead ?? 'exchange thread failed')));
      worker.postMessage({ type: 'call', id, method, args });
    });
  }

  const readLimitMs = options.requestTimeoutMs * 4 + GRACE_MS;
  const read = { limitMs: readLimitMs };
  return {
    rules: () => call('rules', [], { ...read, failed: failures.failed }),
    observe: async (request) => {
      const failed = (why: string) => unsent(failures.observation(why));
      return unpacker.unpack(await call('observe', [request, unpacker.have()], { ...read, failed }));
    },
    queryOrder: (order) => call('queryOrder', [order], { ...read, failed: failures.failed }),
    queryPosition: (symbol) => call('queryPosition', [symbol], { ...read, failed: failures.failed }),
    readClock: () => call('readClock', [], { ...read, failed: failures.failed }),
    keyRights: () => call('keyRights', [], { ...read, failed: (why) => ({ kind: 'unknown', why }) }),
    // A thread that doesn't take its writer away is ended, so that none is left.
    setWriter: (exists) => call('setWriter', [exists], { limitMs: GRACE_MS, failed: die }),
    dispatch: (write, permit) => {
      if (dead !== null) return Promise.resolve({ status: 'NOT_SENT', message: dead });
      const openMs = Math.max(0, permit.deadlineMonoMs - clock.monoMs());
      const limitMs = Math.min(openMs, readLimitMs) + options.requestTimeoutMs + GRACE_MS;
      return call('dispatch', [write, permit], { limitMs, failed: failures.unknown });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: async () => {
      closing = true;
      await call('close', [], { limitMs: CLOSE_MS, failed: () => undefined });
      die('closed');
      await worker.terminate();
    },
  };
}

/** The exchange thread: ccxt, its parsing and its websocket, where no stall of theirs can hold up a stop. */
import { parentPort } from 'node:worker_threads';
import { alignedClock, type Clock, systemClock } from '../engine/clock.ts';
import { openInterlock } from '../engine/interlock.ts';
import { createCcxtExchange } from './ccxt.ts';
import type { Exchange, ExchangeEvent } from './exchange.ts';
import { createPacker } from './order-delta.ts';
import type { CallMessage, ExchangeThreadData, FromThread, ToThread } from './rpc.ts';
import { createScrubber } from './scrub.ts';

const REALIGN_MS = 5000;
/** After these the picture that a permit was given on is not the newest any more. */
const WORSE: ReadonlySet<ExchangeEvent['type']> = new Set([
  'account_changed',
  'account_update',
  'backoff',
  'stream_down',
]);

/** Serves the port until closed. Runs inside a worker only; answers nothing before its clock is aligned with control's. */
export function runExchangeThread(data: ExchangeThreadData): void {
  const port = parentPort;
  if (port === null) throw new Error('expected to run in a thread of its own');
  const post = (message: FromThread): void => port.postMessage(message);
  const { clean } = createScrubber([data.options.apiKey, data.options.apiSecret]);
  const alignment = createAlignment();
  const pack = createPacker();
  const askTime = (): void => post({ type: 'clock', askedMonoMs: systemClock.monoMs() });
  const timer = setInterval(askTime, REALIGN_MS);
  let exchange: Exchange | null = null;
  let waiting: CallMessage[] = [];

  function start(): void {
    try {
      const interlock = openInterlock(data.interlock);
      exchange = createCcxtExchange({ options: data.options, interlock, clock: alignment.clock });
      exchange.subscribe((event) => {
        // Control does so too when it hears of it; but it may stand still, over a disk, while a permit is on its way.
        if (WORSE.has(event.type)) interlock.advance();
        post({ type: 'event', event });
      });
    } catch (error) {
      const why = clean(error instanceof Error ? error.message : String(error));
      post({ type: 'event', event: { type: 'thread_failed', why } });
    }
    const early = waiting;
    waiting = [];
    for (const message of early) void serve(message);
  }

  async function serve(message: CallMessage): Promise<void> {
    // Without an exchange control gets no answer but thread_failed, which fails its calls.
    if (exchange === null) return;
    try {
      post({ type: 'result', id: message.id, value: await call(exchange, pack, message) });
    } catch (error) {
      const why = clean(error instanceof Error ? error.message : String(error));
      post({ type: 'event', event: { type: 'thread_failed', why } });
    }
    // Control ends the thread once it has this answer.
    if (message.method === 'close') clearInterval(timer);
  }

  port.on('message', (message: ToThread) => {
    if (message.type === 'clock') {
      alignment.set(message);
      if (exchange === null) start();
    } else if (exchange === null) {
      waiting.push(message);
    } else {
      void serve(message);
    }
  });
  askTime();
}

function call(
  exchange: Exchange,
  pack: ReturnType<typeof createPacker>,
  message: CallMessage,
): Promise<unknown> {
  switch (message.method) {
    case 'rules':
      return exchange.rules();
    case 'observe': {
      const [request, have] = message.args;
      return exchange.observe(request).then((observation) => pack(observation, have));
    }
    case 'queryOrder':
      return exchange.queryOrder(...message.args);
    case 'queryPosition':
      return exchange.queryPosition(...message.args);
    case 'readClock':
      return exchange.readClock();
    case 'keyRights':
      return exchange.keyRights();
    case 'setWriter':
      return exchange.setWriter(...message.args);
    case 'dispatch':
      return exchange.dispatch(...message.args);
    case 'close':
      return exchange.close();
  }
}

/**
 * Control's monotonic time as seen from here. Asked at r0 (ours), answered T (control's): control's clock is at most T - r0
 * ahead of ours, so a permit may end early but never late. Every answer gives such a bound, and the tightest is kept: both
 * clocks are this machine's, and an answer that a busy control gave late must not date what we read after its beginning.
 */
export function createAlignment(own: Clock = systemClock) {
  let offsetMs = Number.POSITIVE_INFINITY;
  const clock: Clock = {
    wallMs: own.wallMs,
    monoMs: () => alignedClock(own, offsetMs).monoMs(),
  };
  return {
    clock,
    set: (answer: { readonly askedMonoMs: number; readonly monoMs: number }) => {
      offsetMs = Math.min(offsetMs, answer.monoMs - answer.askedMonoMs);
    },
  };
}

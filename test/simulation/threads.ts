/**
 * The two threads of a process that matter here. Control may be held up alone, or both with their process; the world goes
 * on, and what came for them meanwhile happens in its order once they go on.
 */
import type { Exchange, ExchangeEvent } from '../../src/exchange/exchange.ts';
import type { Owner, Timeline } from './timeline.ts';

/** One of them. */
export interface Thread {
  /** Does something at once, or, held up, when it goes on and what came before is done. */
  readonly pass: (run: () => void) => void;
  /** The same for what need not wait for its turn. */
  readonly ask: (run: () => void) => void;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly hold: (ms: number) => void;
  /** Since when it is held up; null while it runs. */
  readonly heldSinceMs: () => number | null;
  /** How long it was held up in all, milliseconds. */
  readonly heldMs: () => number;
}

/** Starts running. */
export function createThread(timeline: Timeline, owner: Owner): Thread {
  let sinceMs: number | null = null;
  let totalMs = 0;
  let waiting: (() => void)[] = [];

  function goOn(): void {
    totalMs += timeline.nowMs() - (sinceMs ?? timeline.nowMs());
    sinceMs = null;
    next();
  }

  /** One by one, so that what follows from each has gone its way before the next. */
  function next(): void {
    if (sinceMs !== null) return;
    const [run, ...rest] = waiting;
    waiting = rest;
    run?.();
    if (rest.length > 0) timeline.after(0, owner, next);
  }

  const pass = (run: () => void): void => {
    if (sinceMs === null && waiting.length === 0) run();
    else waiting.push(run);
  };

  return {
    pass,
    ask: (run) => {
      if (sinceMs === null) run();
      else waiting.push(run);
    },
    after: (ms, run) => {
      let isOff = false;
      const cancel = timeline.after(ms, owner, () =>
        pass(() => {
          if (!isOff) run();
        }),
      );
      return () => {
        isOff = true;
        cancel();
      };
    },
    hold: (ms) => {
      if (sinceMs !== null || waiting.length > 0) return;
      sinceMs = timeline.nowMs();
      timeline.after(ms, owner, goOn);
    },
    heldSinceMs: () => sinceMs,
    heldMs: () => totalMs + (sinceMs === null ? 0 : timeline.nowMs() - sinceMs),
  };
}

/** The timeline as one thread of a process knows it. */
export function timelineOf(timeline: Timeline, owner: Owner, thread: Thread): Timeline {
  return {
    ...timeline,
    after: (ms, whose, run) => (whose === owner ? thread.after(ms, run) : timeline.after(ms, whose, run)),
  };
}

/** A port whose answers and events reach control as messages do. */
export function acrossThreads(port: Exchange, control: Thread): Exchange {
  const reach = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    return new Promise((goOn) => {
      control.pass(() => goOn(value));
    });
  };
  return {
    ...port,
    observe: (request) => reach(port.observe(request)),
    rules: () => reach(port.rules()),
    queryOrder: (query) => reach(port.queryOrder(query)),
    queryPosition: (symbol) => reach(port.queryPosition(symbol)),
    readClock: () => reach(port.readClock()),
    keyRights: () => reach(port.keyRights()),
    dispatch: (write, permit) => reach(port.dispatch(write, permit)),
    subscribe: (listener) =>
      port.subscribe((event: ExchangeEvent) => {
        control.pass(() => listener(event));
      }),
  };
}

/**
 * Virtual time: what is to happen, in order. Nothing waits; time jumps to the next thing. What the engine awaits has
 * gone as far as it can before the next thing happens.
 */
import { drainMicrotasks } from 'bun:jsc';

/** Who an event belongs to; what belongs to the dead does not happen. */
export interface Owner {
  dead: boolean;
}

/** All times are true time in epoch milliseconds. */
export interface Timeline {
  readonly nowMs: () => number;
  /** Milliseconds the machine has slept. */
  readonly sleptMs: () => number;
  /** The machine sleeps now: nobody can do anything with it. */
  readonly asleep: () => boolean;
  readonly after: (ms: number, owner: Owner | null, run: () => void) => () => void;
  /** Lets everything happen up to a time; `watch` is called after each event and may stop it by returning true. */
  readonly runUntil: (endMs: number, watch: () => boolean) => void;
  /** Puts off what belongs to living owners: their machine sleeps. */
  readonly sleep: (ms: number) => void;
}

interface Event {
  atMs: number;
  readonly order: number;
  readonly owner: Owner | null;
  run: (() => void) | null;
}

/** Starts at a time with nothing to happen. */
export function createTimeline(startMs: number): Timeline {
  let nowMs = startMs;
  let sleptMs = 0;
  let wakesAtMs = startMs;
  let count = 0;
  let heap: Event[] = [];

  function push(event: Event): void {
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  function pop(): Event | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }

  return {
    nowMs: () => nowMs,
    sleptMs: () => sleptMs,
    asleep: () => nowMs < wakesAtMs,
    after: (ms, owner, run) => {
      count += 1;
      const event: Event = { atMs: nowMs + Math.max(0, Math.ceil(ms)), order: count, owner, run };
      push(event);
      return () => {
        event.run = null;
      };
    },
    runUntil: (endMs, watch) => {
      for (;;) {
        const [first] = heap;
        if (first === undefined || first.atMs > endMs) break;
        pop();
        const { run } = first;
        if (run === null || first.owner?.dead === true) continue;
        nowMs = Math.max(nowMs, first.atMs);
        run();
        drainMicrotasks();
        if (watch()) return;
      }
      nowMs = Math.max(nowMs, endMs);
    },
    sleep: (ms) => {
      sleptMs += ms;
      wakesAtMs = Math.max(nowMs, wakesAtMs) + ms;
      const events = heap;
      heap = [];
      for (const event of events) {
        if (event.owner !== null) event.atMs += ms;
        push(event);
      }
    },
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** The one place that asks the machine for the time. */

/** Wall and monotonic time; injected everywhere so that tests own it. */
export interface Clock {
  /** Epoch milliseconds; may jump. */
  readonly wallMs: () => number;
  /** Milliseconds since an arbitrary start; never goes back. Comparable only within one thread unless aligned. */
  readonly monoMs: () => number;
}

/** Reads this machine's clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
};

/** Shifts a clock's monotonic time so that it can be compared with another thread's. */
export function alignedClock(clock: Clock, offsetMs: number): Clock {
  return { wallMs: clock.wallMs, monoMs: () => clock.monoMs() + offsetMs };
}

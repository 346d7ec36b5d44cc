/** When to run: every interval, sooner when the account changed, never two at once. */
import type { Clock } from '../engine/clock.ts';

export interface Scheduler {
  /** Asks for a run soon: after the debounce, and not closer than the least gap to the last one. */
  readonly soon: () => void;
  /** Called often; starts a run when one is due. */
  readonly tick: () => void;
  /** Resolves once no run is under way; no further one begins. */
  readonly close: () => Promise<void>;
  /** Monotonic time at which the run under way began; null when none is. */
  readonly runningSince: () => number | null;
}

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly intervalMs: () => number;
  readonly debounceMs: () => number;
  /** Least time between the starts of two runs that events asked for: each picture costs weight. */
  readonly minGapMs: () => number;
  readonly enabled: () => boolean;
  readonly run: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Starts without a run due; enabling makes the first one due at once. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock } = options;
  let lastStart = Number.NEGATIVE_INFINITY;
  let wanted: number | null = null;
  let running: Promise<void> | null = null;
  let began = 0;
  let closed = false;
  let wasEnabled = false;

  function due(now: number): boolean {
    if (now - lastStart >= options.intervalMs()) return true;
    return wanted !== null && now - wanted >= options.debounceMs() && now - lastStart >= options.minGapMs();
  }

  /** A run that a tick started late keeps the beat of its interval, or 5 % of the runs due would soon be missing. */
  function plannedStart(now: number): number {
    const interval = options.intervalMs();
    const late = now - lastStart - interval;
    return late >= 0 && late < interval ? lastStart + interval : now;
  }

  function tick(): void {
    const enabled = options.enabled();
    if (enabled && !wasEnabled) lastStart = Number.NEGATIVE_INFINITY;
    wasEnabled = enabled;
    const now = clock.monoMs();
    if (closed || !enabled || running !== null || !due(now)) return;
    lastStart = plannedStart(now);
    began = now;
    wanted = null;
    running = options
      .run()
      .catch(options.failed)
      .finally(() => {
        running = null;
      });
  }

  return {
    soon: () => {
      wanted ??= clock.monoMs();
    },
    tick,
    close: async () => {
      closed = true;
      await running;
    },
    runningSince: () => (running === null ? null : began),
  };
}

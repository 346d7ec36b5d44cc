/** What was counted since a stage was entered: the figures behind the ceremony's criteria. Pure. */

/** Counts and times since the stage was entered, or since its dwell was restarted. Monotonic unless named otherwise. */
export interface Progress {
  readonly startedMonoMs: number;
  /** Time during which every source was well. */
  readonly dwellMs: number;
  readonly lastTickMonoMs: number;
  /** Wall time of the last tick: a machine that slept shows here, not on the monotonic clock. */
  readonly lastTickMs: number;
  /** Runs that were due: those of the interval, whatever began them; a decision on an event alone is none. */
  readonly runs: number;
  readonly lastRunMonoMs: number | null;
  /** Longest time without a run, by the longer of monotonic and wall clock. */
  readonly longestGapMs: number;
  readonly planned: number;
  readonly plannedInAudit: number;
  readonly blocked: Readonly<Record<string, number>>;
  readonly executed: number;
  /** Executed although the run had not planned it, or without a mismatch. */
  readonly executedUnplanned: number;
  readonly writesSent: number;
  readonly matched: boolean;
  readonly restarts: number;
}

/** What one run did. */
export interface RunCounts {
  /** It read the exchange, and so stands for a run of the interval. */
  readonly due: boolean;
  readonly planned: number;
  readonly plannedInAudit: number;
  readonly blocked: Readonly<Record<string, number>>;
  readonly executed: number;
  readonly executedUnplanned: number;
  /** Writes of known or possible effect: each takes one execution off the arming lease. */
  readonly mayHaveExecuted: number;
  readonly writesSent: number;
  readonly matched: boolean;
}

export interface Instant {
  readonly nowMs: number;
  readonly nowMonoMs: number;
}

/** Starts counting anew. */
export function freshProgress(now: Instant, restarts = 0): Progress {
  return {
    startedMonoMs: now.nowMonoMs,
    dwellMs: 0,
    lastTickMonoMs: now.nowMonoMs,
    lastTickMs: now.nowMs,
    runs: 0,
    lastRunMonoMs: null,
    longestGapMs: 0,
    planned: 0,
    plannedInAudit: 0,
    blocked: {},
    executed: 0,
    executedUnplanned: 0,
    writesSent: 0,
    matched: false,
    restarts,
  };
}

/** Lets time pass. `well`: every source was well; a jump over 3 intervals is no dwell, because nobody watched. */
export function passTime(
  progress: Progress,
  now: Instant,
  world: { readonly well: boolean; readonly intervalMs: number },
): Progress {
  const passed = Math.max(0, now.nowMonoMs - progress.lastTickMonoMs);
  const slept = now.nowMs - progress.lastTickMs - passed;
  const sinceRun = now.nowMonoMs - (progress.lastRunMonoMs ?? progress.startedMonoMs);
  const watched = Math.max(passed, passed + slept) <= 3 * world.intervalMs;
  return {
    ...progress,
    dwellMs: progress.dwellMs + (world.well && watched ? passed : 0),
    lastTickMonoMs: now.nowMonoMs,
    lastTickMs: now.nowMs,
    longestGapMs: Math.max(progress.longestGapMs, sinceRun, slept),
  };
}

/** Adds a finished run. */
export function countRun(progress: Progress, counts: RunCounts, nowMonoMs: number): Progress {
  const blocked = { ...progress.blocked };
  for (const [reason, count] of Object.entries(counts.blocked))
    blocked[reason] = (blocked[reason] ?? 0) + count;
  return {
    ...progress,
    runs: progress.runs + (counts.due ? 1 : 0),
    lastRunMonoMs: counts.due ? nowMonoMs : progress.lastRunMonoMs,
    planned: progress.planned + counts.planned,
    plannedInAudit: progress.plannedInAudit + counts.plannedInAudit,
    blocked,
    executed: progress.executed + counts.executed,
    executedUnplanned: progress.executedUnplanned + counts.executedUnplanned,
    writesSent: progress.writesSent + counts.writesSent,
    matched: progress.matched || counts.matched,
  };
}

/** Counts since the process started, and of the last run; the metrics' counters are fed in the same place. */
import type { ActionKind, BlockReason } from '../engine/types.ts';

/** What one run counted. Conservation: planned = executed + blocked + failed + unknown. */
export interface RunTally {
  readonly planned: Readonly<Record<ActionKind, number>>;
  readonly executed: Readonly<Record<ActionKind, number>>;
  readonly failed: Readonly<Record<ActionKind, number>>;
  readonly unknown: Readonly<Record<ActionKind, number>>;
  readonly blocked: Readonly<Partial<Record<BlockReason, number>>>;
}

export interface FlatTally {
  readonly planned: number;
  readonly blocked: number;
  readonly executed: number;
  readonly failed: number;
  readonly unknown: number;
}

export interface Totals {
  readonly add: (tally: RunTally, atMonoMs: number) => void;
  readonly all: () => FlatTally;
  readonly lastRun: () => FlatTally;
  readonly blockedByReason: () => Readonly<Record<string, number>>;
  /** Planned in the last 60 s of monotonic time. */
  readonly plannedPerMinute: (nowMonoMs: number) => number;
}

const ZERO: FlatTally = { planned: 0, blocked: 0, executed: 0, failed: 0, unknown: 0 };

/** Starts at zero. */
export function createTotals(): Totals {
  let all = ZERO;
  let last = ZERO;
  let recent: readonly { readonly atMonoMs: number; readonly planned: number }[] = [];
  const reasons = new Map<string, number>();
  return {
    add: (tally, atMonoMs) => {
      last = flatten(tally);
      all = plus(all, last);
      for (const [reason, count] of Object.entries(tally.blocked))
        reasons.set(reason, (reasons.get(reason) ?? 0) + count);
      recent = [
        ...recent.filter((one) => atMonoMs - one.atMonoMs < 60_000),
        { atMonoMs, planned: last.planned },
      ];
    },
    all: () => all,
    lastRun: () => last,
    blockedByReason: () => Object.fromEntries(reasons),
    plannedPerMinute: (nowMonoMs) =>
      recent
        .filter((one) => nowMonoMs - one.atMonoMs < 60_000)
        .reduce((count, one) => count + one.planned, 0),
  };
}

/** Sums a tally over actions and reasons. */
export function flatten(tally: RunTally): FlatTally {
  const both = (counts: Readonly<Record<ActionKind, number>>) => counts.cancel + counts.flatten;
  return {
    planned: both(tally.planned),
    blocked: Object.values(tally.blocked).reduce((total, count) => total + count, 0),
    executed: both(tally.executed),
    failed: both(tally.failed),
    unknown: both(tally.unknown),
  };
}

function plus(a: FlatTally, b: FlatTally): FlatTally {
  return {
    planned: a.planned + b.planned,
    blocked: a.blocked + b.blocked,
    executed: a.executed + b.executed,
    failed: a.failed + b.failed,
    unknown: a.unknown + b.unknown,
  };
}

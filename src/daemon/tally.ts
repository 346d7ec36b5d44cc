/** Turns a decision and what was executed of it into counts. Pure. */
import type { Decision } from '../engine/decide.ts';
import type { ActionKind, BlockReason, Mismatch } from '../engine/types.ts';
import type { Execution } from './executing.ts';
import type { RunTally } from './totals.ts';

/** What a finished run tells the metrics. */
export interface FinishedRun {
  readonly decision: Decision;
  readonly tally: RunTally;
  readonly durationMs: number;
  readonly complete: boolean;
}

export interface RunSink {
  readonly runFinished: (run: FinishedRun) => void;
}

/** Counts a run; every planned action is counted exactly once as executed, blocked, failed or unknown. */
export function tallyOf(decision: Decision, execution: Execution): RunTally {
  const zero = (): Record<ActionKind, number> => ({ cancel: 0, flatten: 0 });
  const tally = { planned: zero(), executed: zero(), failed: zero(), unknown: zero() };
  const blocked: Partial<Record<BlockReason, number>> = {};
  const block = (reason: BlockReason) => {
    blocked[reason] = (blocked[reason] ?? 0) + 1;
  };
  const results = new Map(execution.results.map((result) => [result.action.id, result]));
  for (const { action, reason } of decision.planned) {
    tally.planned[action.action] += 1;
    if (reason !== null) {
      block(reason);
      continue;
    }
    const result = results.get(action.id);
    // All gates were open but the run could not go on to execute: the stage was lowered under it, or its lease used up.
    if (result === undefined) block(execution.untried ?? 'not_armed');
    else if (result.status === 'blocked') block(result.reason ?? 'not_armed');
    else tally[result.status][action.action] += 1;
  }
  return { ...tally, blocked };
}

/** Counts mismatches by type. */
export function countByType(mismatches: readonly Mismatch[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type } of mismatches) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

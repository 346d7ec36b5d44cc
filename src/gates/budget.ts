/** What the daily budgets have used up. A jump of the wall clock never gives anything back early. */
import type { Decimal } from '../engine/types.ts';
import { total } from './cap.ts';
import type { DayUsage } from './gate.ts';

/** One write that left, whatever came of it. */
export interface BudgetEntry {
  /** Wall time of the dispatch. */
  readonly atMs: number;
  /** Monotonic time of the dispatch; null when another process sent it. */
  readonly atMonoMs: number | null;
  /** "0" for a cancel. */
  readonly notionalUsdt: Decimal;
}

/**
 * Sums what counts against today's budgets: the higher of the UTC day and the trailing 24 h, each by the clock
 * that says less time has passed. Entries from the future count as used. Null when an entry can't be read.
 */
export function dayUsage(
  entries: readonly BudgetEntry[],
  now: { readonly wallMs: number; readonly monoMs: number },
): DayUsage | null {
  if (!Number.isFinite(now.wallMs) || !Number.isFinite(now.monoMs)) return null;
  const counted = entries.filter((entry) => !isOver(entry, now));
  const notionalUsdt = total(counted.map((entry) => entry.notionalUsdt));
  return notionalUsdt === null ? null : { calls: counted.length, notionalUsdt };
}

/** A UTC day holds nothing older than 24 h, so whatever counts for it counts for the trailing 24 h too. */
function isOver(entry: BudgetEntry, now: { readonly wallMs: number; readonly monoMs: number }): boolean {
  const overByWall = now.wallMs - entry.atMs >= DAY_MS;
  const overByMono = entry.atMonoMs === null || now.monoMs - entry.atMonoMs >= DAY_MS;
  return overByWall && overByMono;
}

const DAY_MS = 86_400_000;

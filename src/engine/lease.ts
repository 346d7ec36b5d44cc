/** The arming lease: the right to be in stage 4, which ends with whichever clock, count or gap comes first. Pure. */
import type { Instant } from './progress.ts';

export interface Lease {
  readonly grantedAtMs: number;
  readonly untilMs: number;
  readonly untilMonoMs: number;
  readonly executionsLeft: number;
}

/** Grants a lease of `leaseMs` and `maxExecutions` from now on. */
export function grantLease(
  terms: { readonly leaseMs: number; readonly maxExecutions: number },
  now: Instant,
): Lease {
  return {
    grantedAtMs: now.nowMs,
    untilMs: now.nowMs + terms.leaseMs,
    untilMonoMs: now.nowMonoMs + terms.leaseMs,
    executionsLeft: terms.maxExecutions,
  };
}

/** Takes executions off a lease; a write of unknown outcome is one. */
export function spendLease(lease: Lease | null, executed: number): Lease | null {
  return lease === null ? null : { ...lease, executionsLeft: lease.executionsLeft - executed };
}

/** The first of these that a lease still has executions for; none without a lease. */
export function withinLease<T>(actions: readonly T[], lease: Lease | null): readonly T[] {
  return actions.slice(0, Math.max(0, lease?.executionsLeft ?? 0));
}

/** Says why a lease is over, or null. `gapMs` is the longest time without a run since stage 4 was entered. */
export function leaseOver(lease: Lease, now: Instant, gapMs: number, intervalMs: number): string | null {
  if (now.nowMs >= lease.untilMs || now.nowMonoMs >= lease.untilMonoMs) return 'arming lease over';
  if (now.nowMs < lease.grantedAtMs) return 'arming lease over: the wall clock went back';
  if (lease.executionsLeft <= 0) return 'arming lease over: its executions are used up';
  if (gapMs > 3 * intervalMs) return 'arming lease over: a gap of over 3 intervals';
  return null;
}

/** Time left by the earlier of both clocks, never below 0. */
export function leaseLeftMs(lease: Lease, now: Instant): number {
  return Math.max(0, Math.min(lease.untilMs - now.nowMs, lease.untilMonoMs - now.nowMonoMs));
}

/** The arming lease: the right to be in stage 4, which ends with whichever clock, count or gap comes first. Pure. */
import type { Instant } from './progress.ts';

export interface Lease {
  readonly grantedAtMs: number;
  readonly grantedMonoMs: number;
  /** What it was granted for, or renewed to. */
  readonly leaseMs: number;
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
    grantedMonoMs: now.nowMonoMs,
    leaseMs: terms.leaseMs,
    untilMs: now.nowMs + terms.leaseMs,
    untilMonoMs: now.nowMonoMs + terms.leaseMs,
    executionsLeft: terms.maxExecutions,
  };
}

/** However often it is renewed, a lease ends this long after it was granted. */
export const LEASE_CEILING_MS = 12 * 3_600_000;

/** Renews a lease from now on, up to the ceiling by either clock, with all its executions; null when that gains no time. */
export function renewLease(
  lease: Lease,
  terms: { readonly leaseMs: number; readonly maxExecutions: number },
  now: Instant,
): Lease | null {
  const untilMs = Math.min(now.nowMs + terms.leaseMs, lease.grantedAtMs + LEASE_CEILING_MS);
  const untilMonoMs = Math.min(now.nowMonoMs + terms.leaseMs, lease.grantedMonoMs + LEASE_CEILING_MS);
  const renewed = { ...lease, untilMs, untilMonoMs, executionsLeft: terms.maxExecutions };
  const leaseMs = leaseLeftMs(renewed, now);
  return leaseMs > leaseLeftMs(lease, now) ? { ...renewed, leaseMs } : null;
}

const WARN_FIRST_MS = 900_000;
const WARN_LAST_MS = 300_000;

/** How near the end of a lease is: 0 far, 1 under 15 minutes, 2 under 5; a short lease warns at its half and its quarter. */
export function leaseNearness(lease: Lease, now: Instant): 0 | 1 | 2 {
  const leftMs = leaseLeftMs(lease, now);
  if (leftMs <= Math.min(WARN_LAST_MS, lease.leaseMs / 4)) return 2;
  return leftMs <= Math.min(WARN_FIRST_MS, lease.leaseMs / 2) ? 1 : 0;
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

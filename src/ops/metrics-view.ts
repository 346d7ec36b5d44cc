/** What the metrics read at a scrape and what they are told once a run. */
import type { ActionKind, BlockReason, GateName, MismatchType, ReadSource } from '../engine/types.ts';

/** The engine as of the scrape. Wall times are epoch ms, `Mono` the metrics clock's monotonic ms. */
export interface MetricsView {
  /** False when the engine's own document is over age: its gauges are then left out and /healthz is 503. */
  readonly fresh: boolean;
  /** End of the last complete snapshot; null before the first. */
  readonly lastSnapshot: { readonly atMs: number; readonly atMonoMs: number } | null;
  readonly lastRemediationAtMs: number | null;
  readonly stage: number;
  readonly stageRequested: number;
  readonly stageEarned: number;
  /** The last run's verdicts; a gate that had no action to judge is open. */
  readonly gatesClosed: ReadonlySet<GateName>;
  readonly armed: boolean;
  readonly armingLeaseLeftMs: number | null;
  readonly stopLatched: boolean;
  /** Writes without a known outcome, of earlier processes too; null where the audit can't tell. */
  readonly unresolvedIntents: number | null;
  /** Alarms that stand. */
  readonly alarms: number;
  readonly sources: Readonly<
    Record<ReadSource, { readonly up: boolean; readonly lastSuccessAtMs: number | null }>
  >;
  readonly budget: {
    readonly callsUsedDay: number;
    readonly callsLimitDay: number;
    readonly notionalUsedDay: number;
    readonly notionalLimitDay: number;
  } | null;
  readonly config: {
    readonly digest: string;
    readonly version: string;
    readonly runtime: string;
    readonly environment: string;
  };
}

type Counts<Key extends string> = Readonly<Partial<Record<Key, number>>>;

/** What one run adds to the counters: differences, never totals. */
export interface RunCounts {
  readonly durationMs: number;
  readonly withError: boolean;
  readonly mismatches: Counts<MismatchType>;
  readonly planned: Counts<ActionKind>;
  readonly blocked: Counts<BlockReason>;
  readonly executed: Counts<ActionKind>;
  readonly failed: Counts<ActionKind>;
  readonly unknown: Counts<ActionKind>;
}

/** How an action of unknown outcome was resolved; `manual` is the operator's word. */
export type ResolvedOutcome = 'executed' | 'not_executed' | 'manual';

export const ACTION_KINDS: readonly ActionKind[] = ['cancel', 'flatten'];
export const RESOLVED_OUTCOMES: readonly ResolvedOutcome[] = ['executed', 'not_executed', 'manual'];
export const READ_SOURCES: readonly ReadSource[] = ['rest', 'ws', 'price', 'expected'];

/** Every metric's name begins with this. */
export const METRICS_PREFIX = 'grinder_reconcile_';

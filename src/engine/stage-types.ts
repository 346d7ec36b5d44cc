/** The words of the stage machine (see stages.ts). */
import type { CoveredSettings } from '../config/covered.ts';
import type { StageWorld } from './criteria.ts';
import type { Evidence } from './evidence.ts';
import type { Lease } from './lease.ts';
import type { Instant, Progress, RunCounts } from './progress.ts';
import type { Criterion, StageNumber } from './types.ts';

/** A reason that keeps the stage down, such as a variable. */
export interface Hold {
  readonly stage: StageNumber;
  readonly because: string;
  /** What an operator types or does to get past it, such as `grinder ack mass_mismatch`. */
  readonly remedy?: string;
}

export interface StageState {
  readonly request: { readonly stage: StageNumber; readonly by: string };
  readonly inForce: StageNumber;
  readonly sinceMs: number;
  readonly evidence: readonly Evidence[];
  readonly progress: Progress;
  readonly lease: Lease | null;
  readonly latched: boolean;
}

/** Settings and clocks of the moment. */
export interface StageContext extends Instant {
  readonly holds: readonly Hold[];
  readonly covered: CoveredSettings;
  readonly version: string;
  readonly dwellMs: number;
  readonly world: Omit<StageWorld, 'requiredDwellMs'>;
}

export type StageEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'run'; readonly counts: RunCounts }
  | {
      readonly type: 'request';
      readonly stage: StageNumber;
      readonly by: string;
      readonly why?: string;
    }
  /** Asks for `stage` at most: what is asked for already may be lower, and stays. */
  | {
      readonly type: 'lower';
      readonly stage: StageNumber;
      readonly by: string;
      readonly why?: string;
    }
  | {
      readonly type: 'confirm';
      readonly by: string;
      readonly leaseMs: number;
      readonly maxExecutions: number;
    }
  | { readonly type: 'breach'; readonly why: string }
  | { readonly type: 'stop'; readonly by: string }
  | { readonly type: 'clear_stop'; readonly by: string };

export type StageEffect =
  | {
      readonly type: 'stage_changed';
      readonly from: StageNumber;
      readonly to: StageNumber;
      readonly by: string;
      readonly why: string;
    }
  | { readonly type: 'evidence_passed'; readonly evidence: Evidence; readonly criteria: readonly Criterion[] }
  | {
      readonly type: 'evidence_withdrawn';
      readonly fromStage: StageNumber;
      readonly why: string;
      readonly criteria: readonly Criterion[];
    };

export interface StageStep {
  readonly state: StageState;
  readonly effects: readonly StageEffect[];
}

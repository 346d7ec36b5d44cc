/** What the executor is given: its tools for life, and one run to execute. */
import type { Exchange, WriteRequest } from '../exchange/exchange.ts';
import type { RunUsage } from '../gates/gate.ts';
import type { Clock } from './clock.ts';
import type { Interlock } from './interlock.ts';
import type { Journal } from './journal.ts';
import type { Timers } from './machine.ts';
import type { PlanLedger } from './plan-ledger.ts';
import type { FlattenPricer } from './prepare-write.ts';
import type { GateName, JudgedAction, PlannedAction } from './types.ts';
import type { RunStamp } from './write-records.ts';

/** What the executor works with. */
export interface ExecutorTools {
  readonly exchange: Pick<Exchange, 'queryOrder' | 'queryPosition' | 'dispatch'>;
  readonly journal: Journal;
  readonly interlock: Interlock;
  readonly clock: Clock;
  /** Hash of what a write looks like on the wire (exchange/wire.ts); throws when it can't be put there. */
  readonly hashRequest: (write: WriteRequest) => string;
  readonly flattenTerms: FlattenPricer;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  /** For ids; this machine's when it isn't given. */
  readonly randomHex?: (bytes: number) => string;
  /** Told of each repair order's id before anything is done with it. */
  readonly onRepairId?: (clientOrderId: string) => void;
  /** For the limit of a dispatch; this machine's when they aren't given. */
  readonly timers?: Timers;
  /** How long a permit lasts once the gates were judged for the last time, in milliseconds. */
  readonly permitMs: number;
  /**
   * How long a dispatch may take before it counts as unknown, in milliseconds; 60,000 when not said. Above `permitMs`, so
   * that what is given up can not leave any more.
   */
  readonly dispatchLimitMs?: number;
}

/** One run's actions that passed all gates, in the order to execute them. */
export interface ExecuteRequest {
  readonly run: RunStamp;
  readonly actions: readonly JudgedAction[];
  /** The interlock's epoch, read before the gates were judged. */
  readonly epoch: number;
  /**
   * Judges one action by the world as it is now and by what this run has taken so far; null when every gate is open.
   * Called right before every write, and earlier when the epoch moved.
   */
  readonly rejudge: (action: PlannedAction, used: RunUsage) => GateName | null;
  /** The run's plan as it was written down; every write uses up an entry of it. */
  readonly ledger: PlanLedger;
  /** Told of a write that the plan does not hold, before anything else happens: it takes away the right to write. */
  readonly unplanned: (why: string) => void;
  /** Told of a definite refusal before the next action is looked at. */
  readonly refused?: (refusal: { readonly httpStatus: number | null; readonly code: number | null }) => void;
}

/** What the parts of a running daemon share: its immutable surroundings, and the few things that change. */
import type { Settings } from '../config/load.ts';
import type { Offer } from '../engine/approval.ts';
import type { Clock } from '../engine/clock.ts';
import type { Comparer } from '../engine/comparer.ts';
import type { ConfirmState } from '../engine/confirm.ts';
import type { ActionHistory, Decision } from '../engine/decide.ts';
import type { Feed } from '../engine/feed.ts';
import type { Interlock } from '../engine/interlock.ts';
import type { Journal } from '../engine/journal.ts';
import type { Machine } from '../engine/machine.ts';
import type { MassFound } from '../engine/mass-records.ts';
import type { OtherExecutor } from '../engine/other-executor.ts';
import type { PauseRecord } from '../engine/pause-record.ts';
import type { Instant } from '../engine/progress.ts';
import type { StageState } from '../engine/stage-types.ts';
import type { TargetedReads } from '../engine/targeted.ts';
import type { Criterion, Mismatch, Observation, ObservedOrder, SymbolRules } from '../engine/types.ts';
import type { View } from '../engine/view.ts';
import type { DisagreementKind } from '../engine/view-snapshot.ts';
import type { ClockReading, Exchange, KeyRights } from '../exchange/exchange.ts';
import type { DayUsage, MassWorld } from '../gates/gate.ts';
import type { Places } from '../launch/places.ts';
import type { ArmedWork } from './armed-work.ts';
import type { Notebook } from './notebook.ts';
import type { Totals } from './totals.ts';

/** A held account lock. */
export interface Leadership {
  readonly stillHeld: () => boolean;
  readonly release: () => void;
}

/** Who this daemon is. */
export interface DaemonIdentity {
  readonly host: string;
  readonly pid: number;
  readonly uid: number;
  /** Short hash of the API key; `sim` on a simulator. */
  readonly account: string;
  readonly version: string;
  readonly commit: string;
  readonly runtime: string;
  readonly packaging: string;
  /** True when the terminal that shows the daemon also owns it. */
  readonly ownedByTerminal: boolean;
  /** Only for the embedded simulator: its control side, for real strays. */
  readonly simulatorUrl: string | null;
}

/** How a source did last. Times are this process's monotonic milliseconds unless named otherwise. */
export interface SourceState {
  readonly up: boolean | null;
  readonly lastSuccessMonoMs: number | null;
  readonly lastSuccessMs: number | null;
  readonly detail: string;
}

/** The latch as this process knows it. */
export interface LatchState {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  readonly atMonoMs: number;
  readonly durable: boolean;
  readonly executedAtStop: number;
  readonly verdict: string | null;
}

/** Everything that changes while the daemon runs; written by one thread only. */
export interface Vitals {
  stage: StageState;
  /** The open question to operators; null when none is asked. */
  offer: Offer | null;
  /** What was sent since the arming. */
  armedWork: ArmedWork;
  latch: LatchState | null;
  /** The newest observation, complete or not. */
  observation: Observation | null;
  /** The newest complete one. */
  complete: Observation | null;
  /** The last complete read with what the stream told since. */
  view: View;
  /** How often stream and reads disagreed, since the start. */
  disagreements: {
    readonly counts: Readonly<Partial<Record<DisagreementKind, number>>>;
    readonly last: { readonly text: string; readonly atMs: number; readonly atMonoMs: number } | null;
    /** There is an alarm about it: complete reads have not agreed for long enough since. */
    readonly stands: boolean;
  };
  /** Compares from what changed since it was last asked. */
  readonly comparer: Comparer;
  decision: Decision | null;
  /** What really differed in the last complete picture: one that isn't complete proves of nothing that it is gone. */
  standing: readonly Mismatch[];
  decidedAtMonoMs: number | null;
  confirm: ConfirmState;
  targeted: TargetedReads;
  history: Map<string, ActionHistory>;
  rules: ReadonlyMap<string, SymbolRules>;
  rulesProblem: string | null;
  /** The exchange was asked for its symbols at least once. */
  rulesTried: boolean;
  /** By both clocks as it was taken in: where they have parted since, the wall clock jumped. */
  clock: (ClockReading & { readonly atMs: number; readonly atMonoMs: number }) | null;
  keyRights: KeyRights | null;
  ws: SourceState;
  rest: SourceState;
  price: SourceState;
  backoff: { readonly untilMs: number; readonly untilMonoMs: number };
  foreign: ReadonlyMap<string, number>;
  /** Open orders that are nobody's or can't be read as ours, by symbol; null before the first comparison. */
  strangers: ReadonlyMap<string, number> | null;
  /** What the last comparison's figures say; null before the first. */
  mass: MassWorld | null;
  /** Start of the first complete read of a mass mismatch that is still there. */
  massSinceMonoMs: number | null;
  /** A mass mismatch that nobody has acknowledged. */
  massFound: MassFound | null;
  /** Ids of repair orders: given by this process, and looked at already; those made before its start are not judged. */
  readonly repairs: {
    readonly given: Set<string>;
    readonly judged: Set<string>;
    readonly judgedFromMs: number;
  };
  /** Another executor of this account that nobody has acknowledged. */
  otherExecutor: OtherExecutor | null;
  prerequisites: readonly Criterion[] | null;
  /** When other settings came into force, by the monotonic clock: what was decided before was decided under others. */
  resettledMonoMs: number;
  canary: ObservedOrder | null;
  /** The canary is on screen and in the running run. */
  canaryShown: boolean;
  /** When a dispatch was by this process's monotonic clock, by intent id; earlier processes' as old as they were at the start. */
  readonly dispatchedMonoMs: Map<string, number>;
  /** The same of the adoption of an audit that may lack lines; null when there was none. */
  readonly linesLostMonoMs: number | null;
  /** The file STOP that was obeyed last or was there at the last look (see stopFileMark); null for none. */
  stopFileSeen: string | null;
  /** Writes that left, as the exchange thread told. */
  writesSent: number;
  /** The cooldown's clock as it stood when the running run was judged. */
  sinceLastWriteAtRunMs: number | null;
  /** What the day's budgets had used when the running run was judged. */
  dayAtRun: DayUsage | null;
  /** A mismatch was seen in a read since the stop. */
  mismatchSinceStop: boolean;
  /** A run is executing: nothing else decides meanwhile. */
  executing: boolean;
  runs: number;
  runId: string | null;
  /** When the last run began, by both clocks. */
  lastRun: Instant | null;
  lastRunDurationMs: number | null;
  lastRunEndMonoMs: number | null;
  lastTickMonoMs: number;
  /** When the loop was last switched on. */
  loopSinceMonoMs: number;
  ready: boolean;
  /** Where /metrics answers. */
  metricsUrl: string;
}

/** The daemon's parts. */
export interface Core {
  /** Replaced as a whole when the configuration is read again: read it anew in each function, keep no part of it. */
  settings: Settings;
  readonly places: Places;
  readonly identity: DaemonIdentity;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly journal: Journal;
  readonly interlock: Interlock;
  readonly exchange: Exchange;
  readonly feed: Feed;
  readonly leadership: Leadership;
  readonly pauseRecord: PauseRecord;
  readonly notebook: Notebook;
  readonly totals: Totals;
  readonly startedMonoMs: number;
  readonly vitals: Vitals;
}

/** Reads both clocks at once. */
export function instant(clock: Clock): Instant {
  return { nowMs: clock.wallMs(), nowMonoMs: clock.monoMs() };
}

/**
 * What a gate is: a pure question about one planned action and the world, answered with open or closed.
 *
 * A gate whose input is missing, unparsable or too old is closed. A gate that throws counts as closed
 * (see index.ts). `null` always means "not known".
 */
import type { ActionMode, Decimal, GateName, PlannedAction, Switches } from '../engine/types.ts';

/** Caps and budgets in force; decimals are USDT. */
export interface Limits {
  readonly maxFlattenNotionalUsdt: Decimal;
  readonly maxOrdersPerAction: number;
  readonly maxSymbolsPerAction: number;
  readonly maxCallsPerRun: number;
  readonly maxNotionalPerRunUsdt: Decimal;
  readonly maxCallsPerDay: number;
  readonly maxNotionalPerDayUsdt: Decimal;
}

/** What the budgets have used up: the higher of the UTC day and the trailing 24 h. */
export interface DayUsage {
  readonly calls: number;
  readonly notionalUsdt: Decimal;
}

/** What this run's earlier actions that passed have taken. */
export interface RunUsage {
  readonly orders: number;
  readonly symbols: readonly string[];
  readonly calls: number;
  readonly notionalUsdt: Decimal;
  /** How many of them are cancels: in mode `auto` one of them keeps every flatten for a later run. */
  readonly cancels: number;
}

/** How often and how long a mismatch was seen in complete reads. */
export interface Confirmation {
  readonly completeReads: number;
  /** Monotonic time between the first and the latest complete read that showed it. */
  readonly spanMs: number;
  /** The part of that span during which the item itself did not change: same amount, same update time. */
  readonly stillMs: number;
}

/** How much of the last picture differs. Counts leave the canary aside. */
export interface MassWorld {
  /** Orders and positions that nobody expects, ghosts of ended orders included. */
  readonly unexpected: number;
  /** Live orders in our identity and positions other than zero. */
  readonly ours: number;
  /** How many of them the engine and the exchange agree on. */
  readonly matched: number;
  /** Mismatches of any type. */
  readonly differing: number;
  /** An operator acknowledged this very set, or a set that holds it. */
  readonly acknowledged: boolean;
  /** A mass mismatch lowered the stage and nobody has acknowledged it. */
  readonly pending: boolean;
}

/** Everything the gates read, gathered once a run. */
export interface GateWorld {
  readonly stopLatched: boolean | null;
  readonly isLeader: boolean | null;
  /** A repair order that another executor of this account sent, and nobody has acknowledged; null when none was seen. */
  readonly otherExecutor: string | null;
  readonly audit: { readonly enabled: boolean; readonly healthy: boolean; readonly problem: string };
  readonly switches: Switches;
  /** The configured mode, whatever the stage made of it. */
  readonly mode: ActionMode;
  readonly mainnetTrade: { readonly required: boolean; readonly allowed: boolean };
  readonly expected: {
    /** The older of wall and monotonic age of the newest line; a line from the future is null. */
    readonly ageMs: number | null;
    readonly staleAfterMs: number;
    readonly hasCheckpoint: boolean;
    readonly settled: boolean;
    /** Why the picture can't be trusted, or null. */
    readonly fault: string | null;
    /** The engine has applied the exchange's events up to here, epoch ms of the exchange; 0 when it never said. */
    readonly appliedEventMs: number;
    /** How late a position record may be, in milliseconds. */
    readonly positionLagMs: number;
  };
  /** The exchange's time now, as we know it. */
  readonly exchangeNowMs: number | null;
  /** Null before the first comparison. */
  readonly mass: MassWorld | null;
  /** What else hangs on a position. */
  readonly sideEffects: {
    /** Symbols with expected reduce-only or conditional orders. */
    readonly protectedSymbols: readonly string[];
    /** Open orders that are not ours, by symbol; null before the first comparison. */
    readonly strangers: ReadonlyMap<string, number> | null;
    /** Symbols of the configured hedge groups. */
    readonly hedgedSymbols: readonly string[];
  };
  readonly snapshot: { readonly ageMs: number | null; readonly complete: boolean; readonly maxAgeMs: number };
  readonly clock: {
    readonly offsetMs: number | null;
    readonly measuredAgeMs: number | null;
    readonly limitMs: number;
    readonly maxAgeMs: number;
  };
  /** Milliseconds left of a 429 pause or a 418 ban; 0 when none, null when unknown. */
  readonly backoffLeftMs: number | null;
  readonly unresolvedSymbols: readonly string[] | null;
  /** Time since the last run that sent a write: null when that is unknown, Infinity when never. */
  readonly sinceLastWriteMs: number | null;
  readonly cooldownMs: number;
  readonly whitelist: readonly string[];
  readonly identity: { readonly prefix: string; readonly allowedStrategies: readonly string[] };
  /** True when the operator lets reduce-only, close-position and conditional orders be cancelled. */
  readonly remediateProtective: boolean;
  readonly confirmAfterMs: number;
  readonly prices: ReadonlyMap<string, { readonly markPrice: Decimal; readonly ageMs: number }>;
  readonly priceMaxAgeMs: number;
  /** The largest quantity that the exchange takes in one flatten, by symbol. */
  readonly largestOrders: ReadonlyMap<string, Decimal>;
  readonly limits: Limits;
  readonly day: DayUsage | null;
}

/** One question to a gate. */
export interface GateInput {
  readonly action: PlannedAction;
  readonly world: GateWorld;
  readonly run: RunUsage;
  /** Null when the mismatch has never been in a complete read. */
  readonly confirmation: Confirmation | null;
  /** How often this very action failed; three times make it the operator's. */
  readonly failures: number;
}

/** A gate's answer, with figure and limit as text for the screen. */
export interface GateAnswer {
  readonly open: boolean;
  readonly value: string;
  readonly limit: string;
}

interface GateBase {
  readonly name: GateName;
  /** What it protects against, in one sentence for people. */
  readonly rule: string;
}

/** A gate that gives the same answer for every action: pure, total, no clock of its own. */
export interface WorldGate extends GateBase {
  readonly scope: 'world';
  readonly judge: (world: GateWorld) => GateAnswer;
}

/** A gate that looks at the action at hand: pure, total, no clock of its own. */
export interface ActionGate extends GateBase {
  readonly scope: 'action';
  readonly judge: (input: GateInput) => GateAnswer;
}

/** A gate. */
export type Gate = WorldGate | ActionGate;

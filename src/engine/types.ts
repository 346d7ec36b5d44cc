/**
 * The words of the engine. Pure data, no behaviour; everything is readonly and can cross a thread.
 *
 * Times: `…Ms` is wall-clock epoch milliseconds unless the name says `Mono`, which is milliseconds of this
 * process's monotonic clock (see clock.ts). Money and quantities are decimal text; arithmetic is in decimal.ts.
 */
import type { ReadReport } from './read-report.ts';

/** Decimal text such as "0.010"; parsed only by decimal.ts. */
export type Decimal = string;
export type Side = 'BUY' | 'SELL';
/** BOTH in one-way mode, LONG and SHORT in hedge mode. */
export type PositionSide = 'BOTH' | 'LONG' | 'SHORT';
export type Environment = 'sim' | 'testnet' | 'mainnet';
export type StageNumber = 0 | 1 | 2 | 3 | 4;
/** What an action does at the exchange. */
export type ActionKind = 'cancel' | 'flatten';
/** Which kinds of action the operator configured. */
export type ActionMode = 'none' | 'cancel_all' | 'flatten' | 'auto';

export const MISMATCH_TYPES = [
  'ORDER_EXISTS_UNEXPECTED',
  'ORDER_STATUS_DIVERGENCE',
  'ORDER_TERMS_DIVERGENCE',
  'ORDER_MISSING_ON_EXCHANGE',
  'POSITION_NONZERO_UNEXPECTED',
  'POSITION_SIZE_DIVERGENCE',
] as const;
export type MismatchType = (typeof MISMATCH_TYPES)[number];

export type { ExpectedOrder, ExpectedPosition, ExpectedState } from './expected-types.ts';
export type { ReadReport } from './read-report.ts';

export type OrderStatus =
  | 'NEW'
  | 'PARTIALLY_FILLED'
  | 'FILLED'
  | 'CANCELED'
  | 'EXPIRED'
  | 'REJECTED'
  | 'UNKNOWN';

/** An order as the exchange shows it. */
export interface ObservedOrder {
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly orderType: string;
  readonly price: Decimal;
  readonly quantity: Decimal;
  readonly filledQuantity: Decimal;
  readonly status: OrderStatus;
  readonly reduceOnly: boolean;
  readonly closePosition: boolean;
  /** True for orders of the algoOrder endpoints. */
  readonly conditional: boolean;
  readonly positionSide: PositionSide;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** True for the canary: never sent to the exchange. */
  readonly synthetic: boolean;
  /** Start of the sweep that showed it, when that is older than the observation it is carried in. */
  readonly sweptAtMonoMs?: number;
  /** When the user stream told it in this form; only where that is newer than what was read. */
  readonly heardAtMonoMs?: number;
}

/** A position as the exchange shows it; one row a side in hedge mode. */
export interface ObservedPosition {
  readonly symbol: string;
  readonly positionSide: PositionSide;
  readonly amount: Decimal;
  readonly entryPrice: Decimal;
  readonly updatedAtMs: number;
  /** When the user stream told it in this form; only where that is newer than what was read. */
  readonly heardAtMonoMs?: number;
}

export type ReadSource = 'rest' | 'ws' | 'price' | 'expected';

/** What the exchange showed, with its provenance. `complete` only when every read needed was ok. */
export interface Observation {
  readonly complete: boolean;
  readonly startedMonoMs: number;
  readonly endedMonoMs: number;
  readonly endedAtMs: number;
  readonly orders: readonly ObservedOrder[];
  readonly positions: readonly ObservedPosition[];
  readonly prices: readonly MarkPrice[];
  readonly positionMode: 'one_way' | 'hedge' | null;
  readonly reads: readonly ReadReport[];
  /** Start of the last complete sweep over all symbols; null before the first. */
  readonly sweptAtMonoMs: number | null;
}

export interface MarkPrice {
  readonly symbol: string;
  readonly markPrice: Decimal;
  /** Exchange time of the price. */
  readonly atMs: number;
  readonly readAtMonoMs: number;
}

/** Trading rules of a symbol, from exchangeInfo. */
export interface SymbolRules {
  readonly symbol: string;
  readonly stepSize: Decimal;
  readonly tickSize: Decimal;
  readonly minQuantity: Decimal;
  readonly maxQuantity: Decimal;
  readonly marketMaxQuantity: Decimal;
  readonly minNotional: Decimal;
}

/** One difference between expected and observed. */
export interface Mismatch {
  /** Stable over runs: type, symbol and id or position side. */
  readonly key: string;
  readonly type: MismatchType;
  readonly symbol: string;
  readonly clientOrderId: string | null;
  readonly orderId: string | null;
  readonly positionSide: PositionSide | null;
  readonly remediation: ActionKind | 'report';
  /** One line for people: what was expected, what was found. Escaped. */
  readonly detail: string;
  /** Why it is report-only although its type is remediable; empty otherwise. */
  readonly reportOnlyBecause: string;
  readonly observedOrder: ObservedOrder | null;
  readonly observedPosition: ObservedPosition | null;
  readonly synthetic: boolean;
}

/** One thing we would do at the exchange, judged by the gates before anything leaves. */
export interface PlannedAction {
  /** Stable over runs: `action:key`. */
  readonly id: string;
  readonly action: ActionKind;
  readonly symbol: string;
  /** Cancel: the order's client id. Flatten: null. */
  readonly clientOrderId: string | null;
  readonly orderId: string | null;
  readonly conditional: boolean;
  readonly positionSide: PositionSide | null;
  /** Flatten: BUY closes a short, SELL closes a long. */
  readonly side: Side | null;
  /** Flatten: absolute base quantity. Cancel: null. */
  readonly quantity: Decimal | null;
  /** Flatten: |quantity| x mark price, rounded up to cents; null when no price is known. Cancel: "0". */
  readonly notionalUsdt: Decimal | null;
  readonly mismatch: Mismatch;
  readonly synthetic: boolean;
}

/** The gates, in the contract's order; the first closed one is the reason. */
export const GATE_NAMES = [
  'stop_latched',
  'not_leader',
  'audit_unavailable',
  'action_is_none',
  'dry_run',
  'allow_active_remediation_false',
  'not_armed',
  'env_var_missing',
  'expected_state_stale',
  'expected_not_caught_up',
  'mass_mismatch',
  'snapshot_stale',
  'clock_skew',
  'exchange_backoff',
  'unresolved_intent',
  'mode_cancel_only',
  'mode_flatten_only',
  'cooldown_not_elapsed',
  'whitelist_required',
  'symbol_not_in_whitelist',
  'no_grinder_prefix',
  'strategy_not_allowed',
  'protective_order',
  'not_confirmed',
  'flatten_side_effects',
  'price_unavailable',
  'notional_exceeds_limit',
  'max_orders_reached',
  'max_symbols_reached',
  'max_calls_per_run',
  'max_notional_per_run',
  'max_calls_per_day',
  'max_notional_per_day',
  'synthetic',
] as const;
export type GateName = (typeof GATE_NAMES)[number];
/** `port_error` is no gate but the reason of a failed call. */
export type BlockReason = GateName | 'port_error';

/** What one gate says, with the figure it looked at and the limit it held it against (both for people). */
export interface Verdict {
  readonly gate: GateName;
  readonly open: boolean;
  readonly value: string;
  readonly limit: string;
}

/** The switches in force, derived from the stage. */
export interface Switches {
  readonly loop: boolean;
  readonly action: ActionMode;
  readonly dryRun: boolean;
  readonly allowActiveRemediation: boolean;
  readonly armed: boolean;
}

/** A planned action with every gate's verdict; `reason` is the first closed gate, null when all are open. */
export interface JudgedAction {
  readonly action: PlannedAction;
  readonly verdicts: readonly Verdict[];
  readonly reason: GateName | null;
}

/** How a dispatched write ended. REJECTED only on a documented definite refusal. */
export type OutcomeStatus = 'EXECUTED' | 'REJECTED' | 'UNKNOWN' | 'FAILED';

export type CriterionVerdict = 'PASS' | 'FAIL' | 'INCONCLUSIVE';

/** One criterion of a stage with its figure. */
export interface Criterion {
  readonly id: string;
  /** For people, such as "runs due witnessed". */
  readonly title: string;
  readonly verdict: CriterionVerdict;
  readonly figure: string;
  readonly limit: string;
}

/** What the trading engine believes, as data. */
import type { Decimal, Environment, PositionSide, Side } from './types.ts';

/** An order the trading engine believes in. */
export interface ExpectedOrder {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly orderType: string;
  readonly price: Decimal;
  readonly quantity: Decimal;
  readonly filledQuantity: Decimal;
  readonly reduceOnly: boolean;
  /**
   * `live` from its order record on, `ended` after an order_end; `left_out` when one word alone gave it up: a
   * checkpoint that did not name it although no end of it was told, or an end dated before its record. Either it is over, or
   * it was on its way while that was written.
   */
  readonly state: 'live' | 'left_out' | 'ended';
  readonly endReason: 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED' | null;
  /** The type under which it waited for a price before it was told as a plain one, its end as such not having been told. */
  readonly firedFrom?: string;
  /** Of one that is left out: the engine's time of the record that is denied. */
  readonly deniesAtMs?: number;
  /** Wall time of the record that said so. */
  readonly updatedAtMs: number;
  /** Monotonic time at which we read that record. */
  readonly readAtMonoMs: number;
}

/** A position the trading engine believes in; an amount of 0 is explicit. */
export interface ExpectedPosition {
  readonly symbol: string;
  readonly positionSide: PositionSide;
  /** Signed base quantity. */
  readonly amount: Decimal;
  readonly updatedAtMs: number;
  readonly readAtMonoMs: number;
  /** A 0 that one word alone said of a position that the engine held, a checkpoint or a record dated before it: since when. */
  readonly doubtedSince?: Doubt;
}

/** Since when a 0 is doubted, and the engine's time of the amount that it denies. */
export interface Doubt extends SaidAt {
  readonly deniesAtMs: number;
}

/** When something was written by the engine's clock, and read by ours. */
export interface SaidAt {
  readonly updatedAtMs: number;
  readonly readAtMonoMs: number;
}

/** All the feed has told us, as of one instant. */
export interface ExpectedState {
  readonly sessionId: string | null;
  readonly seq: number;
  /** Null before the first checkpoint of the session. */
  readonly checkpoint: {
    readonly account: string;
    readonly environment: Environment;
    readonly tsMs: number;
    readonly readAtMonoMs: number;
  } | null;
  /** By client order id; ended ones stay for a while so that a late ghost is recognised. */
  readonly orders: ReadonlyMap<string, ExpectedOrder>;
  /** By `symbol/positionSide`. */
  readonly positions: ReadonlyMap<string, ExpectedPosition>;
  readonly killSwitch: boolean;
  /** Exchange events are applied up to here (epoch ms); 0 when unknown. */
  readonly appliedEventMs: number;
  /** The newest line of any type: what it said and when we read it; null before the first. */
  readonly lastLine: { readonly tsMs: number; readonly readAtMonoMs: number } | null;
  /** A gap in seq, a foreign account or a broken line since the last checkpoint: why the picture can't be trusted. */
  readonly fault: string | null;
  /**
   * Since when what the engine believes rests on one checkpoint alone: the one that ended a fault, or the first heard of a
   * session in its midst. Records before it may have been lost unseen. Null once another one came, long enough after it.
   */
  readonly oneWordSince: SaidAt | null;
  /** True once this session's checkpoint is old enough to act on (contract: checkpoint + 60 s in a new session). */
  readonly settled: boolean;
}

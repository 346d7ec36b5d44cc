/** What a comparison is asked for and what it answers. */
import type { Identity } from '../gates/identity.ts';
import type { TargetedReads } from './targeted.ts';
import type { Mismatch, ObservedOrder, SymbolRules } from './types.ts';

/** How to compare. */
export interface CompareOptions {
  readonly identity: Identity;
  readonly whitelist: readonly string[];
  readonly rules: ReadonlyMap<string, SymbolRules>;
  /** An order that is not seen is asked for only when our record of it is older than this. */
  readonly missingGraceMs: number;
  /** A status is called divergent only when our record is older than this at the start of the observation; 0. */
  readonly statusGraceMs?: number;
  /** So many "not found" in a row make an order missing; 1. A definite "ended" is enough by itself. */
  readonly missesNeeded?: number;
  /** After an answer that decided nothing, an order is asked for again only after this; `missingGraceMs`. */
  readonly requeryAfterMs?: number;
  readonly now: { readonly wallMs: number; readonly monoMs: number };
  readonly targeted?: TargetedReads;
  readonly remediateProtective: boolean;
}

/** An order with our prefix that is not in our shape: reported, never touched. Ids are as the exchange sent them. */
export interface UnparsableOrder {
  readonly clientOrderId: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly why: string;
}

/** What a comparison found. */
export interface Comparison {
  /** By the contract's priority, then symbol, then client order id. */
  readonly mismatches: readonly Mismatch[];
  /** Live orders that are not ours; our own repair orders are not among them. */
  readonly foreignBySymbol: ReadonlyMap<string, number>;
  readonly unparsable: readonly UnparsableOrder[];
  /** Orders that the engine believes live and the exchange shows, whatever their terms. */
  readonly matchedOrders: number;
  /** Positions other than zero on which both agree. */
  readonly matchedPositions: number;
  /** Live orders in our identity, the canary aside. */
  readonly ours: number;
  /** Client order ids that deserve a targeted read now, the longest unheard of first. */
  readonly queries: readonly string[];
}

/** An observation's orders by whose they are. */
export interface SortedOrders {
  readonly ours: readonly ObservedOrder[];
  readonly foreignBySymbol: ReadonlyMap<string, number>;
  readonly unparsable: readonly UnparsableOrder[];
}

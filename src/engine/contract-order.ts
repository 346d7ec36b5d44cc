/** In which order a comparison's findings are listed, and which of two rows of one order counts. Pure. */
import type { UnparsableOrder } from './comparison.ts';
import { MISMATCH_TYPES, type Mismatch, type ObservedOrder } from './types.ts';

/** Orders mismatches as the contract does: priority, symbol, client order id; the key settles the rest. */
export function byContract(a: Mismatch, b: Mismatch): number {
  return (
    MISMATCH_TYPES.indexOf(a.type) - MISMATCH_TYPES.indexOf(b.type) ||
    compareText(a.symbol, b.symbol) ||
    compareText(a.clientOrderId ?? '', b.clientOrderId ?? '') ||
    compareText(a.key, b.key)
  );
}

/** Orders what can't be read by symbol and ids. */
export function byPlace(a: UnparsableOrder, b: UnparsableOrder): number {
  return (
    compareText(a.symbol, b.symbol) ||
    compareText(a.orderId, b.orderId) ||
    compareText(a.clientOrderId, b.clientOrderId)
  );
}

/** Orders what is to be asked for: the longest unheard of first. */
export function byAge(a: Asked, b: Asked): number {
  return a.readAtMonoMs - b.readAtMonoMs || compareText(a.clientOrderId, b.clientOrderId);
}

/** An order that deserves a targeted read, and when we read the record of it. */
export interface Asked {
  readonly clientOrderId: string;
  readonly readAtMonoMs: number;
}

/** Tells whether `a` counts rather than `b`, both rows of one order; the same whatever order they came in. */
export function isNewerRow(a: ObservedOrder, b: ObservedOrder): boolean {
  if (a.updatedAtMs !== b.updatedAtMs) return a.updatedAtMs > b.updatedAtMs;
  return JSON.stringify(a) > JSON.stringify(b);
}

/** By code unit: the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

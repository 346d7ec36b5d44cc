/** How much of a comparison differs, and which mismatches make it up. Pure. */
import { createHash } from 'node:crypto';
import type { Comparison } from './comparison.ts';
import { decimal, isZero, toDigits } from './decimal.ts';
import { isLive } from './targeted.ts';
import type { Mismatch } from './types.ts';

/** The figures of one comparison, the canary aside. */
export interface MassFigures {
  /** Orders and positions that nobody expects, ghosts of ended orders included. */
  readonly unexpected: number;
  /** Live orders in our identity and positions other than zero. */
  readonly ours: number;
  readonly matched: number;
  readonly differing: number;
}

/** Counts a comparison. What the engine said while the exchange was being read is neither: compare judges it not. */
export function massFigures(comparison: Comparison): MassFigures {
  const differing = comparison.mismatches.filter(({ synthetic }) => !synthetic);
  const positions = differing.filter(
    ({ observedPosition }) => observedPosition !== null && !isZero(observedPosition.amount),
  );
  return {
    unexpected: differing.filter(isUnexpected).length,
    ours: comparison.ours + comparison.matchedPositions + positions.length,
    matched: comparison.matchedOrders + comparison.matchedPositions,
    differing: differing.length,
  };
}

/**
 * A short hash for every mismatch that makes up the mass, sorted: what nobody expects, or, when nothing matches,
 * everything that differs.
 */
export function massItems(comparison: Comparison): readonly string[] {
  const nothingMatches = massFigures(comparison).matched === 0;
  const items = comparison.mismatches.filter(
    (mismatch) => !mismatch.synthetic && (nothingMatches || isUnexpected(mismatch)),
  );
  return [...new Set(items.map((item) => hash(nameOf(item)).slice(0, ITEM_CHARS)))].sort();
}

/**
 * Names one item for good. An order's key has its id; a position's has none, and one that was closed and opened again is
 * another: its side and entry price tell, which stay while it is closed in parts.
 */
function nameOf({ key, observedPosition }: Mismatch): string {
  if (observedPosition === null) return key;
  const { amount, entryPrice } = observedPosition;
  const side = decimal(amount).isNegative() ? 'short' : 'long';
  return `${key} ${side} ${toDigits(entryPrice, ENTRY_DIGITS)}`;
}

/** Streams and reads write an entry price with more or fewer digits. */
const ENTRY_DIGITS = 6;

/** Names a set of items in twelve characters. */
export function massFingerprint(items: readonly string[]): string {
  return hash(items.join(' ')).slice(0, 12);
}

const ITEM_CHARS = 20;

function isUnexpected({ type, observedOrder }: Mismatch): boolean {
  switch (type) {
    case 'ORDER_EXISTS_UNEXPECTED':
    case 'POSITION_NONZERO_UNEXPECTED':
      return true;
    case 'ORDER_STATUS_DIVERGENCE':
      return observedOrder !== null && isLive(observedOrder.status);
    case 'ORDER_TERMS_DIVERGENCE':
    case 'ORDER_MISSING_ON_EXCHANGE':
    case 'POSITION_SIZE_DIVERGENCE':
      return false;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

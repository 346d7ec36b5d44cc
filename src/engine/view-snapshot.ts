/**
 * Holds a complete read against what the stream told: drops what the read covers, and counts where the two disagree.
 * Pure. What may be a frame on its way is a suspect first, and counted when a later read finds the stream still silent.
 */
import { compareDecimals, isZero } from './decimal.ts';
import type { Observation, ObservedOrder, ObservedPosition } from './types.ts';
import { type Heard, isWhole, READ_LAG_MS, type Suspect, show, type View } from './view.ts';
import {
  compareOrderAge,
  comparePositionAge,
  coverageOf,
  hasEnded,
  orderKey,
  positionKey,
} from './view-age.ts';

/**
 * not_shown: told live, and a read begun later does not show it. shown_after_end: told ended, and shown live. differs:
 * terms or quantities differ. unheard: shown, and never told.
 */
export const DISAGREEMENT_KINDS = ['not_shown', 'shown_after_end', 'differs', 'unheard'] as const;
export type DisagreementKind = (typeof DISAGREEMENT_KINDS)[number];

/** One item on which stream and read disagree. `text` is for people; its ids were escaped where they entered. */
export interface Disagreement {
  readonly kind: DisagreementKind;
  readonly text: string;
}

/** For so long the stream's word outlives an older row; then the read counts, so that a wrong stream hides nothing. */
export const STREAM_TRUST_MS = 60_000;

/** Takes in a read. An incomplete one, and one begun before the last, change nothing. */
export function takeSnapshot(
  view: View,
  observed: Observation,
): { readonly view: View; readonly disagreements: readonly Disagreement[] } {
  const startedMonoMs = observed.startedMonoMs;
  const late = view.base !== null && startedMonoMs <= view.base.startedMonoMs;
  if (!observed.complete || late) return { view, disagreements: [] };
  const coveredAt = coverageOf(observed);
  const orderRows = new Map(observed.orders.map((row) => [orderKey(row), row]));
  const positionRows = new Map(observed.positions.map((row) => [positionKey(row), row]));
  const orders = settle(view.orders, orderRows, { coveredAt, ...ORDERS });
  const positions = settle(view.positions, positionRows, { coveredAt: () => startedMonoMs, ...POSITIONS });
  const proven = [...view.suspects].filter(([, { seenMonoMs }]) => startedMonoMs - seenMonoMs >= READ_LAG_MS);
  const waiting = [...view.suspects].filter(([, { seenMonoMs }]) => startedMonoMs - seenMonoMs < READ_LAG_MS);
  const suspects = new Map([...suspectsOf(view, observed, { orderRows, positionRows }), ...waiting]);
  return {
    view: { ...view, base: observed, orders: orders.kept, positions: positions.kept, suspects },
    disagreements: [
      ...orders.disagreements,
      ...positions.disagreements,
      ...proven.map(([, { kind, text }]) => ({ kind, text })),
    ],
  };
}

interface Kind<T> {
  /** As of when (monotonic) the read shows it. */
  readonly coveredAt: (item: T) => number;
  readonly age: (a: T, b: T) => number;
  readonly isOver: (item: T) => boolean;
  readonly differ: (a: T, b: T) => boolean;
  readonly word: (item: T) => string;
}

const ORDERS: Omit<Kind<ObservedOrder>, 'coveredAt'> = {
  age: compareOrderAge,
  isOver: ({ status }) => hasEnded(status),
  differ: (a, b) =>
    a.side !== b.side ||
    compareDecimals(a.price, b.price) !== 0 ||
    compareDecimals(a.quantity, b.quantity) !== 0 ||
    compareDecimals(a.filledQuantity, b.filledQuantity) !== 0,
  word: wordOrder,
};

const POSITIONS: Omit<Kind<ObservedPosition>, 'coveredAt'> = {
  age: comparePositionAge,
  // A flat position may be shown as a row of 0 or not at all: never over, never gone.
  isOver: () => false,
  differ: (a, b) => compareDecimals(a.amount, b.amount) !== 0,
  word: wordPosition,
};

function settle<T>(
  heard: ReadonlyMap<string, Heard<T>>,
  rows: ReadonlyMap<string, T>,
  kind: Kind<T>,
): { readonly kept: ReadonlyMap<string, Heard<T>>; readonly disagreements: readonly Disagreement[] } {
  const kept = new Map<string, Heard<T>>();
  const disagreements: Disagreement[] = [];
  for (const [key, one] of heard) {
    const row = rows.get(key);
    const lagMs = kind.coveredAt(one.item) - one.heardAtMonoMs;
    const early = lagMs < READ_LAG_MS;
    const dispute = early || row === undefined || one.disputed ? null : disputeOf(one, row, kind);
    if (dispute !== null) disagreements.push(dispute);
    if (lagMs >= STREAM_TRUST_MS) continue;
    const gone = early ? one.gone : row === undefined && !kind.isOver(one.item);
    kept.set(key, { ...one, gone, disputed: one.disputed || dispute !== null });
  }
  return { kept, disagreements };
}

/** What a row older than the stream's word contradicts. */
function disputeOf<T>(one: Heard<T>, row: T, kind: Kind<T>): Disagreement | null {
  if (one.gone || kind.age(row, one.item) >= 0) return null;
  if (kind.isOver(one.item))
    return { kind: 'shown_after_end', text: `told ended, shown live: ${kind.word(row)}` };
  if (!kind.differ(row, one.item)) return null;
  return { kind: 'differs', text: `told ${kind.word(one.item)}, shown an older ${kind.word(row)}` };
}

interface Rows {
  readonly orderRows: ReadonlyMap<string, ObservedOrder>;
  readonly positionRows: ReadonlyMap<string, ObservedPosition>;
}

/** What changed since the last complete read without the stream having told it so far. */
function suspectsOf(view: View, observed: Observation, rows: Rows): ReadonlyMap<string, Suspect> {
  const found = new Map<string, Suspect>();
  const { base, wholeSinceMonoMs } = view;
  if (base === null || wholeSinceMonoMs === null || !isWhole(view)) return found;
  const believed = show(view, base);
  const suspect = (key: string, kind: Suspect['kind'], text: string): void => {
    found.set(key, { kind, text, seenMonoMs: observed.endedMonoMs });
  };
  const coveredAt = coverageOf(observed);
  const coveredBefore = coverageOf(base);
  const orders = new Map(believed.orders.map((order) => [orderKey(order), order]));
  for (const [key, row] of rows.orderRows) {
    const before = orders.get(key);
    if (before === undefined) {
      const watched = coveredBefore(row) >= wholeSinceMonoMs;
      if (!view.orders.has(key) && watched) suspect(key, 'unheard', `never told: ${wordOrder(row)}`);
    } else if (compareOrderAge(row, before) > 0 && ORDERS.differ(row, before))
      suspect(key, 'differs', `told ${wordOrder(before)}, shown a newer ${wordOrder(row)}`);
  }
  for (const [key, order] of orders) {
    if (rows.orderRows.has(key)) continue;
    const heard = view.orders.get(key);
    const proves =
      heard === undefined
        ? coveredAt(order) > coveredBefore(order)
        : coveredAt(order) - heard.heardAtMonoMs >= READ_LAG_MS;
    if (proves) suspect(key, 'not_shown', `told live, not shown: ${wordOrder(order)}`);
  }
  const positions = new Map(believed.positions.map((position) => [positionKey(position), position]));
  for (const [key, row] of rows.positionRows) {
    const before = positions.get(key);
    const differs = compareDecimals(row.amount, before?.amount ?? '0') !== 0;
    if (differs && (before === undefined || comparePositionAge(row, before) > 0))
      suspect(key, 'differs', `told ${before?.amount ?? '0'}, shown a newer ${wordPosition(row)}`);
  }
  for (const [key, position] of positions) {
    const heardAtMonoMs = view.positions.get(key)?.heardAtMonoMs ?? Number.NEGATIVE_INFINITY;
    const proves = observed.startedMonoMs - heardAtMonoMs >= READ_LAG_MS;
    if (rows.positionRows.has(key) || isZero(position.amount) || !proves) continue;
    suspect(key, 'not_shown', `told, not shown: ${wordPosition(position)}`);
  }
  return found;
}

function wordOrder({ symbol, clientOrderId, price, filledQuantity, quantity }: ObservedOrder): string {
  return `order ${clientOrderId} ${symbol} ${filledQuantity}/${quantity} @ ${price}`;
}

function wordPosition({ symbol, positionSide, amount }: ObservedPosition): string {
  return `position ${symbol} ${positionSide} ${amount}`;
}

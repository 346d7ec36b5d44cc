/**
 * One view of the account: the last complete read, and what the user stream has told since. Pure.
 *
 * Invariants: the newest account by the exchange's update time wins, so duplicates and reordering change nothing; a row
 * that was read never wins over a newer one that was heard; an order that ended stays ended; absence counts only from
 * a complete read begun well after the order was heard of.
 */
import { type Cause, causesAfter } from './attribution.ts';
import { isZero } from './decimal.ts';
import type { Observation, ObservedOrder, ObservedPosition } from './types.ts';
import {
  compareOrderAge,
  comparePositionAge,
  coverageOf,
  hasEnded,
  orderKey,
  positionKey,
} from './view-age.ts';

/** What one batch of stream frames told. */
export interface AccountUpdate {
  readonly orders: readonly ObservedOrder[];
  readonly positions: readonly ObservedPosition[];
  /** Monotonic time at which the first of them was received. */
  readonly heardAtMonoMs: number;
}

/** Something heard on the stream. */
export interface Heard<T> {
  readonly item: T;
  readonly heardAtMonoMs: number;
  /** A complete read begun well after it no longer shows it. */
  readonly gone: boolean;
  /** A disagreement about it was counted. */
  readonly disputed: boolean;
}

/** What a read showed and the stream has not told, until the stream had time to. */
export interface Suspect {
  readonly kind: 'not_shown' | 'differs' | 'unheard';
  readonly text: string;
  readonly seenMonoMs: number;
}

export interface View {
  /** The last complete observation; null before the first. */
  readonly base: Observation | null;
  readonly orders: ReadonlyMap<string, Heard<ObservedOrder>>;
  readonly positions: ReadonlyMap<string, Heard<ObservedPosition>>;
  /** Since when the stream is without a hole; null while it is down. */
  readonly wholeSinceMonoMs: number | null;
  readonly suspects: ReadonlyMap<string, Suspect>;
  /** By position: the last order that changed it and was not ours. */
  readonly causes: ReadonlyMap<string, Cause>;
}

/** A read begun less than this after an update may lag behind it: it proves no absence. */
export const READ_LAG_MS = 2000;
/** Orders kept from the stream between reads; beyond, the stream is a flood and the next read counts. */
export const MAX_HEARD = 5000;

/** Nothing read, nothing heard. */
export const EMPTY_VIEW: View = {
  base: null,
  orders: new Map(),
  positions: new Map(),
  wholeSinceMonoMs: null,
  suspects: new Map(),
  causes: new Map(),
};

/** Takes in what the stream told. Too much to keep makes a hole. */
export function hear(view: View, update: AccountUpdate): View {
  const orders = fold(view.orders, update.orders, update.heardAtMonoMs, orderKey, compareOrderAge);
  const positions = fold(
    view.positions,
    update.positions,
    update.heardAtMonoMs,
    positionKey,
    comparePositionAge,
  );
  const suspects = new Map(view.suspects);
  for (const order of update.orders) suspects.delete(orderKey(order));
  for (const position of update.positions) suspects.delete(positionKey(position));
  const causes = causesAfter(view.causes, update);
  const next = { ...view, orders, positions, suspects, causes };
  return orders.size + positions.size > MAX_HEARD ? breakStream(next, update.heardAtMonoMs) : next;
}

/** The stream lost something (null: it is down): what it tells is a view again after a complete read begun later. */
export function breakStream(view: View, atMonoMs: number | null): View {
  const full = view.orders.size + view.positions.size > MAX_HEARD;
  const kept = full ? { orders: new Map(), positions: new Map() } : {};
  return { ...view, ...kept, wholeSinceMonoMs: atMonoMs, suspects: new Map() };
}

/** Tells whether the view is all there is: a complete read, and a stream without a hole since it began. */
export function isWhole(view: View): boolean {
  return (
    view.base !== null && view.wholeSinceMonoMs !== null && view.base.startedMonoMs >= view.wholeSinceMonoMs
  );
}

/**
 * Shows an observation, once it is taken in (view-snapshot.ts), with what was heard and is newer laid over it. `positionsUpToMs`: a position that the stream
 * told later than this exchange time stays as it was read.
 */
export function show(
  view: View,
  observed: Observation,
  positionsUpToMs = Number.POSITIVE_INFINITY,
): Observation {
  if (view.orders.size === 0 && view.positions.size === 0) return observed;
  return {
    ...observed,
    orders: showOrders(view, observed),
    positions: showPositions(view, observed, positionsUpToMs),
  };
}

/** Few of many orders were heard of, so that no more than an id is looked at of all others. */
function showOrders(view: View, observed: Observation): readonly ObservedOrder[] {
  if (view.orders.size === 0) return observed.orders;
  const coveredAt = coverageOf(observed);
  const heardIds = new Set([...view.orders.values()].map(({ item }) => item.orderId));
  const read = new Set<string>();
  const laid: ObservedOrder[] = [];
  for (const row of observed.orders) {
    const heard = heardIds.has(row.orderId) ? heardOf(view, row, read) : undefined;
    if (heard === undefined || rowWins(row, heard, compareOrderAge, coveredAt(row))) laid.push(row);
    else if (!hasEnded(heard.item.status)) {
      const { item, heardAtMonoMs } = heard;
      laid.push({ ...item, createdAtMs: row.createdAtMs, heardAtMonoMs });
    }
  }
  for (const [key, { item, heardAtMonoMs, gone }] of view.orders)
    if (!read.has(key) && !gone && !hasEnded(item.status)) laid.push({ ...item, heardAtMonoMs });
  return laid;
}

/** What was heard of a row, whose key is noted as read. */
function heardOf(view: View, row: ObservedOrder, read: Set<string>): Heard<ObservedOrder> | undefined {
  const key = orderKey(row);
  read.add(key);
  return view.orders.get(key);
}

function showPositions(view: View, observed: Observation, upToMs: number): readonly ObservedPosition[] {
  const startedMonoMs = observed.startedMonoMs;
  const rows = new Set(observed.positions.map(positionKey));
  const laid = observed.positions.map((row) => {
    const heard = view.positions.get(positionKey(row));
    if (heard === undefined || heard.item.updatedAtMs > upToMs) return row;
    if (rowWins(row, heard, comparePositionAge, startedMonoMs)) return row;
    return { ...heard.item, heardAtMonoMs: heard.heardAtMonoMs };
  });
  const added = [...view.positions].flatMap(([key, { item, heardAtMonoMs, gone }]) => {
    const over = gone || isZero(item.amount);
    return rows.has(key) || over || item.updatedAtMs > upToMs ? [] : [{ ...item, heardAtMonoMs }];
  });
  return [...laid, ...added];
}

/** Within one millisecond of the exchange's time a read begun after the update knows it. */
function rowWins<T>(row: T, heard: Heard<T>, age: (a: T, b: T) => number, coveredAtMonoMs: number): boolean {
  if (heard.gone) return true;
  const newer = age(row, heard.item);
  return newer !== 0 ? newer > 0 : coveredAtMonoMs > heard.heardAtMonoMs;
}

/**
 * What is older than what is known came late, what is equal came twice. Of two that differ within one millisecond the
 * later one counts: the exchange keeps its frames of one type in order ("User Data Streams", read 2026-11).
 */
function fold<T>(
  known: ReadonlyMap<string, Heard<T>>,
  news: readonly T[],
  heardAtMonoMs: number,
  keyOf: (item: T) => string,
  age: (a: T, b: T) => number,
): ReadonlyMap<string, Heard<T>> {
  const next = new Map(known);
  for (const item of news) {
    const before = next.get(keyOf(item));
    const newer = before === undefined ? 1 : age(item, before.item);
    if (newer < 0 || (newer === 0 && JSON.stringify(item) === JSON.stringify(before?.item))) continue;
    next.set(keyOf(item), { item, heardAtMonoMs, gone: false, disputed: false });
  }
  return next;
}

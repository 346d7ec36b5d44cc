/**
 * What targeted reads said about orders that a list of open orders didn't show. A list may lag; only an order that
 * was asked for by its id, and denied, is missing.
 */
import type { ExpectedOrder, ObservedOrder, OrderStatus } from './types.ts';

/** What one targeted read said; `failed` covers everything that proves nothing. */
export interface TargetedRead {
  readonly clientOrderId: string;
  readonly answer: 'live' | 'ended' | 'not_found' | 'failed';
  /** The status of an order that was found. */
  readonly status: OrderStatus | null;
  readonly readAtMonoMs: number;
}

/** The latest read of one order, and how many in a row did not find it. */
export interface TargetedHistory {
  readonly latest: TargetedRead;
  readonly misses: number;
}

/** By client order id. */
export type TargetedReads = ReadonlyMap<string, TargetedHistory>;

/** Tells whether a status means that the order rests in the book. */
export function isLive(status: OrderStatus): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED';
}

/** Tells whether an order of this type waits for a price, so that it is listed and asked for among conditional orders. */
export function isConditionalType(orderType: string): boolean {
  return !PLAIN_TYPES.has(orderType.toUpperCase());
}

/** Order types that wait for no price; every other one is taken for conditional. */
const PLAIN_TYPES: ReadonlySet<string> = new Set(['LIMIT', 'MARKET', 'LIMIT_MAKER']);

/** Words a targeted read's answer from the order it found; a status we don't know proves nothing. */
export function answerOf(status: OrderStatus): TargetedRead['answer'] {
  if (isLive(status)) return 'live';
  return status === 'UNKNOWN' ? 'failed' : 'ended';
}

/**
 * Adds new targeted reads to what is known and forgets orders that are seen again, and those that `expected`, where it is
 * given, does not hold for live any more: nobody asks what became of them. A miss counts up, a hit starts over, a failed read
 * changes no count.
 */
export function foldTargeted(
  known: TargetedReads,
  news: {
    readonly reads: readonly TargetedRead[];
    readonly observed: readonly ObservedOrder[];
    readonly expected?: Pick<ReadonlyMap<string, ExpectedOrder>, 'get'>;
  },
): TargetedReads {
  if (known.size === 0 && news.reads.length === 0) return known;
  const next = new Map(known);
  for (const order of news.observed) next.delete(order.clientOrderId);
  const { expected } = news;
  if (expected !== undefined)
    for (const id of known.keys()) if (expected.get(id)?.state !== 'live') next.delete(id);
  for (const latest of news.reads) {
    const before = next.get(latest.clientOrderId)?.misses ?? 0;
    next.set(latest.clientOrderId, { latest, misses: countMisses(before, latest.answer) });
  }
  return next;
}

function countMisses(before: number, answer: TargetedRead['answer']): number {
  switch (answer) {
    case 'not_found':
      return before + 1;
    case 'live':
    case 'ended':
      return 0;
    case 'failed':
      return before;
  }
}

/** What complete pictures of the account showed a process, seen with the eyes of one who knows whose everything is. */
import type { Observation } from '../../src/engine/types.ts';
import type { Trader } from './trader-types.ts';
import { isOpen, type Truth } from './truth.ts';

/** Since when and how often something that nobody wants was seen without a break. */
export interface Seen {
  /** End of the first picture, start of the last, by the process's monotonic clock. */
  readonly firstMonoMs: number;
  readonly lastMonoMs: number;
  readonly count: number;
  readonly form: string;
}

export interface Sightings {
  readonly observed: (observation: Observation, atMs: number) => void;
  readonly of: (item: string) => Seen | undefined;
  /** The last complete picture and when it came. */
  readonly last: () => { readonly observation: Observation; readonly atMs: number } | null;
  /** How many of it nobody wants, and how many are ours. */
  readonly unwanted: () => { readonly unexpected: number; readonly ours: number };
}

/** So long a position's record may take. */
const RECORD_MS = 30_000;

/** So long a read may take. */
const READ_MS = 10_000;

/** Starts without a picture. `beatMs`: the longest that an idle daemon goes without reading the feed. */
export function createSightings(
  trader: Trader,
  truth: Truth,
  { listed, beatMs }: { readonly listed: () => readonly string[]; readonly beatMs: number },
): Sightings {
  // What is read with the picture, or after its start, is not judged by it.
  const heardMs = READ_MS + beatMs;
  let seen = new Map<string, Seen>();
  let last: ReturnType<Sightings['last']> = null;
  let figures = { unexpected: 0, ours: 0 };
  return {
    of: (item) => seen.get(item),
    last: () => last,
    unwanted: () => figures,
    observed: (observation, atMs) => {
      if (!observation.complete) return;
      last = { observation, atMs };
      const next = new Map<string, Seen>();
      const see = (item: string, form: string): void => {
        const before = seen.get(item);
        next.set(item, {
          firstMonoMs: before?.firstMonoMs ?? observation.endedMonoMs,
          lastMonoMs: observation.startedMonoMs,
          count: (before?.count ?? 0) + 1,
          form,
        });
      };
      let ours = 0;
      let late = 0;
      for (const { orderId, clientOrderId } of observation.orders) {
        const order = truth.order(Number(orderId));
        const owner = order?.owner;
        if (owner === 'engine' || owner === 'stray') ours += 1;
        if (trader.wants(Number(orderId)) || (owner !== 'engine' && owner !== 'stray')) continue;
        see(`order ${orderId}`, clientOrderId);
        // A picture may be older than its end, and older than the engine's word that it is given up.
        if (order !== undefined && (!isOpen(order) || atMs - trader.endedMs(order.orderId) < heardMs))
          late += 1;
      }
      for (const { symbol, positionSide, amount } of observation.positions) {
        // Whoever holds what on another symbol is not asked.
        if (!listed().includes(symbol)) continue;
        ours += 1;
        if (trader.said(symbol) !== 0) continue;
        see(`position ${symbol}/${positionSide}`, amount);
        // It may be the engine's own trade, whose record is on its way.
        const isMoved = atMs - truth.position(symbol, positionSide).updatedAtMs < RECORD_MS;
        if (isMoved || atMs - trader.saidAtMs(symbol) < heardMs) late += 1;
      }
      seen = next;
      figures = { unexpected: next.size - late, ours };
    },
  };
}

/** F29, F35: a read right before a write that lags behind what the process was shown already, by the stream or a picture. */
import type { Fail } from './dispatch-rules.ts';
import type { Sent } from './knowledge.ts';
import type { Rows } from './port.ts';
import type { Owner, Timeline } from './timeline.ts';

export interface ShownRules {
  /** Rows that the stream told, or a complete picture showed. */
  readonly shown: (owner: Owner, rows: Rows) => void;
  /** Rows that a question about one order or one symbol's position was answered with. */
  readonly looked: (owner: Owner, rows: Rows) => void;
  readonly judge: (sent: Sent, fail: Fail) => void;
}

/** From one thread to the next. */
const HANDED_ON_MS = 50;
/** A permit lives for 2 s, and the line of its intent takes its time. */
const GRACE_MS = 3500;

interface Seen {
  readonly updatedAtMs: number;
  readonly atMs: number;
}

/** Starts with nothing shown. */
export function createShownRules({ nowMs }: Pick<Timeline, 'nowMs'>): ShownRules {
  const newest = new Map<Owner, Map<string, Seen>>();
  const last = new Map<Owner, Map<string, Seen>>();
  const rowsOf = ({ orders, positions }: Rows, take: (item: string, updatedAtMs: number) => void): void => {
    for (const { orderId, updatedAtMs } of orders) take(`order ${orderId}`, updatedAtMs);
    for (const { symbol, positionSide, updatedAtMs } of positions)
      take(`position ${symbol}/${positionSide}`, updatedAtMs);
  };
  const mapOf = (all: Map<Owner, Map<string, Seen>>, owner: Owner): Map<string, Seen> => {
    const own = all.get(owner) ?? new Map<string, Seen>();
    all.set(owner, own);
    return own;
  };
  return {
    shown: (owner, rows) => {
      const known = mapOf(newest, owner);
      rowsOf(rows, (item, updatedAtMs) => {
        if (updatedAtMs > (known.get(item)?.updatedAtMs ?? 0))
          known.set(item, { updatedAtMs, atMs: nowMs() });
      });
    },
    looked: (owner, rows) => {
      const known = mapOf(last, owner);
      rowsOf(rows, (item, updatedAtMs) => known.set(item, { updatedAtMs, atMs: nowMs() }));
    },
    judge: ({ departure: { owner }, item }, fail) => {
      const look = last.get(owner)?.get(item);
      const best = newest.get(owner)?.get(item);
      if (look === undefined || best === undefined || best.updatedAtMs <= look.updatedAtMs) return;
      const couldKnowMs = Math.max(look.atMs - HANDED_ON_MS, nowMs() - GRACE_MS);
      if (best.atMs < couldKnowMs)
        fail(
          'F35',
          `${item} was read as of ${look.updatedAtMs}, and had been shown as of ${best.updatedAtMs}`,
        );
    },
  };
}

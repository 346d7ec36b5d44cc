/** F29, F35: a read right before a write that lags behind what the process was shown already, by the stream or a picture. */
import type { Fail } from './dispatch-rules.ts';
import type { Sent } from './knowledge.ts';
import type { Look } from './look-rules.ts';
import type { Rows } from './port.ts';
import type { Owner, Timeline } from './timeline.ts';
import { isOpen, type Truth, type TruthOrder } from './truth.ts';

export interface ShownRules {
  /** Rows that a complete picture showed. */
  readonly shown: (owner: Owner, rows: Rows) => void;
  /** Rows that the stream told. */
  readonly heard: (owner: Owner, rows: Rows) => void;
  /** What a question about one order or one symbol's position was answered with. */
  readonly looked: (owner: Owner, look: Look) => void;
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
export function createShownRules({
  nowMs,
  truth,
}: Pick<Timeline, 'nowMs'> & { readonly truth: Truth }): ShownRules {
  const newest = new Map<Owner, Map<string, Seen>>();
  const last = new Map<Owner, Map<string, Seen>>();
  /** Somebody else's, told since the last complete picture. */
  const strangers = new Map<Owner, Map<TruthOrder, number>>();
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
  const keep = (owner: Owner, rows: Rows): void => {
    const known = mapOf(newest, owner);
    rowsOf(rows, (item, updatedAtMs) => {
      if (updatedAtMs > (known.get(item)?.updatedAtMs ?? 0)) known.set(item, { updatedAtMs, atMs: nowMs() });
    });
  };
  /** F32: what came between the plan and the last look. */
  const judgeStrangers = ({ departure: { owner, write } }: Sent, beforeMs: number, fail: Fail): void => {
    for (const [{ orderId, symbol, owner: whose }, atMs] of strangers.get(owner) ?? []) {
      const now = truth.order(orderId);
      const isThere = symbol === write.symbol && now !== undefined && isOpen(now);
      if (isThere && atMs < beforeMs)
        fail('flatten_side_effects', `a flatten on ${symbol}, where a ${whose} order had been told of`);
    }
  };
  return {
    shown: (owner, rows) => {
      keep(owner, rows);
      strangers.delete(owner);
    },
    heard: (owner, rows) => {
      keep(owner, rows);
      const told = strangers.get(owner) ?? new Map<TruthOrder, number>();
      for (const { orderId } of rows.orders) {
        const order = truth.order(Number(orderId));
        if (order?.owner === 'foreign' || order?.owner === 'crafted') told.set(order, nowMs());
      }
      strangers.set(owner, told);
    },
    looked: (owner, { rows }) => {
      const known = mapOf(last, owner);
      rowsOf(rows, (item, updatedAtMs) => known.set(item, { updatedAtMs, atMs: nowMs() }));
    },
    judge: (sent, fail) => {
      const { departure, item } = sent;
      const { owner, write } = departure;
      const look = last.get(owner)?.get(item);
      const couldKnowMs = Math.max((look?.atMs ?? 0) - HANDED_ON_MS, nowMs() - GRACE_MS);
      if (write.kind === 'flatten') judgeStrangers(sent, couldKnowMs, fail);
      const best = newest.get(owner)?.get(item);
      if (look === undefined || best === undefined || best.updatedAtMs <= look.updatedAtMs) return;
      if (best.atMs < couldKnowMs)
        fail(
          'F35',
          `${item} was read as of ${look.updatedAtMs}, and had been shown as of ${best.updatedAtMs}`,
        );
    },
  };
}

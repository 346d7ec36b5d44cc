/**
 * The exchange answers questions from several copies of its books. Of what a write has just done some answer as if it had
 * not arrived, for a few seconds after it was sent.
 */
import type { Coverage } from './coverage.ts';
import type { Random } from './random.ts';

export interface Copies {
  /** A write that was sent then has arrived, and changed its order or the position of its symbol. */
  readonly changed: (change: Change) => void;
  /** What is asked about an order, by its client id, or about a symbol's positions is answered as of now for so long. */
  readonly lag: (what: { readonly clientOrderId: string } | { readonly symbol: string }, ms: number) => void;
  /** How long ago the state is that a question about this order is answered from; null: it is of now. */
  readonly orderAgoMs: (clientOrderId: string) => number | null;
  /** The same of a question about a symbol's positions. */
  readonly positionAgoMs: (symbol: string) => number | null;
  /** Whether a write moved this symbol's position of late: none of its answers is old for another reason then. */
  readonly isFresh: (symbol: string) => boolean;
}

export interface Change {
  readonly clientOrderId: string;
  /** Whose position it moved; null for a cancel. */
  readonly symbol: string | null;
  readonly sentMs: number;
}

interface Behind {
  readonly beforeMs: number;
  readonly untilMs: number;
}

/** No longer: the program takes three answers a second apart, all later than four seconds after its first question. */
const LONGEST_MS = 5900;
const FRESH_MS = 60_000;

/** Starts with copies that are all alike. */
export function createCopies({
  random,
  nowMs,
  coverage,
  healed,
}: {
  readonly random: Random;
  readonly nowMs: () => number;
  readonly coverage: Coverage;
  readonly healed: () => boolean;
}): Copies {
  const behind = new Map<string, Behind>();
  const agoMs = (key: string): number | null => {
    const found = behind.get(key);
    if (found === undefined || nowMs() > found.untilMs || healed()) return null;
    coverage.count('answered_by_a_lagging_copy');
    return nowMs() - found.beforeMs;
  };
  return {
    changed: ({ clientOrderId, symbol, sentMs }) => {
      const untilMs = random.chance(0.5) ? sentMs + random.whole(1000, LONGEST_MS) : 0;
      const since = { beforeMs: nowMs() - 1, untilMs };
      behind.set(`order ${clientOrderId}`, since);
      if (symbol !== null) behind.set(`position ${symbol}`, since);
    },
    lag: (what, ms) => {
      const key = 'symbol' in what ? `position ${what.symbol}` : `order ${what.clientOrderId}`;
      behind.set(key, { beforeMs: nowMs() - 1, untilMs: nowMs() + ms });
    },
    orderAgoMs: (clientOrderId) => agoMs(`order ${clientOrderId}`),
    positionAgoMs: (symbol) => agoMs(`position ${symbol}`),
    isFresh: (symbol) =>
      nowMs() - (behind.get(`position ${symbol}`)?.beforeMs ?? Number.NEGATIVE_INFINITY) < FRESH_MS,
  };
}

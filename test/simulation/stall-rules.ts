/** F58 and F62: what was read before a thread stood still is not acted on after it, and what it promised is over. */
import type { Fail } from './dispatch-rules.ts';
import type { Sent } from './knowledge.ts';
import type { Owner, Timeline } from './timeline.ts';

export interface StallRules {
  /** The exchange answered a question about one order or one symbol's position. */
  readonly told: (owner: Owner, item: string) => void;
  /** Judges a write as it leaves; `stalledSinceMs` since when its process's control thread stands still, or null. */
  readonly judge: (sent: Sent, stalledSinceMs: number | null, fail: Fail) => void;
}

/** A permit lives for so long. */
const PERMIT_MS = 2000;
/** The read right before a write may take ten seconds; its way back, the connection and the permit come on top. */
const READ_HOLDS_MS = 10_000 + PERMIT_MS;

/** Starts with nothing read. */
export function createStallRules(timeline: Timeline): StallRules {
  const toldMs = new Map<Owner, Map<string, number>>();
  return {
    told: (owner, item) => {
      const told = toldMs.get(owner) ?? new Map<string, number>();
      toldMs.set(owner, told.set(item, timeline.nowMs()));
    },
    judge: ({ departure, item }, stalledSinceMs, fail) => {
      const { owner, write } = departure;
      const nowMs = timeline.nowMs();
      if (stalledSinceMs !== null && nowMs - stalledSinceMs > PERMIT_MS)
        fail('F62', `a write left after its control thread stood still for ${nowMs - stalledSinceMs} ms`);
      const readMs = toldMs.get(owner)?.get(write.kind === 'cancel' ? item : `position ${write.symbol}`);
      if (readMs === undefined) fail('S2', `${item} was not read right before its write`);
      else if (nowMs - readMs > READ_HOLDS_MS)
        fail('S2', `${item} was last read ${nowMs - readMs} ms before its write`);
    },
  };
}

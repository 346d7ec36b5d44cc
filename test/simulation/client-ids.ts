/** The model engine's client order ids: new ones, and now and then that of an order that is over. */
import type { Coverage } from './coverage.ts';
import type { Random } from './random.ts';
import { isOpen, type Truth } from './truth.ts';

/** Starts with none used. */
export function createClientIds({
  truth,
  coverage,
  random,
  isStop,
  isSending,
}: {
  readonly truth: Truth;
  readonly coverage: Coverage;
  readonly random: Random;
  /** It waits, or waited, for a price. */
  readonly isStop: (id: string) => boolean;
  readonly isSending: (id: string) => boolean;
}): (symbol: string) => string {
  const usedIds: string[] = [];
  let number = 0;
  return (symbol) => {
    const known = usedIds.filter((id) => id.includes(`_${symbol}_`) && !isStop(id)).slice(-4);
    const used = known.length > 0 && random.chance(0.1) ? random.pick(known) : null;
    const before = used === null ? undefined : truth.byClientId(symbol, used);
    if (used !== null && !isSending(used) && before !== undefined && !isOpen(before)) {
      coverage.count('client_id_used_again');
      return used;
    }
    number += 1;
    const id = `grinder_1_${symbol}_${number % 9}_1800000000_${number}`;
    usedIds.push(id);
    return id;
  };
}

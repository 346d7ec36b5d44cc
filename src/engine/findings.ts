/** The sums and lists of a comparison's orders, kept while single verdicts come and go. */
import type { UnparsableOrder } from './comparison.ts';
import { byAge, byContract, byPlace, compareText } from './contract-order.ts';
import type { GroupVerdict } from './order-group.ts';
import { createSortedList } from './sorted-list.ts';
import type { Mismatch } from './types.ts';

/** What the orders come to together. */
export interface OrderFindings {
  readonly mismatches: readonly Mismatch[];
  readonly matched: number;
  readonly ours: number;
  readonly foreignBySymbol: ReadonlyMap<string, number>;
  readonly unparsable: readonly UnparsableOrder[];
  readonly queries: readonly string[];
}

export interface Findings {
  /** Takes one verdict's part out and puts another's in. */
  readonly replace: (before: GroupVerdict, after: GroupVerdict) => void;
  /** Puts so many in that are expected, shown and alike. */
  readonly addAlike: (count: number) => void;
  readonly told: () => OrderFindings;
  readonly clear: () => void;
}

/** Starts without any. */
export function createFindings(): Findings {
  const mismatches = createSortedList(byContract);
  const unparsable = createSortedList(byPlace);
  const asked = createSortedList(byAge);
  const foreign = new Map<string, number>();
  let matched = 0;
  let ours = 0;

  function countForeign(symbol: string, change: 1 | -1): void {
    const count = (foreign.get(symbol) ?? 0) + change;
    if (count === 0) foreign.delete(symbol);
    else foreign.set(symbol, count);
  }

  return {
    replace: (before, after) => {
      if (before === after) return;
      matched += after.matched - before.matched;
      ours += after.ours - before.ours;
      before.mismatches.forEach(mismatches.remove);
      after.mismatches.forEach(mismatches.add);
      before.unparsable.forEach(unparsable.remove);
      after.unparsable.forEach(unparsable.add);
      if (before.asked !== null) asked.remove(before.asked);
      if (after.asked !== null) asked.add(after.asked);
      for (const symbol of before.foreign) countForeign(symbol, -1);
      for (const symbol of after.foreign) countForeign(symbol, 1);
    },
    addAlike: (count) => {
      matched += count;
      ours += count;
    },
    told: () => ({
      mismatches: mismatches.items(),
      matched,
      ours,
      foreignBySymbol: new Map([...foreign].sort(([a], [b]) => compareText(a, b))),
      unparsable: unparsable.items(),
      queries: asked.items().map(({ clientOrderId }) => clientOrderId),
    }),
    clear: () => {
      mismatches.clear();
      unparsable.clear();
      asked.clear();
      foreign.clear();
      matched = 0;
      ours = 0;
    },
  };
}

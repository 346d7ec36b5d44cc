/** What changed between two lists whose unchanged items are the same objects. Pure. */

/** What one list has and the other has not, by identity; an item that only moved may be in both. */
export interface RowDiff<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/** So far one looks for where two lists go on together, before what is left of them is compared as sets. */
const LOOK_AHEAD = 32;

/** Compares two lists; linear, and hardly more than a look at each place where little changed. */
export function diffRows<T>(before: readonly T[], after: readonly T[]): RowDiff<T> {
  const removed: T[] = [];
  const added: T[] = [];
  if (before === after) return { removed, added };
  let old = 0;
  let now = 0;
  while (old < before.length && now < after.length) {
    if (before[old] === after[now]) {
      old += 1;
      now += 1;
      continue;
    }
    const step = findAgain(before, after, old, now);
    if (step === null) break;
    removed.push(...before.slice(old, old + step.removed));
    added.push(...after.slice(now, now + step.added));
    old += step.removed;
    now += step.added;
  }
  diffRest(before.slice(old), after.slice(now), { removed, added });
  return { removed, added };
}

interface Step {
  readonly removed: number;
  readonly added: number;
}

/** The nearest place at which both lists have the same item; null when it is not near. */
function findAgain<T>(before: readonly T[], after: readonly T[], old: number, now: number): Step | null {
  for (let step = 1; step <= LOOK_AHEAD; step += 1) {
    const [oldNext, nowNext] = [old + step, now + step];
    if (oldNext < before.length && before[oldNext] === after[now]) return { removed: step, added: 0 };
    if (nowNext < after.length && before[old] === after[nowNext]) return { removed: 0, added: step };
    if (oldNext < before.length && nowNext < after.length && before[oldNext] === after[nowNext])
      return { removed: step, added: step };
  }
  return null;
}

function diffRest<T>(
  before: readonly T[],
  after: readonly T[],
  found: { readonly removed: T[]; readonly added: T[] },
): void {
  const counts = new Map<T, number>();
  for (const item of after) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of before) {
    const left = counts.get(item) ?? 0;
    if (left === 0) found.removed.push(item);
    else counts.set(item, left - 1);
  }
  for (const item of after) {
    const left = counts.get(item) ?? 0;
    if (left === 0) continue;
    found.added.push(item);
    counts.set(item, left - 1);
  }
}

/** What changed between two maps whose unchanged values are the same objects. Pure. */

/** A map that can tell what it has other than an earlier version of it, without looking at all there is. */
export interface Versioned<V> extends ReadonlyMap<string, V> {
  /** Keys whose value differs; null when `before` is no version of it. */
  readonly changedSince: (before: ReadonlyMap<string, V>) => readonly string[] | null;
  /** Each key has a place of its own in all versions, below `places`; one that is not in this version may have one. */
  readonly placeOf: (key: string) => number | undefined;
  readonly at: (place: number) => V | undefined;
  readonly places: () => number;
}

/** Lists the keys that were added, removed or have another value, by identity. */
export function changedKeys<V>(
  before: ReadonlyMap<string, V> | Versioned<V>,
  after: ReadonlyMap<string, V> | Versioned<V>,
): readonly string[] {
  if (before === after) return [];
  const told = 'changedSince' in after ? after.changedSince(before) : null;
  if (told !== null) return told;
  const changed: string[] = [];
  for (const [key, value] of after) if (before.get(key) !== value) changed.push(key);
  for (const key of before.keys()) if (!after.has(key)) changed.push(key);
  return changed;
}

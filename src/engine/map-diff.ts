/** What changed between two maps whose unchanged values are the same objects. Pure. */

/** A map that can tell what it has other than an earlier version of it, without looking at all there is. */
export interface Versioned<V> extends ReadonlyMap<string, V> {
  /** Keys whose value differs; null when `before` is no version of it. */
  readonly changedSince: (before: ReadonlyMap<string, V>) => readonly string[] | null;
  /** All there is, in maps that are quick to walk. */
  readonly parts: () => readonly ReadonlyMap<string, V>[];
}

/** A map in parts; one that isn't versioned is one part. */
export function partsOf<V>(map: ReadonlyMap<string, V> | Versioned<V>): readonly ReadonlyMap<string, V>[] {
  return 'parts' in map ? map.parts() : [map];
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

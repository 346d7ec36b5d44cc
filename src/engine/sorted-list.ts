/** A list that stays sorted while few of its items come and go. */
export interface SortedList<T> {
  readonly add: (item: T) => void;
  /** By identity; only what is in it. */
  readonly remove: (item: T) => void;
  /** The items in order; the same array as long as nothing changed. */
  readonly items: () => readonly T[];
  readonly clear: () => void;
}

/** Makes an empty one; `order` must tell any two items of it apart. */
export function createSortedList<T>(order: (a: T, b: T) => number): SortedList<T> {
  let sorted: readonly T[] = [];
  let added = new Set<T>();
  let removed = new Set<T>();
  return {
    add: (item) => {
      if (!removed.delete(item)) added.add(item);
    },
    remove: (item) => {
      if (!added.delete(item)) removed.add(item);
    },
    items: () => {
      if (added.size === 0 && removed.size === 0) return sorted;
      const kept = removed.size === 0 ? sorted : sorted.filter((item) => !removed.has(item));
      sorted = merge(kept, [...added].sort(order), order);
      added = new Set();
      removed = new Set();
      return sorted;
    },
    clear: () => {
      sorted = [];
      added = new Set();
      removed = new Set();
    },
  };
}

function merge<T>(left: readonly T[], right: readonly T[], order: (a: T, b: T) => number): readonly T[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const merged: T[] = [];
  let next = 0;
  for (const item of left) {
    for (let other = right[next]; other !== undefined && order(other, item) < 0; other = right[next]) {
      merged.push(other);
      next += 1;
    }
    merged.push(item);
  }
  return next < right.length ? [...merged, ...right.slice(next)] : merged;
}

/**
 * A map of many entries of which few change: every version shares with the one before what did not change, so that a
 * version costs little, stays as it was, and tells what it has other than an earlier one.
 */
import type { Versioned } from './map-diff.ts';

/** One version. Entries come in no particular order. */
export type Book<V> = Versioned<V>;

/** Entries a bucket has on average when a book is made. */
const BUCKET_ENTRIES = 16;

/** Makes a book of what a map holds. */
export function bookOf<V>(entries: ReadonlyMap<string, V>): Book<V> {
  const count = 2 ** Math.ceil(Math.log2(Math.max(1, entries.size / BUCKET_ENTRIES)));
  const buckets = Array.from({ length: count }, () => new Map<string, V>());
  for (const [key, value] of entries) buckets[placeOf(key, count)]?.set(key, value);
  return new BucketBook(buckets, entries.size);
}

/** The version in which the named entries are as a map has them now, or gone; names that did not change cost little. */
export function bookWith<V>(book: Book<V>, names: ReadonlySet<string>, now: ReadonlyMap<string, V>): Book<V> {
  // One that has outgrown its buckets is made anew, which is as seldom as it doubles.
  if (!(book instanceof BucketBook) || book.isFull(now.size)) return bookOf(now);
  return book.with(names, now);
}

class BucketBook<V> implements Versioned<V> {
  readonly size: number;
  readonly #buckets: readonly ReadonlyMap<string, V>[];

  constructor(buckets: readonly ReadonlyMap<string, V>[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  isFull(size: number): boolean {
    return size > this.#buckets.length * BUCKET_ENTRIES * 4;
  }

  with(names: ReadonlySet<string>, now: ReadonlyMap<string, V>): BucketBook<V> {
    const buckets = this.#buckets.slice();
    const written = new Map<number, Map<string, V>>();
    for (const name of names) {
      const place = placeOf(name, buckets.length);
      const bucket = written.get(place) ?? new Map(buckets[place]);
      const value = now.get(name);
      if (value === undefined) bucket.delete(name);
      else bucket.set(name, value);
      written.set(place, bucket);
      buckets[place] = bucket;
    }
    return new BucketBook(buckets, now.size);
  }

  changedSince(before: ReadonlyMap<string, V>): readonly string[] | null {
    if (!(before instanceof BucketBook) || before.#buckets.length !== this.#buckets.length) return null;
    const changed: string[] = [];
    for (const [place, bucket] of this.#buckets.entries()) {
      const old = before.#buckets[place];
      if (old === bucket || old === undefined) continue;
      for (const [key, value] of bucket) if (old.get(key) !== value) changed.push(key);
      for (const key of old.keys()) if (!bucket.has(key)) changed.push(key);
    }
    return changed;
  }

  parts(): readonly ReadonlyMap<string, V>[] {
    return this.#buckets;
  }

  get(key: string): V | undefined {
    return this.#buckets[placeOf(key, this.#buckets.length)]?.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[placeOf(key, this.#buckets.length)]?.has(key) === true;
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const bucket of this.#buckets) for (const [key, value] of bucket) visit(value, key, this);
  }

  *entries(): MapIterator<[string, V]> {
    for (const bucket of this.#buckets) yield* bucket;
  }

  *keys(): MapIterator<string> {
    for (const bucket of this.#buckets) yield* bucket.keys();
  }

  *values(): MapIterator<V> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}

/** FNV-1a; `count` is a power of two. */
function placeOf(key: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (count - 1);
}

/**
 * A map of many entries of which few change: every version shares with the one before what did not change, so that a
 * version costs little, stays as it was, and tells what it has other than an earlier one.
 */
import type { Versioned } from './map-diff.ts';

/** One version. Entries come in no particular order. */
export type Book<V> = Versioned<V>;

/** Entries of a page, which is copied when one of them changes. */
const PAGE_BITS = 6;
const PAGE_ENTRIES = 2 ** PAGE_BITS;
/** So many empty places don't matter, however few entries there are. */
const FEW = 1024;

/** Makes a book of what a map holds. */
export function bookOf<V>(entries: ReadonlyMap<string, V>): Book<V> {
  const pages: V[][] = [];
  for (const value of entries.values()) {
    const last = pages.at(-1);
    if (last === undefined || last.length === PAGE_ENTRIES) pages.push([value]);
    else last.push(value);
  }
  const names = [...entries.keys()];
  const index = { names, placeOf: new Map(names.map((name, place) => [name, place])) };
  return new PagedBook(index, pages, entries.size);
}

/** The map itself when it is a book, else a book of what it holds. */
export function asBook<V>(map: ReadonlyMap<string, V> | Book<V>): Book<V> {
  return 'placeOf' in map ? map : bookOf(map);
}

/** The version in which the named entries are as a map has them now, or gone; names that did not change cost little. */
export function bookWith<V>(book: Book<V>, names: ReadonlySet<string>, now: ReadonlyMap<string, V>): Book<V> {
  // One that is mostly empty places is made anew, which is as seldom as all of its entries are others.
  if (!(book instanceof PagedBook) || book.isWorn(now.size)) return bookOf(now);
  return book.with(names, now);
}

/** Where each name has its place, in this version and all that come from it: a name keeps its place when it goes. */
interface Index {
  readonly names: string[];
  readonly placeOf: Map<string, number>;
}

type Page<V> = readonly (V | undefined)[];

class PagedBook<V> implements Versioned<V> {
  readonly size: number;
  readonly #index: Index;
  readonly #pages: readonly Page<V>[];

  constructor(index: Index, pages: readonly Page<V>[], size: number) {
    this.#index = index;
    this.#pages = pages;
    this.size = size;
  }

  isWorn(size: number): boolean {
    return this.#index.names.length > 2 * size + FEW;
  }

  with(names: ReadonlySet<string>, now: ReadonlyMap<string, V>): PagedBook<V> {
    const index = this.#index;
    const pages = this.#pages.slice();
    const written = new Map<number, (V | undefined)[]>();
    for (const name of names) {
      const value = now.get(name);
      const place = index.placeOf.get(name) ?? (value === undefined ? undefined : newPlace(index, name));
      if (place === undefined) continue;
      const number = place >>> PAGE_BITS;
      while (pages.length <= number) pages.push([]);
      const page = written.get(number) ?? (pages[number] ?? []).slice();
      while (page.length <= place % PAGE_ENTRIES) page.push(undefined);
      page[place % PAGE_ENTRIES] = value;
      written.set(number, page);
      pages[number] = page;
    }
    return new PagedBook(index, pages, now.size);
  }

  changedSince(before: ReadonlyMap<string, V>): readonly string[] | null {
    if (!(before instanceof PagedBook) || before.#index !== this.#index) return null;
    const changed: string[] = [];
    const count = Math.max(this.#pages.length, before.#pages.length);
    for (let number = 0; number < count; number += 1) {
      const [page, old] = [this.#pages[number], before.#pages[number]];
      if (page === old) continue;
      const first = number << PAGE_BITS;
      for (let place = first; place < first + PAGE_ENTRIES; place += 1) {
        const name = this.#index.names[place];
        if (name !== undefined && this.at(place) !== before.at(place)) changed.push(name);
      }
    }
    return changed;
  }

  places(): number {
    return this.#pages.length << PAGE_BITS;
  }

  placeOf(key: string): number | undefined {
    return this.#index.placeOf.get(key);
  }

  at(place: number): V | undefined {
    return this.#pages[place >>> PAGE_BITS]?.[place % PAGE_ENTRIES];
  }

  get(key: string): V | undefined {
    const place = this.#index.placeOf.get(key);
    return place === undefined ? undefined : this.at(place);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  *entries(): MapIterator<[string, V]> {
    const { names } = this.#index;
    for (let place = 0; place < this.places(); place += 1) {
      const [name, value] = [names[place], this.at(place)];
      if (name !== undefined && value !== undefined) yield [name, value];
    }
  }

  *keys(): MapIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}

function newPlace({ names, placeOf }: Index, name: string): number {
  const place = names.push(name) - 1;
  placeOf.set(name, place);
  return place;
}

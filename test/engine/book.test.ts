import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bookOf, bookWith } from '../../src/engine/book.ts';
import { changedKeys } from '../../src/engine/map-diff.ts';

const name = fc.nat(60).map((number) => `id-${number}`);
const change = fc.tuple(name, fc.option(fc.nat(3)));
const batches = fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 30, size: 'max' });

test('each version holds what the map held then, and says what it has other than any earlier one', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 80, size: 'max' }), batches, (first, later) => {
      const map = new Map<string, number>(first.map((one) => [one, 0]));
      const versions = [{ book: bookOf(map), held: new Map(map) }];
      for (const batch of later) {
        for (const [one, value] of batch) {
          if (value === null) map.delete(one);
          else map.set(one, value);
        }
        const newest = versions.at(-1);
        if (newest === undefined) throw new Error('expected a version');
        const names = new Set(batch.map(([one]) => one));
        versions.push({ book: bookWith(newest.book, names, map), held: new Map(map) });
      }
      for (const { book, held } of versions) {
        expect(sorted(book)).toEqual(sorted(held));
        expect([book.size, book.has('id-1'), book.get('id-1')]).toEqual([
          held.size,
          held.has('id-1'),
          held.get('id-1'),
        ]);
        expect([...book.keys()].sort()).toEqual([...held.keys()].sort());
        for (const earlier of versions) {
          const told = [...new Set(changedKeys(earlier.book, book))].sort();
          expect(told).toEqual([...changedKeys(earlier.held, held)].sort());
        }
      }
    }),
    { numRuns: 50 },
  );
}, 60_000);

test('a book that grows keeps its entries', () => {
  const map = new Map<string, number>();
  let book = bookOf(map);
  for (let number = 0; number < 2000; number += 1) {
    map.set(`id-${number}`, number);
    book = bookWith(book, new Set([`id-${number}`]), map);
  }
  expect(sorted(book)).toEqual(sorted(map));
});

function sorted(map: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Rows by their client order id and by a number each, so that 100,000 can be found and ticked off within milliseconds. */
import type { ObservedOrder } from './types.ts';

/** At most one row an id, each at a place of its own until it is removed. */
export interface RowTable {
  /** The place of the row with an id; NOWHERE when there is none. */
  readonly find: (clientOrderId: string) => number;
  readonly at: (place: number) => ObservedOrder | undefined;
  /** Puts rows in at the places that follow; one whose id has a row comes in its place, which is found by `displaced`. */
  readonly append: (rows: readonly ObservedOrder[]) => void;
  /** Takes out the rows whose place another one took, and gives them. */
  readonly displaced: () => readonly ObservedOrder[];
  /** Puts in a row whose id has none. */
  readonly add: (row: ObservedOrder) => void;
  readonly remove: (clientOrderId: string) => void;
  /** Every place is below this. */
  readonly places: () => number;
  readonly clear: () => void;
}

/** No place at all. */
export const NOWHERE = -1;

/** Makes an empty one. */
export function createRowTable(): RowTable {
  const placeOf = new Map<string, number>();
  const rows: (ObservedOrder | undefined)[] = [];
  /** Places that were left, to be taken again. */
  let left: number[] = [];

  return {
    find: (id) => placeOf.get(id) ?? NOWHERE,
    at: (place) => rows[place],
    append: (more) => {
      for (const row of more) placeOf.set(row.clientOrderId, rows.push(row) - 1);
    },
    displaced: () => {
      if (placeOf.size === rows.length - left.length) return [];
      const found: ObservedOrder[] = [];
      for (const [place, row] of rows.entries()) {
        if (row === undefined || placeOf.get(row.clientOrderId) === place) continue;
        found.push(row);
        rows[place] = undefined;
        left.push(place);
      }
      return found;
    },
    add: (row) => {
      const place = left.pop() ?? rows.length;
      rows[place] = row;
      placeOf.set(row.clientOrderId, place);
    },
    remove: (id) => {
      const place = placeOf.get(id);
      if (place === undefined) return;
      placeOf.delete(id);
      rows[place] = undefined;
      left.push(place);
    },
    places: () => rows.length,
    clear: () => {
      placeOf.clear();
      rows.length = 0;
      left = [];
    },
  };
}

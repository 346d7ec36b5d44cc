/**
 * All that is known of each client order id. Nearly every one is expected, shown once and alike, or nothing at all: of those
 * the row is kept and no more, so that 100,000 of them cost no object each.
 */

import type { Versioned } from './map-diff.ts';
import { ALIKE, type GroupVerdict, SILENT } from './order-group.ts';
import type { ExpectedOrder, ObservedOrder } from './types.ts';

/** What is known about one client order id. */
export interface Group {
  row: ObservedOrder | null;
  /** Further rows with this id. */
  more: ObservedOrder[];
  verdict: GroupVerdict;
  /** When it is in the lists of what is due; Infinity when it is not. */
  dueStartMonoMs: number;
  dueNowMonoMs: number;
}

/** The groups; whoever opens one closes it once it is judged. */
export interface OrderGroups {
  /** The one that is kept as such; undefined for the many that aren't. */
  readonly kept: (id: string) => Group | undefined;
  /** The group of an id, made when it is not kept; `alike` is what its row counts as then. */
  readonly open: (id: string, alike: GroupVerdict) => Group;
  /** Keeps what there is to know of it, and no more. */
  readonly close: (id: string, group: Group) => void;
  /** Ids of those that are kept. */
  readonly ids: () => readonly string[];
  /** Puts in a row of which nothing is known but its record's place; false when a row is there already. */
  readonly place: (row: ObservedOrder, place: number) => boolean;
  /** The row at a record's place; undefined when there is none, or its group is kept. */
  readonly at: (place: number) => ObservedOrder | undefined;
  /** Forgets all; from now on records have their places in these and in later versions of them. */
  readonly clear: (records: Versioned<ExpectedOrder>) => void;
}

/** Starts without any. */
export function createOrderGroups(): OrderGroups {
  const groups = new Map<string, Group>();
  /** Rows by the places of their records. */
  let rows: (ObservedOrder | undefined)[] = [];
  let placeOf: (id: string) => number | undefined = () => undefined;

  function make(id: string, verdict: GroupVerdict): Group {
    const place = placeOf(id);
    const row = place === undefined ? null : (rows[place] ?? null);
    if (place !== undefined) rows[place] = undefined;
    const never = Number.POSITIVE_INFINITY;
    return {
      row,
      more: [],
      verdict: row === null ? SILENT : verdict,
      dueStartMonoMs: never,
      dueNowMonoMs: never,
    };
  }

  return {
    kept: (id) => groups.get(id),
    open: (id, verdict) => {
      const known = groups.get(id);
      if (known !== undefined) return known;
      const made = make(id, verdict);
      groups.set(id, made);
      return made;
    },
    close: (id, { row, more, verdict }) => {
      if (more.length > 0 || verdict !== (row === null ? SILENT : ALIKE)) return;
      const place = row === null ? undefined : placeOf(id);
      // What is alike has a record, and a record has a place.
      if (row !== null && place === undefined) return;
      groups.delete(id);
      if (row !== null && place !== undefined) rows[place] = row;
    },
    ids: () => [...groups.keys()],
    place: (row, place) => {
      if (rows[place] !== undefined || groups.has(row.clientOrderId)) return false;
      rows[place] = row;
      return true;
    },
    at: (place) => rows[place],
    clear: (records) => {
      groups.clear();
      rows = new Array<ObservedOrder | undefined>(records.places()).fill(undefined);
      placeOf = records.placeOf.bind(records);
    },
  };
}

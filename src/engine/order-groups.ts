/**
 * All that is known of each client order id. Nearly every one is expected, shown once and alike, or nothing at all: of those
 * the row is kept and no more, so that 100,000 of them cost no object each.
 */
import { ALIKE, type GroupVerdict, SILENT } from './order-group.ts';
import { createRowTable, NOWHERE, type RowTable } from './row-table.ts';
import type { ObservedOrder } from './types.ts';

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
  /** The rows of all others. */
  readonly alike: RowTable;
  readonly clear: () => void;
}

/** Starts without any. */
export function createOrderGroups(): OrderGroups {
  const groups = new Map<string, Group>();
  const alike = createRowTable();

  function make(id: string, verdict: GroupVerdict): Group {
    const place = alike.find(id);
    const row = place === NOWHERE ? null : (alike.at(place) ?? null);
    if (row !== null) alike.remove(id);
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
      groups.delete(id);
      if (row !== null) alike.add(row);
    },
    ids: () => [...groups.keys()],
    alike,
    clear: () => {
      groups.clear();
      alike.clear();
    },
  };
}

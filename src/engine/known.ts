/** What a comparison remembers of the question before, and how far that helps with the next. Pure. */
import type { GroupContext } from './order-group.ts';
import type { RowDiff } from './row-diff.ts';
import type { TargetedReads } from './targeted.ts';
import type { ExpectedOrder, ObservedOrder } from './types.ts';

/** What the groups were made from. */
export interface Known extends GroupContext {
  readonly rows: readonly ObservedOrder[];
  readonly records: ReadonlyMap<string, ExpectedOrder>;
  readonly targeted: TargetedReads;
}

/** How much there is to look at again; Infinity when everything is. */
export function changesOf(rows: RowDiff<ObservedOrder> | null, records: readonly string[] | null): number {
  if (rows === null || records === null) return Number.POSITIVE_INFINITY;
  return rows.removed.length + rows.added.length + records.length;
}

/** Other rules, another footing of the engine's picture, and times that run backwards, void all that is known. */
export function continues(known: Known, context: GroupContext): boolean {
  const [before, after] = [known.options, context.options];
  return (
    context.startedMonoMs >= known.startedMonoMs &&
    context.oneWord === known.oneWord &&
    after.now.monoMs >= before.now.monoMs &&
    after.identity === before.identity &&
    after.whitelist === before.whitelist &&
    after.missingGraceMs === before.missingGraceMs &&
    after.statusGraceMs === before.statusGraceMs &&
    after.missesNeeded === before.missesNeeded &&
    after.requeryAfterMs === before.requeryAfterMs &&
    after.remediateProtective === before.remediateProtective
  );
}

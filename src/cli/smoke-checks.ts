/** What each stage must have shown in the smoke. Pure: figures before and after in, verdicts out. */
import { STAGE_NAMES } from '../engine/stages.ts';
import type { CriterionVerdict, StageNumber } from '../engine/types.ts';

/** Totals since the daemon's start, as three witnesses tell them. */
export interface Figures {
  readonly stage: number;
  readonly runs: number;
  readonly mismatches: number;
  readonly planned: number;
  readonly blocked: number;
  readonly blockedDryRun: number;
  readonly blockedNotArmed: number;
  readonly executed: number;
  readonly failed: number;
  readonly snapshotAgeMs: number | null;
  /** Every write the simulator was ever asked for. */
  readonly writes: readonly string[];
  readonly openIds: readonly string[];
  readonly traderIds: readonly string[];
}

/** One stage of the walk. */
export interface StageFigures {
  readonly stage: StageNumber;
  readonly entered: boolean;
  readonly before: Figures;
  readonly after: Figures;
  readonly inject: boolean;
  /** The stray order's client id, once it is placed. */
  readonly stray: string | null;
}

export interface Check {
  readonly title: string;
  readonly figure: string;
  readonly verdict: CriterionVerdict;
}

export const STAGES = ([0, 1, 2, 3, 4] as const).map((stage) => ({ stage, name: STAGE_NAMES[stage] ?? '' }));

/** Judges one stage. What could not be witnessed is INCONCLUSIVE; with a mismatch injected nothing may be. */
export function checkStage(seen: StageFigures): readonly Check[] {
  const entry = check(
    'in force',
    `stage ${seen.after.stage}`,
    seen.entered && seen.after.stage === seen.stage,
  );
  // Without a mismatch nothing earns stage 3; the stages below it need none.
  if (!seen.entered) return [seen.inject || seen.stage < 3 ? entry : { ...entry, verdict: 'INCONCLUSIVE' }];
  return [entry, ...checksOf(seen), ...(seen.stage < 4 ? nothingSent(seen) : [])];
}

function checksOf(seen: StageFigures): readonly Check[] {
  const d = difference(seen);
  switch (seen.stage) {
    case 0:
      return [check('runs', String(seen.after.runs), seen.after.runs === 0)];
    case 1:
      return [
        check('runs', String(d.runs), d.runs > 0),
        check(
          'snapshot age',
          `${seen.after.snapshotAgeMs ?? 'none'} ms`,
          (seen.after.snapshotAgeMs ?? Number.POSITIVE_INFINITY) < 120_000,
        ),
        witnessed(seen, 'mismatches seen', d.mismatches),
        check('planned', String(d.planned), d.planned === 0),
      ];
    case 2:
      return [
        witnessed(seen, 'planned', d.planned),
        d.planned === 0
          ? unseen(seen, 'blocked by dry_run')
          : check('blocked by dry_run', `${d.blockedDryRun} of ${d.planned}`, d.blockedDryRun === d.planned),
      ];
    case 3:
      return [
        witnessed(seen, 'blocked by not_armed', d.blockedNotArmed),
        check(
          'blocked by anything else',
          String(d.blocked - d.blockedNotArmed),
          d.blocked === d.blockedNotArmed,
        ),
      ];
    case 4:
      return live(seen);
  }
}

function live(seen: StageFigures): readonly Check[] {
  const d = difference(seen);
  const writes = seen.after.writes.slice(seen.before.writes.length);
  const lost = seen.after.traderIds.filter((id) => !seen.after.openIds.includes(id));
  return [
    check('executed', String(d.executed), d.executed === 1),
    check('failed or unknown', String(d.failed), d.failed === 0),
    check(
      'writes sent',
      writes.join(', ') || 'none',
      writes.length === 1 && writes[0] === 'DELETE /fapi/v1/order',
    ),
    check(
      'stray order gone',
      seen.stray ?? 'none placed',
      seen.stray !== null && !seen.after.openIds.includes(seen.stray),
    ),
    check(
      "trader's own orders",
      `${seen.after.traderIds.length} open, ${lost.length} lost`,
      seen.after.traderIds.length > 0 && lost.length === 0,
    ),
  ];
}

function nothingSent(seen: StageFigures): readonly Check[] {
  return [
    check('executed', String(seen.after.executed), seen.after.executed === 0),
    check('writes in the exchange log', String(seen.after.writes.length), seen.after.writes.length === 0),
  ];
}

function difference({ before, after }: StageFigures) {
  return {
    runs: after.runs - before.runs,
    mismatches: after.mismatches - before.mismatches,
    planned: after.planned - before.planned,
    blocked: after.blocked - before.blocked,
    blockedDryRun: after.blockedDryRun - before.blockedDryRun,
    blockedNotArmed: after.blockedNotArmed - before.blockedNotArmed,
    executed: after.executed - before.executed,
    failed: after.failed - before.failed,
  };
}

/** Something that must have been seen when a mismatch was injected, and else simply was not. */
function witnessed(seen: StageFigures, title: string, count: number): Check {
  return count > 0 ? check(title, String(count), true) : unseen(seen, title);
}

function unseen(seen: StageFigures, title: string): Check {
  return { title, figure: 'not witnessed', verdict: seen.inject ? 'FAIL' : 'INCONCLUSIVE' };
}

function check(title: string, figure: string, passed: boolean): Check {
  return { title, figure, verdict: passed ? 'PASS' : 'FAIL' };
}

/** The status document's mismatches, each with what keeps its repair from being sent. */
import type { StatusDocument } from '../control/protocol.ts';
import { byContract } from '../engine/contract-order.ts';
import type { Decision } from '../engine/decide.ts';
import { escapeText } from '../engine/escape.ts';
import type { GateName, JudgedAction, Mismatch } from '../engine/types.ts';
import { GATES } from '../gates/index.ts';
import type { Vitals } from './core.ts';
import type { GateBoard } from './gate-board.ts';

const MAX_MISMATCHES = 200;

/**
 * Presents those of the last decision, beside gates as `board` shows them; while reads are incomplete also those of the last
 * complete picture, of which nothing proves that they are gone.
 */
export function mismatchesOf(
  { decision, standing, observation }: Vitals,
  board: Pick<GateBoard, 'rows'>,
): Pick<StatusDocument, 'mismatches' | 'mismatch_count'> {
  if (decision === null) return { mismatches: [], mismatch_count: 0 };
  const judged = new Map(decision.planned.map((one) => [one.action.mismatch.key, one]));
  const closed = new Set(board.rows().flatMap(({ gate, state }) => (state === 'closed' ? gate : [])));
  const all = observation?.complete === false ? withStanding(decision, standing) : decision.mismatches;
  const mismatches = all.slice(0, MAX_MISMATCHES).map((mismatch) => ({
    key: escapeText(mismatch.key, 120),
    type: mismatch.type,
    symbol: escapeText(mismatch.symbol, 60),
    id: escapeText(mismatch.clientOrderId ?? mismatch.positionSide ?? '', 60),
    remediation: mismatch.remediation,
    reason: reasonNow(judged.get(mismatch.key) ?? null, closed),
    planned: judged.has(mismatch.key),
    synthetic: mismatch.synthetic,
    detail: escapeText(
      mismatch.reportOnlyBecause === ''
        ? mismatch.detail
        : `${mismatch.detail}; report only: ${mismatch.reportOnlyBecause}`,
      300,
    ),
  }));
  return { mismatches, mismatch_count: all.length };
}

function withStanding(decision: Decision, standing: readonly Mismatch[]): readonly Mismatch[] {
  const seen = new Set(decision.mismatches.map(({ key }) => key));
  return [...decision.mismatches, ...standing.filter(({ key }) => !seen.has(key))].sort(byContract);
}

/**
 * Names what keeps an action from its write now: the world's gates as they are, those that look at the action as its run
 * judged them. What a run let through is not about to be executed any more once a stop, a lowering or its own cooldown came.
 */
function reasonNow(judged: JudgedAction | null, closed: ReadonlySet<string>): GateName | null {
  if (judged === null) return null;
  const own = new Set(judged.verdicts.flatMap(({ gate, open }) => (open ? [] : gate)));
  return GATES.find(({ name, scope }) => (scope === 'world' ? closed : own).has(name))?.name ?? null;
}

/** The status document's mismatches, each with what keeps its repair from being sent. */
import type { StatusDocument } from '../control/protocol.ts';
import { escapeText } from '../engine/escape.ts';
import type { GateName, JudgedAction } from '../engine/types.ts';
import { GATES } from '../gates/index.ts';
import type { Vitals } from './core.ts';
import type { GateBoard } from './gate-board.ts';

const MAX_MISMATCHES = 200;

/** Presents those of the last decision, beside gates as `board` shows them. */
export function mismatchesOf(
  { decision }: Vitals,
  board: Pick<GateBoard, 'rows'>,
): Pick<StatusDocument, 'mismatches' | 'mismatch_count'> {
  if (decision === null) return { mismatches: [], mismatch_count: 0 };
  const judged = new Map(decision.planned.map((one) => [one.action.mismatch.key, one]));
  const closed = new Set(board.rows().flatMap(({ gate, state }) => (state === 'closed' ? gate : [])));
  const mismatches = decision.mismatches.slice(0, MAX_MISMATCHES).map((mismatch) => ({
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
  return { mismatches, mismatch_count: decision.mismatches.length };
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

/** What makes two decisions the same: the real mismatches, and why each action is blocked. Pure. */
import type { Decision } from '../engine/decide.ts';

/** Signs a decision; the canary, which one run alone sees, is left out. */
export function signatureOf(decision: Pick<Decision, 'mismatches' | 'planned'> | null): string {
  if (decision === null) return '';
  return JSON.stringify([
    decision.mismatches.filter(({ synthetic }) => !synthetic).map(({ key }) => key),
    decision.planned
      .filter(({ action }) => !action.synthetic)
      .map(({ action, reason }) => [action.id, reason]),
  ]);
}

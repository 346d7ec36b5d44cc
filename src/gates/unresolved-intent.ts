import { answer, isCount, isWords } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** A symbol with a write of unknown outcome is frozen, and what failed three times is for a person. */
export const unresolvedIntent: ActionGate = {
  name: 'unresolved_intent',
  scope: 'action',
  rule: 'A symbol with a write of unknown outcome is frozen, and what failed three times is for a person.',
  judge: ({ action, world, failures }) => {
    const { unresolvedSymbols } = world;
    if (!isWords(unresolvedSymbols) || typeof action.symbol !== 'string')
      return answer(false, 'unknown', 'none open');
    if (unresolvedSymbols.includes(action.symbol)) return answer(false, 'outcome unknown', 'none open');
    const open = isCount(failures) && failures < MANUAL_AFTER_FAILURES;
    return answer(open, open ? 'none open' : `manual: failed ${failures}x`, 'none open');
  },
};

/** So many failures of one action, and a person has to look at it. */
export const MANUAL_AFTER_FAILURES = 3;

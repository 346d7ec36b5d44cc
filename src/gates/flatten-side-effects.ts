import { answer, isWords } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** A position that other orders or another symbol lean on is not flattened. */
export const flattenSideEffects: ActionGate = {
  name: 'flatten_side_effects',
  scope: 'action',
  rule: 'A position that other orders or another symbol lean on is not flattened.',
  judge: ({ action, world }) => {
    if (action.action === 'cancel') return answer(true, 'not needed', 'flatten only');
    const { protectedSymbols, strangers, hedgedSymbols } = world.sideEffects;
    if (![protectedSymbols, hedgedSymbols, [action.symbol]].every(isWords))
      return answer(false, 'unknown', 'none');
    if (hedgedSymbols.includes(action.symbol)) return answer(false, 'hedge group', 'none');
    if (protectedSymbols.includes(action.symbol)) return answer(false, 'protective orders', 'none');
    if (!(strangers instanceof Map)) return answer(false, 'not compared yet', 'none');
    const foreign = strangers.get(action.symbol) ?? 0;
    return answer(foreign === 0, foreign === 0 ? 'none' : `${foreign} foreign`, 'none');
  },
};

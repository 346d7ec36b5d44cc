import { answer, isWords } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** Only listed symbols are touched. */
export const symbolNotInWhitelist: ActionGate = {
  name: 'symbol_not_in_whitelist',
  scope: 'action',
  rule: 'Only listed symbols are touched.',
  judge: ({ action, world }) => {
    const isListed = isWords(world.whitelist) && world.whitelist.includes(action.symbol);
    return answer(isListed, action.symbol, 'whitelisted');
  },
};

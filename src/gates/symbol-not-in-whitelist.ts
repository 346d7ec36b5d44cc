import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** Only listed symbols are touched. */
export const symbolNotInWhitelist: ActionGate = {
  name: 'symbol_not_in_whitelist',
  scope: 'action',
  rule: 'Only listed symbols are touched.',
  judge: ({ action, world }) => answer(world.whitelist.includes(action.symbol), action.symbol, 'whitelisted'),
};

import { answer, isWords } from './answer.ts';
import type { ActionGate } from './gate.ts';
import { parseClientOrderId } from './identity.ts';

/** Only orders of the allowed strategies are cancelled. */
export const strategyNotAllowed: ActionGate = {
  name: 'strategy_not_allowed',
  scope: 'action',
  rule: 'Only orders of the allowed strategies are cancelled.',
  judge: ({ action, world }) => {
    if (action.action === 'flatten') return answer(true, 'a position', 'orders only');
    const { prefix, allowedStrategies } = world.identity;
    const strategy = parseClientOrderId(action.clientOrderId ?? '', prefix)?.strategy ?? null;
    const isAllowed = strategy !== null && isWords(allowedStrategies) && allowedStrategies.includes(strategy);
    return answer(isAllowed, strategy ?? 'none', 'allowed');
  },
};

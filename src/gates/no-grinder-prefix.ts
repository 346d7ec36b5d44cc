import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';
import { classifyOrder } from './identity.ts';

/** Only orders in our identity are cancelled. */
export const noGrinderPrefix: ActionGate = {
  name: 'no_grinder_prefix',
  scope: 'action',
  rule: 'Only orders in our identity are cancelled.',
  judge: ({ action, world }) => {
    if (action.action === 'flatten') return answer(true, 'a position', 'orders only');
    const { kind } = classifyOrder(
      { clientOrderId: action.clientOrderId ?? '', symbol: action.symbol },
      world.identity,
    );
    return answer(kind === 'ours' || kind === 'not_allowed_strategy', kind, 'ours');
  },
};

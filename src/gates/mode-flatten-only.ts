import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** Orders are cancelled only when the mode says so. */
export const modeFlattenOnly: ActionGate = {
  name: 'mode_flatten_only',
  scope: 'action',
  rule: 'Orders are cancelled only when the mode says so.',
  judge: ({ action, world }) => {
    if (action.action === 'flatten') return answer(true, 'flatten', 'any mode');
    return answer(world.mode === 'cancel_all' || world.mode === 'auto', String(world.mode), 'cancel, auto');
  },
};

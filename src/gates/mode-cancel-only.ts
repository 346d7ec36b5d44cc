import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** Positions are flattened only when the mode says so, and in auto never beside a cancel. */
export const modeCancelOnly: ActionGate = {
  name: 'mode_cancel_only',
  scope: 'action',
  rule: 'Positions are flattened only when the mode says so, and in auto never beside a cancel.',
  judge: ({ action, world, run }) => {
    if (action.action === 'cancel') return answer(true, 'cancel', 'any mode');
    if (world.mode === 'flatten') return answer(true, 'flatten', 'flatten, auto');
    if (world.mode !== 'auto') return answer(false, String(world.mode), 'flatten, auto');
    return answer(run.cancels === 0, run.cancels === 0 ? 'auto' : 'cancels come first', 'no cancel');
  },
};

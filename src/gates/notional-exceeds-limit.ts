import { answer } from './answer.ts';
import { fitsUsdt, usdt } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** A single flatten stays small. */
export const notionalExceedsLimit: ActionGate = {
  name: 'notional_exceeds_limit',
  scope: 'action',
  rule: 'A single flatten stays small.',
  judge: ({ action, world }) => {
    const cap = world.limits.maxFlattenNotionalUsdt;
    if (action.action === 'cancel') return answer(true, 'not needed', 'flatten only');
    return answer(fitsUsdt(action.notionalUsdt, cap), usdt(action.notionalUsdt), `<= ${usdt(cap)}`);
  },
};

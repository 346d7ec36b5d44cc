import { answer } from './answer.ts';
import { fitsUsdt, total, usdt } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** One run moves a limited amount. */
export const maxNotionalPerRun: ActionGate = {
  name: 'max_notional_per_run',
  scope: 'action',
  rule: 'One run moves a limited amount.',
  judge: ({ action, world, run }) => {
    const cap = world.limits.maxNotionalPerRunUsdt;
    const amount = total([run.notionalUsdt, action.notionalUsdt]);
    return answer(fitsUsdt(amount, cap), usdt(amount), `<= ${usdt(cap)}`);
  },
};

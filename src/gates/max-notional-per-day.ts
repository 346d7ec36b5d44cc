import { answer } from './answer.ts';
import { fitsUsdt, total, usdt } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** A day moves a limited amount. */
export const maxNotionalPerDay: ActionGate = {
  name: 'max_notional_per_day',
  scope: 'action',
  rule: 'A day moves a limited amount.',
  judge: ({ action, world, run }) => {
    const cap = world.limits.maxNotionalPerDayUsdt;
    const amount = total([world.day?.notionalUsdt, run.notionalUsdt, action.notionalUsdt]);
    return answer(fitsUsdt(amount, cap), usdt(amount), `<= ${usdt(cap)}`);
  },
};

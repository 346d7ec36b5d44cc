import { answer } from './answer.ts';
import { fits, totalCount } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** One run touches few items. */
export const maxOrdersReached: ActionGate = {
  name: 'max_orders_reached',
  scope: 'action',
  rule: 'One run touches few items.',
  judge: ({ world, run }) => {
    const cap = world.limits.maxOrdersPerAction;
    return answer(fits(totalCount(run.orders, 1), cap), `${totalCount(run.orders)} + 1`, `<= ${cap}`);
  },
};

import { parseDecimal } from '../engine/decimal.ts';
import { answer } from './answer.ts';
import { fitsUsdt, usdt } from './cap.ts';
import type { ActionGate, GateAnswer, GateInput } from './gate.ts';

/** A single flatten stays small, and no larger than the exchange takes. */
export const notionalExceedsLimit: ActionGate = {
  name: 'notional_exceeds_limit',
  scope: 'action',
  rule: 'A single flatten stays small, and no larger than the exchange takes.',
  judge: ({ action, world }) => {
    const cap = world.limits.maxFlattenNotionalUsdt;
    if (action.action === 'cancel') return answer(true, 'not needed', 'flatten only');
    const capped = answer(fitsUsdt(action.notionalUsdt, cap), usdt(action.notionalUsdt), `<= ${usdt(cap)}`);
    return capped.open ? (tooLarge({ action, world }) ?? capped) : capped;
  },
};

/** Null when the exchange takes the quantity in one order; what isn't known doesn't fit. */
function tooLarge({ action, world }: Pick<GateInput, 'action' | 'world'>): GateAnswer | null {
  const most = world.largestOrders instanceof Map ? world.largestOrders.get(action.symbol) : undefined;
  const [quantity, largest] = [parseDecimal(action.quantity), parseDecimal(most)];
  if (quantity === null || largest === null || !largest.isGreaterThan(0))
    return answer(false, 'largest order not known', 'quantity within it');
  return quantity.isGreaterThan(0) && quantity.isLessThanOrEqualTo(largest)
    ? null
    : answer(false, `quantity ${quantity.toFixed()}`, `<= ${largest.toFixed()} max`);
}

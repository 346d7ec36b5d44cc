import { parseDecimal } from '../engine/decimal.ts';
import { answer, duration, isFresh } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** A position is flattened only at a fresh price. */
export const priceUnavailable: ActionGate = {
  name: 'price_unavailable',
  scope: 'action',
  rule: 'A position is flattened only at a fresh price.',
  judge: ({ action, world }) => {
    if (action.action === 'cancel') return answer(true, 'not needed', 'flatten only');
    const limit = `<= ${duration(world.priceMaxAgeMs)}`;
    const price = world.prices instanceof Map ? world.prices.get(action.symbol) : undefined;
    if (price === undefined) return answer(false, 'no price', limit);
    const usable =
      parseDecimal(price.markPrice)?.isGreaterThan(0) === true && parseDecimal(action.notionalUsdt) !== null;
    const fresh = isFresh(price.ageMs, world.priceMaxAgeMs);
    return answer(usable && fresh, usable ? duration(price.ageMs) : 'no usable price', limit);
  },
};

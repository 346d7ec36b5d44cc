import type { ObservedOrder } from '../engine/types.ts';
import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** Orders that protect a position stay unless the operator lets them go. */
export const protectiveOrder: ActionGate = {
  name: 'protective_order',
  scope: 'action',
  rule: 'Orders that protect a position stay unless the operator lets them go.',
  judge: ({ action, world }) => {
    if (action.action === 'flatten') return answer(true, 'a position', 'orders only');
    const order = action.mismatch.observedOrder;
    if (order === null) return answer(false, 'order unknown', 'none');
    const why = protects(order);
    return answer(why === null || world.remediateProtective === true, why ?? 'none', 'none');
  },
};

/** Says why an order protects a position (it can only shrink one, or waits for a price), or null when it doesn't. */
export function protects(
  order: Pick<ObservedOrder, 'reduceOnly' | 'closePosition' | 'conditional' | 'positionSide' | 'side'>,
): string | null {
  if (order.conditional !== false) return 'conditional';
  if (order.closePosition !== false) return 'close-position';
  if (order.reduceOnly !== false) return 'reduce-only';
  // In hedge mode nothing is marked reduce-only: the side alone tells that an order closes.
  const opening = OPENING_SIDES[order.positionSide];
  if (opening === undefined) return 'side unknown';
  return opening.includes(order.side) ? null : 'closes a position';
}

const OPENING_SIDES: Readonly<Partial<Record<string, readonly string[]>>> = Object.assign(
  Object.create(null),
  {
    BOTH: ['BUY', 'SELL'],
    LONG: ['BUY'],
    SHORT: ['SELL'],
  },
);

/** Whether the stream told something newer of a mismatch's item than was read of it, or lost what it would have told. Pure. */
import { compareDecimals } from './decimal.ts';
import type { Mismatch, Observation } from './types.ts';
import type { View } from './view.ts';
import { compareOrderAge, comparePositionAge, orderKey, positionKey } from './view-age.ts';

/**
 * Tells it by the exchange's own times: a read that was begun later may still lag behind (F35). Of one millisecond an order with
 * more fills and another amount of a position are newer. What a complete read has shown to be gone tells nothing.
 */
export function isToldNewer(
  view: Pick<View, 'orders' | 'positions'>,
  { observedOrder, observedPosition }: Pick<Mismatch, 'observedOrder' | 'observedPosition'>,
): boolean {
  if (observedOrder !== null) {
    const told = view.orders.get(orderKey(observedOrder));
    return told?.gone === false && compareOrderAge(told.item, observedOrder) > 0;
  }
  if (observedPosition === null) return false;
  const told = view.positions.get(positionKey(observedPosition));
  if (told?.gone !== false) return false;
  const age = comparePositionAge(told.item, observedPosition);
  return age !== 0 ? age > 0 : compareDecimals(told.item.amount, observedPosition.amount) !== 0;
}

/** Tells whether a stream that is up has had a hole since a picture was begun; one that is down is not waited for. */
export function isBrokenSince(
  { wholeSinceMonoMs }: Pick<View, 'wholeSinceMonoMs'>,
  { startedMonoMs }: Pick<Observation, 'startedMonoMs'>,
): boolean {
  return wholeSinceMonoMs !== null && wholeSinceMonoMs > startedMonoMs;
}

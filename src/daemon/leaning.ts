/** Symbols on which an order of the engine's leans on a position: it can only shrink one, or waits for a price. */
import { isConditionalType, isLive } from '../engine/targeted.ts';
import type { ExpectedState, ObservedOrder } from '../engine/types.ts';
import type { View } from '../engine/view.ts';

/**
 * Names them. What the feed says of an order counts, and what the exchange shows of one that the feed believes in: to
 * say so is left to the engine's record, whose fields for it may be missing. Asked several times a second: the lists
 * never change, so each is walked once.
 */
export function protectedSymbols(
  { orders }: ExpectedState,
  shown: readonly ObservedOrder[],
): readonly string[] {
  const leaning = leaningOf(shown).filter(({ clientOrderId }) => isBelieved(orders, clientOrderId));
  return [...new Set([...believedOf(orders), ...leaning.map(({ symbol }) => symbol)])];
}

/** The same by what the stream has told, for the time until the next picture. */
export function protectedSince(expected: ExpectedState, view: Pick<View, 'orders'>): readonly string[] {
  if (view.orders.size === 0) return [];
  return protectedSymbols(
    expected,
    [...view.orders.values()].flatMap(({ item, gone }) => (gone ? [] : [item])),
  );
}

function believedOf(orders: ExpectedState['orders']): readonly string[] {
  const known = believedBy.get(orders);
  if (known !== undefined) return known;
  const symbols = new Set<string>();
  for (const { state, reduceOnly, orderType, symbol } of orders.values())
    if (state !== 'ended' && (reduceOnly || isConditionalType(orderType))) symbols.add(symbol);
  const found = [...symbols];
  believedBy.set(orders, found);
  return found;
}

const believedBy = new WeakMap<ExpectedState['orders'], readonly string[]>();

function leaningOf(shown: readonly ObservedOrder[]): readonly ObservedOrder[] {
  const known = leaningIn.get(shown);
  if (known !== undefined) return known;
  const found = shown.filter(
    ({ status, reduceOnly, closePosition, conditional }) =>
      (reduceOnly || closePosition || conditional) && isLive(status),
  );
  leaningIn.set(shown, found);
  return found;
}

const leaningIn = new WeakMap<readonly ObservedOrder[], readonly ObservedOrder[]>();

function isBelieved(orders: ExpectedState['orders'], clientOrderId: string): boolean {
  const record = orders.get(clientOrderId);
  return record !== undefined && record.state !== 'ended';
}

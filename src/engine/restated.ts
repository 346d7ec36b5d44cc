/**
 * When the engine says again what it has said already, it was said when it was said first. Otherwise each checkpoint
 * would make everything in it too young to be judged, and what differs would go uncounted for a run. Pure.
 */
import type { ExpectedOrder, ExpectedPosition } from './expected-types.ts';
import { isConditionalType } from './targeted.ts';

/**
 * The order as told now; with the time of the earlier record when that said the same, and with the type it waited under when it
 * has fired: the end of what it was may be told after that.
 */
export function toldOrder(known: ExpectedOrder | undefined, told: ExpectedOrder): ExpectedOrder {
  if (known === undefined) return told;
  const firedFrom = firedFromOf(known, told);
  const order = firedFrom === undefined ? told : { ...told, firedFrom };
  return ORDER_SAYS.every((key) => known[key] === told[key])
    ? { ...order, readAtMonoMs: known.readAtMonoMs }
    : order;
}

/** What ended before it was told anew is over. */
function firedFromOf(known: ExpectedOrder, told: ExpectedOrder): string | undefined {
  if (known.state === 'ended' || isConditionalType(told.orderType)) return undefined;
  return isConditionalType(known.orderType) ? known.orderType : known.firedFrom;
}

/** The position as told now; with the time of the earlier record when that said the same. */
export function toldPosition(known: ExpectedPosition | undefined, told: ExpectedPosition): ExpectedPosition {
  return known !== undefined && known.amount === told.amount
    ? { ...told, readAtMonoMs: known.readAtMonoMs }
    : told;
}

/** All that a record says, its times aside. Alike in other words ("1.0", "1") is something new: that only waits longer. */
const ORDER_SAYS = [
  'symbol',
  'side',
  'orderType',
  'price',
  'quantity',
  'filledQuantity',
  'reduceOnly',
  'state',
  'endReason',
] as const satisfies readonly (keyof ExpectedOrder)[];

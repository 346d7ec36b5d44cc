/**
 * When the engine says again what it has said already, it was said when it was said first. Otherwise each checkpoint
 * would make everything in it too young to be judged, and what differs would go uncounted for a run. Pure.
 */
import type { ExpectedOrder, ExpectedPosition } from './expected-types.ts';

/** The order as told now; with the time of the earlier record when that said the same. */
export function toldOrder(known: ExpectedOrder | undefined, told: ExpectedOrder): ExpectedOrder {
  return known !== undefined && ORDER_SAYS.every((key) => known[key] === told[key])
    ? { ...told, readAtMonoMs: known.readAtMonoMs }
    : told;
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

/** Who changed a position, as far as the exchange tells it in an order's id and type. Pure. */
import { classifyOrder, type Identity } from '../gates/identity.ts';
import { isZero } from './decimal.ts';
import { escapeText } from './escape.ts';
import type { ExpectedState, Mismatch, ObservedOrder, ObservedPosition } from './types.ts';
import { positionKey } from './view-age.ts';

/** The last order that filled on a position. */
export interface Cause {
  readonly order: ObservedOrder;
  readonly heardAtMonoMs: number;
}

/** Remembers, by position, the newest order that filled. */
export function causesAfter(
  causes: ReadonlyMap<string, Cause>,
  update: {
    readonly orders: readonly ObservedOrder[];
    readonly positions: readonly ObservedPosition[];
    readonly heardAtMonoMs: number;
  },
): ReadonlyMap<string, Cause> {
  const filled = update.orders.filter((order) => !isZero(order.filledQuantity));
  if (filled.length === 0) return causes;
  const next = new Map(causes);
  for (const order of filled) {
    const before = next.get(positionKey(order));
    if (before !== undefined && !isNews(order, before.order)) continue;
    next.set(positionKey(order), { order, heardAtMonoMs: update.heardAtMonoMs });
  }
  return next;
}

/** The same report again must not look as if something happened after the engine spoke. */
function isNews(order: ObservedOrder, known: ObservedOrder): boolean {
  if (order.updatedAtMs !== known.updatedAtMs) return order.updatedAtMs > known.updatedAtMs;
  return order.orderId !== known.orderId || order.filledQuantity !== known.filledQuantity;
}

/**
 * Words who an order is from, or null when it is the engine's or ours. The exchange's own orders have documented ids:
 * `autoclose-` liquidation, `adl_autoclose` auto-deleveraging, `settlement_autoclose-` delisting or delivery; and the
 * type LIQUIDATION (USD-M "Event: Order Update", read 2026-11). Ids of its app and website are not documented: any
 * other order is shown by its id alone.
 */
export function wordCause(order: ObservedOrder, identity: Identity): string | null {
  const { clientOrderId, orderType } = order;
  const id = escapeText(clientOrderId, 40);
  if (clientOrderId.startsWith('autoclose-') || orderType === 'LIQUIDATION')
    return `changed by a liquidation (${id})`;
  if (clientOrderId.startsWith('adl_autoclose')) return `changed by auto-deleveraging (${id})`;
  if (clientOrderId.startsWith('settlement_autoclose-')) return `changed by a settlement (${id})`;
  const whose = classifyOrder(order, identity).kind;
  return whose === 'ours' || whose === 'repair' || whose === 'ours_unparsable'
    ? null
    : `changed by an order that is not the engine's (${id})`;
}

/** Adds to each position's mismatch who changed it last, unless the engine has spoken about the position since. */
export function attribute(
  mismatches: readonly Mismatch[],
  known: {
    readonly causes: ReadonlyMap<string, Cause>;
    readonly expected: ExpectedState;
    readonly identity: Identity;
  },
): readonly Mismatch[] {
  if (known.causes.size === 0) return mismatches;
  return mismatches.map((mismatch) => {
    const { symbol, positionSide } = mismatch;
    if (positionSide === null) return mismatch;
    const cause = known.causes.get(positionKey({ symbol, positionSide }));
    const said = known.expected.positions.get(`${symbol}/${positionSide}`)?.readAtMonoMs;
    if (cause === undefined || (said !== undefined && said > cause.heardAtMonoMs)) return mismatch;
    const words = wordCause(cause.order, known.identity);
    return words === null ? mismatch : { ...mismatch, detail: `${mismatch.detail}; ${words}` };
  });
}

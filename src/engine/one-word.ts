/**
 * What one word makes of what was said before it. Pure. A checkpoint is made while records are on their way, and may be
 * written after one that it does not hold: an order is missing from it, a position of which it says 0 is held. And of two
 * threads the slower one may write last what is dated first. The next checkpoint tells: nothing is given up for one alone.
 */
import { isZero } from './decimal.ts';
import type { Doubt, ExpectedOrder, ExpectedPosition, ExpectedState, SaidAt } from './expected-types.ts';
import { heldPosition, keyOf, liveOrder } from './feed-records.ts';
import type { FeedOrder, FeedPosition } from './feed-schema.ts';
import { toldOrder, toldPosition } from './restated.ts';
import { isConditionalType } from './targeted.ts';

/** So long an engine has to go on saying so, by both clocks. */
const SAID_FOR_MS = 30_000;

/**
 * Since when the picture rests on one checkpoint alone, after a checkpoint. It does where what came before was not heard
 * whole: a record that was lost may be of an order or a position which the checkpoint, made too soon, leaves out.
 */
export function oneWordAfter(
  { fault, checkpoint, seq, oneWordSince }: ExpectedState,
  at: SaidAt,
): SaidAt | null {
  const isWhole = fault === null && (checkpoint !== null || seq === 1);
  // An engine whose clock was set back would have to catch up with itself first.
  if (!isWhole || at.updatedAtMs < (oneWordSince?.updatedAtMs ?? 0)) return at;
  return oneWordSince === null || isLongSince(oneWordSince, at) ? null : oneWordSince;
}

/** All orders after a checkpoint. What it does not name comes first, so that the oldest end stays the first to be forgotten. */
export function ordersAfter(
  known: ReadonlyMap<string, ExpectedOrder>,
  named: readonly FeedOrder[],
  at: SaidAt,
): Map<string, ExpectedOrder> {
  const orders = new Map<string, ExpectedOrder>();
  const names = new Set(named.map(({ client_order_id }) => client_order_id));
  for (const [id, order] of known) {
    const kept = names.has(id) ? null : leftOutBy(order, at);
    if (kept !== null) orders.set(id, kept);
  }
  for (const order of named) {
    const id = order.client_order_id;
    orders.set(id, toldOrder(known.get(id), liveOrder(order, at)));
  }
  return orders;
}

/**
 * What a new session is told against: what ended, and what waits for a price or fired, whose end as such may be told late. Where its
 * first checkpoint doesn't name one of these it is forgotten like any other, once it is half a minute old.
 */
export function ordersOverSession(known: ReadonlyMap<string, ExpectedOrder>): Map<string, ExpectedOrder> {
  const orders = new Map<string, ExpectedOrder>();
  for (const [id, order] of known) {
    const { updatedAtMs, readAtMonoMs } = order;
    const waited = order.firedFrom !== undefined || isConditionalType(order.orderType);
    if (order.state === 'live' && waited) orders.set(id, leftOut(order, { updatedAtMs, readAtMonoMs }));
    else if (order.state === 'ended' || waited) orders.set(id, order);
  }
  return orders;
}

/** The order after a checkpoint without it; null once it is forgotten: left out before, that long ago on both clocks. */
function leftOutBy(order: ExpectedOrder, at: SaidAt): ExpectedOrder | null {
  switch (order.state) {
    case 'ended':
      return order;
    case 'live':
      return leftOut(order, at);
    case 'left_out':
      return isLongSince(order, at) ? null : order;
  }
}

/** All positions after a checkpoint: those that it names. */
export function positionsAfter(
  known: ExpectedState['positions'],
  named: readonly FeedPosition[],
  at: SaidAt,
): Map<string, ExpectedPosition> {
  return new Map(
    named.map((row) => {
      const key = keyOf(row);
      const before = known.get(key);
      const told = toldPosition(before, heldPosition(row, at));
      const doubtedSince = isZero(row.amount) ? doubtOf(before, at) : null;
      return [key, doubtedSince === null ? told : { ...told, doubtedSince }];
    }),
  );
}

/**
 * What a checkpoint passes over of the positions that were held, or whose 0 was doubted: nothing is believed of them, but a 0 that is said
 * next denies them all the same.
 */
export function unnamedAfter(
  known: ExpectedState['positions'],
  named: readonly FeedPosition[],
): ExpectedState['positions'] {
  const names = new Set(named.map(keyOf));
  const isOpen = ({ amount, doubtedSince }: ExpectedPosition) =>
    !isZero(amount) || doubtedSince !== undefined;
  return new Map([...known].filter(([key, position]) => !names.has(key) && isOpen(position)));
}

/** A position after a record of it. A 0 that is dated before the amount that it denies came out of turn, however often. */
export function positionAfter(
  before: ExpectedPosition | undefined,
  row: FeedPosition,
  at: SaidAt,
): ExpectedPosition {
  const told = toldPosition(before, heldPosition(row, at));
  if (before === undefined || !isZero(row.amount)) return told;
  const doubt = doubtAgainst(before, at);
  return doubt !== undefined && at.updatedAtMs < doubt.deniesAtMs ? { ...told, doubtedSince: doubt } : told;
}

/**
 * An order that is told to have ended before the engine told of it, as left out; null when the end is to be believed. One that is
 * left out already stays so, since then.
 */
export function outOfTurn(order: ExpectedOrder | undefined, at: SaidAt): ExpectedOrder | null {
  if (order?.state === 'live') return at.updatedAtMs < order.updatedAtMs ? leftOut(order, at) : null;
  const isEarly = order?.state === 'left_out' && at.updatedAtMs < (order.deniesAtMs ?? 0);
  return isEarly ? order : null;
}

function leftOut(order: ExpectedOrder, at: SaidAt): ExpectedOrder {
  return { ...order, state: 'left_out', deniesAtMs: order.updatedAtMs, ...at };
}

/** Since when a 0 that a checkpoint says now is doubted, or null. */
function doubtOf(before: ExpectedPosition | undefined, at: SaidAt): Doubt | null {
  if (before === undefined) return null;
  const since = doubtAgainst(before, at);
  return since === undefined || isLongSince(since, at) ? null : since;
}

/** The doubt that a 0 meets now: an amount begins one, a 0 that was doubted hands its own on. */
function doubtAgainst(
  { amount, updatedAtMs, doubtedSince }: ExpectedPosition,
  at: SaidAt,
): Doubt | undefined {
  return isZero(amount) ? doubtedSince : { ...at, deniesAtMs: updatedAtMs };
}

function isLongSince(since: SaidAt, at: SaidAt): boolean {
  const byEngine = at.updatedAtMs - since.updatedAtMs;
  return Math.min(byEngine, at.readAtMonoMs - since.readAtMonoMs) >= SAID_FOR_MS;
}

/**
 * An observation on its way between threads: orders that control already has are named by their place instead of sent
 * again. Control gets the very objects it had, so that it can tell by identity what changed.
 */
import type { Observation, ObservedOrder } from '../engine/types.ts';
import { orderKey } from '../engine/view-age.ts';

/** An observation whose orders are told by those of an earlier one. */
export interface PackedObservation {
  readonly observation: Observation;
  /** To be named by the next request; null when it is not to be kept. */
  readonly number: number | null;
  /** The list that `places` point into; null for none. */
  readonly base: number | null;
  /** For each order its place in that list, or below 0 for the next of the observation's own. */
  readonly places: Int32Array;
}

interface Kept {
  readonly number: number;
  readonly orders: readonly ObservedOrder[];
}

/** Packs one observation after another; `have` is the number of the list that the other side has. */
export function createPacker(): (observation: Observation, have: number | null) => PackedObservation {
  let kept: Kept | null = null;
  let packed = 0;
  return (observation, have) => {
    const base = kept !== null && kept.number === have ? kept : null;
    const known = new Map((base?.orders ?? []).map((order, place) => [orderKey(order), { order, place }]));
    const { orders } = observation;
    const places = Int32Array.from(orders, (order) => {
      const before = known.get(orderKey(order));
      return before !== undefined && isSame(before.order, order) ? before.place : -1;
    });
    const fresh = orders.filter((_order, index) => (places[index] ?? -1) < 0);
    packed += 1;
    // What a failed read does not show is still there: the last whole list stays the one to point into.
    if (observation.complete) kept = { number: packed, orders };
    return {
      observation: { ...observation, orders: fresh },
      number: observation.complete ? packed : null,
      base: base?.number ?? null,
      places,
    };
  };
}

export interface Unpacker {
  /** The number of the list that is here. */
  readonly have: () => number | null;
  /** Throws when it points into a list that is not here. */
  readonly unpack: (packed: PackedObservation) => Observation;
}

/** Unpacks what a packer made, in that order; what was lost on the way is sent as a whole the next time. */
export function createUnpacker(): Unpacker {
  let kept: Kept | null = null;
  return {
    have: () => kept?.number ?? null,
    unpack: ({ observation, number, base, places }) => {
      if (base !== null && base !== kept?.number)
        throw new Error(`expected orders that point into list ${kept?.number ?? 'none'}, found ${base}`);
      const known = kept?.orders ?? [];
      const fresh = observation.orders.values();
      const orders = Array.from(places, (place) => (place < 0 ? fresh.next().value : known[place]));
      const whole = orders.filter((order) => order !== undefined);
      if (whole.length !== places.length) throw new Error('expected an order at each place');
      if (number !== null) kept = { number, orders: whole };
      return { ...observation, orders: whole };
    },
  };
}

/** An observation that was never on its way. */
export function unsent(observation: Observation): PackedObservation {
  const places = new Int32Array(observation.orders.length).fill(-1);
  return { observation, number: null, base: null, places };
}

function isSame(a: ObservedOrder, b: ObservedOrder): boolean {
  const [before, after] = [Object.entries(a), new Map(Object.entries(b))];
  return before.length === after.size && before.every(([name, value]) => after.get(name) === value);
}

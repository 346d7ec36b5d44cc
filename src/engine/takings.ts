/** Takes entries of a map one by one and then tells which are left, without keeping a set of names. */
import type { Versioned } from './map-diff.ts';

/** A map from which entries are taken; the map itself stays as it is. */
export interface Takings<V> {
  /** The value of a key, which is taken by that. */
  readonly take: (key: string) => V | undefined;
  /** Every entry is at a place below this. */
  readonly places: number;
  /** The values between two places, the second excluded, that were not taken. */
  readonly left: (first: number, end: number) => readonly V[];
}

/** Starts with everything left; a map that isn't versioned is copied. */
export function takeFrom<V>(map: ReadonlyMap<string, V> | Versioned<V>): Takings<V> {
  return 'placeOf' in map ? fromVersioned(map) : fromCopy(new Map(map));
}

function fromVersioned<V>(map: Versioned<V>): Takings<V> {
  const places = map.places();
  const isTaken = new Uint8Array(places);
  return {
    places,
    take: (key) => {
      const place = map.placeOf(key);
      if (place === undefined) return undefined;
      isTaken[place] = 1;
      return map.at(place);
    },
    left: (first, end) => {
      const values: V[] = [];
      for (let place = first; place < Math.min(end, places); place += 1) {
        const value = isTaken[place] === 1 ? undefined : map.at(place);
        if (value !== undefined) values.push(value);
      }
      return values;
    },
  };
}

function fromCopy<V>(left: Map<string, V>): Takings<V> {
  const places = left.size;
  return {
    places,
    take: (key) => {
      const value = left.get(key);
      left.delete(key);
      return value;
    },
    left: (first, end) => [...left.values()].slice(first, end),
  };
}

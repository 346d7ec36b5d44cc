/**
 * Which open orders to read: those of the whitelisted symbols, one by one where that costs less (read-plan.ts), with a
 * sweep over all symbols at the start, at least every five minutes, and when something changed elsewhere. In between
 * the last sweep's orders of other symbols are carried along, marked with the sweep's time.
 */
import { z } from 'zod';
import type { ObservedOrder, ReadReport } from '../engine/types.ts';
import { planReads } from './read-plan.ts';
import type { Read, Reader } from './reader.ts';
import { algoRow, orderRow } from './rows.ts';

export interface OrderReads {
  readonly reports: readonly ReadReport[];
  readonly orders: readonly ObservedOrder[];
  /** Start of the last complete sweep; null before the first. */
  readonly sweptAtMonoMs: number | null;
}

export interface Sweeper {
  readonly read: (symbols: readonly string[], startedMonoMs: number) => Promise<OrderReads>;
  /** Something changed on these symbols; an empty list means that nobody knows where. */
  readonly changed: (symbols: readonly string[]) => void;
}

/** The longest time between two complete sweeps, as long as the exchange answers. */
export const SWEEP_EVERY_MS = 300_000;
/** A change elsewhere asks for a sweep, but not more often than this. */
const SWEEP_GAP_MS = 30_000;

/** Starts without a sweep, so that the first read is one. */
export function createSweeper(read: Reader): Sweeper {
  let last: { readonly atMonoMs: number; readonly orders: readonly ObservedOrder[] } | null = null;
  let watched: ReadonlySet<string> = new Set();
  let changedElsewhere = false;
  let readAtMonoMs = 0;

  /** The next read may come as late as this one did: a sweep that would be too late then is due now. */
  function isDue(symbols: readonly string[], now: number): boolean {
    if (last === null || symbols.some((symbol) => !watched.has(symbol))) return true;
    const age = now - last.atMonoMs;
    if (age + (now - readAtMonoMs) > SWEEP_EVERY_MS) return true;
    return changedElsewhere && age >= SWEEP_GAP_MS;
  }

  async function sweep(startedMonoMs: number): Promise<OrderReads> {
    changedElsewhere = false;
    const all = await Promise.all([
      read('openOrders', {}, z.array(orderRow)),
      read('openAlgoOrders', {}, z.array(algoRow)),
    ]);
    const orders = all.flatMap(({ value }) => value ?? []);
    if (all.every(({ report }) => report.outcome === 'ok')) last = { atMonoMs: startedMonoMs, orders };
    return { reports: all.map(({ report }) => report), orders, sweptAtMonoMs: last?.atMonoMs ?? null };
  }

  async function readWatched(symbols: readonly string[]): Promise<OrderReads> {
    const reads = await Promise.all(
      symbols.flatMap((symbol) =>
        [
          read('openOrders', { symbol }, z.array(orderRow)),
          read('openAlgoOrders', { symbol }, z.array(algoRow)),
        ].map(async (one) => aboutOne(await one, symbol)),
      ),
    );
    const carried = (last?.orders ?? [])
      .filter((order) => !watched.has(order.symbol))
      .map((order) => ({ ...order, sweptAtMonoMs: last?.atMonoMs ?? 0 }));
    return {
      reports: reads.map(({ report }) => report),
      orders: [...reads.flatMap(({ value }) => value ?? []), ...carried],
      sweptAtMonoMs: last?.atMonoMs ?? null,
    };
  }

  return {
    changed: (symbols) => {
      if (symbols.length === 0 || symbols.some((symbol) => !watched.has(symbol))) changedElsewhere = true;
    },
    read: (symbols, startedMonoMs) => {
      const plan = planReads(symbols, isDue(symbols, startedMonoMs));
      watched = new Set(symbols);
      readAtMonoMs = startedMonoMs;
      return plan.orders === 'all' ? sweep(startedMonoMs) : readWatched(symbols);
    },
  };
}

/** A list about another symbol says nothing of this one: it is no list of it, and not an empty one either. */
function aboutOne(one: Read<readonly ObservedOrder[]>, symbol: string): Read<readonly ObservedOrder[]> {
  if (one.value?.every((order) => order.symbol === symbol) ?? true) return one;
  const error = 'expected orders of the symbol asked for, found others';
  return { ...one, value: null, report: { ...one.report, outcome: 'unparsable', error } };
}

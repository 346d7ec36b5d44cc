/** Gathers changes for a moment, so that a flood of frames becomes a few events and the queue stays bounded. */
import type { ObservedOrder, ObservedPosition } from '../engine/types.ts';
import type { ExchangeEvent } from './exchange.ts';

/** What one frame told. */
export interface Change {
  /** Empty when the frame doesn't tell where. */
  readonly symbols: readonly string[];
  readonly orders: readonly ObservedOrder[];
  readonly positions: readonly ObservedPosition[];
  readonly eventTimeMs: number;
}

export interface ChangeBatch {
  readonly add: (change: Change, heardAtMonoMs: number) => void;
  /** Something changed and nobody knows what: everything must be read. */
  readonly addAll: () => void;
  readonly close: () => void;
}

/** Until a read is asked for. */
const GATHER_MS = 50;
/** What was told is handed on at once after a silence, since a decision waits for it, and else gathered this long. */
const HAND_ON_MS = 20;
/** More than this in one go is a flood: it is dropped, and everything is read instead. */
const MOST_AT_ONCE = 1000;

/**
 * Emits account_changed at most every 50 ms (no symbols in it mean "read everything") and account_update at most every 20 ms
 * with at most 1000 orders and positions.
 */
export function createChangeBatch(emit: (event: ExchangeEvent) => void): ChangeBatch {
  let symbols = new Set<string>();
  let everything = false;
  let eventTimeMs = 0;
  let told = NOTHING;
  let timer: Timer = null;
  let toldTimer: Timer = null;
  let newestMonoMs = 0;
  let handedOnMonoMs = Number.NEGATIVE_INFINITY;

  function flush(): void {
    timer = null;
    const event = { symbols: everything ? [] : [...symbols], eventTimeMs };
    symbols = new Set();
    everything = false;
    eventTimeMs = 0;
    emit({ type: 'account_changed', ...event });
  }

  function handOn(): void {
    toldTimer = null;
    handedOnMonoMs = newestMonoMs;
    const { orders, positions, heardAtMonoMs } = told;
    told = NOTHING;
    if (orders.length + positions.length === 0) return;
    emit({ type: 'account_update', orders, positions, heardAtMonoMs });
  }

  function addAll(): void {
    everything = true;
    timer ??= setTimeout(flush, GATHER_MS);
  }

  return {
    add: (change, heardAtMonoMs) => {
      for (const symbol of change.symbols) symbols.add(symbol);
      if (change.symbols.length === 0) everything = true;
      eventTimeMs = Math.max(eventTimeMs, change.eventTimeMs);
      timer ??= setTimeout(flush, GATHER_MS);
      if (change.orders.length + change.positions.length === 0) return;
      told = {
        orders: [...told.orders, ...change.orders],
        positions: [...told.positions, ...change.positions],
        heardAtMonoMs: Math.min(told.heardAtMonoMs, heardAtMonoMs),
      };
      newestMonoMs = heardAtMonoMs;
      const waitMs = Math.max(0, Math.min(HAND_ON_MS, handedOnMonoMs + HAND_ON_MS - heardAtMonoMs));
      toldTimer ??= setTimeout(handOn, waitMs);
      if (told.orders.length + told.positions.length <= MOST_AT_ONCE) return;
      told = NOTHING;
      addAll();
    },
    addAll,
    close: () => {
      for (const one of [timer, toldTimer]) if (one !== null) clearTimeout(one);
      timer = null;
      toldTimer = null;
    },
  };
}

type Timer = ReturnType<typeof setTimeout> | null;
type Told = Pick<Change, 'orders' | 'positions'> & { readonly heardAtMonoMs: number };
const NOTHING: Told = { orders: [], positions: [], heardAtMonoMs: Number.POSITIVE_INFINITY };

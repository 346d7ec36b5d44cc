/** Gathers changes for a moment, so that a flood of frames becomes a few events and the queue stays bounded. */
import type { ExchangeEvent } from './exchange.ts';

export interface ChangeBatch {
  readonly add: (symbols: readonly string[], eventTimeMs: number) => void;
  /** Something changed and nobody knows what: everything must be read. */
  readonly addAll: () => void;
  readonly close: () => void;
}

const GATHER_MS = 50;

/** Emits account_changed at most every 50 ms; no symbols in it mean "read everything". */
export function createChangeBatch(emit: (event: ExchangeEvent) => void): ChangeBatch {
  let symbols = new Set<string>();
  let everything = false;
  let eventTimeMs = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    timer = null;
    const event = { symbols: everything ? [] : [...symbols], eventTimeMs };
    symbols = new Set();
    everything = false;
    eventTimeMs = 0;
    emit({ type: 'account_changed', ...event });
  }

  function schedule(): void {
    timer ??= setTimeout(flush, GATHER_MS);
  }

  return {
    add: (changed, atMs) => {
      for (const symbol of changed) symbols.add(symbol);
      if (changed.length === 0) everything = true;
      eventTimeMs = Math.max(eventTimeMs, atMs);
      schedule();
    },
    addAll: () => {
      everything = true;
      schedule();
    },
    close: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

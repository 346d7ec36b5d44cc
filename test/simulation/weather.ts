/** How bad it is at the moment: draws every fault, and none while the world is to heal. */
import { type Copies, createCopies } from './copies.ts';
import type { Coverage } from './coverage.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { type WriteFault, writeFault } from './write-faults.ts';

export const READ_FAULTS = [
  'F27_lagging_read',
  'F28_partial_page',
  'F29_stale_read',
  'F30_unparsable',
  'F31_other_mode',
  'F18_limited_read',
  'read_failed',
] as const;
export type ReadFault = (typeof READ_FAULTS)[number];

export const STREAM_FAULTS = [
  'F33_silence',
  'F34_duplicate',
  'F35_reordered',
  'F36_key_expired',
  'F37_disconnect',
  'F38_malformed',
  'F39_flood',
] as const;
export type StreamFault = (typeof STREAM_FAULTS)[number];

export const HALVES = ['orders', 'positions'] as const;
export type Half = (typeof HALVES)[number];

export interface Weather {
  readonly writeFault: () => WriteFault | null;
  readonly readFault: () => ReadFault | null;
  /** What of the account is not shown, though the rest is. */
  readonly hides: () => Half | null;
  readonly streamFault: () => StreamFault | null;
  /** A way of a request or a reply. */
  readonly latencyMs: () => number;
  /** For so long an order that was just placed is denied when asked for by name, though its fills are there. */
  readonly orderLagMs: () => number;
  readonly lagged: () => void;
  readonly copies: Copies;
  /** Whether a question about this order, by its client id, gets no answer. */
  readonly isMute: (clientOrderId: string) => boolean;
  /** Nobody can tell what became of this one until then, though all else is well. */
  readonly mute: (clientOrderId: string, ms: number) => void;
  /** Every read fails until then, or those of one half alone. */
  readonly startOutage: (ms: number) => void;
  /** Half of the account is not shown until then. */
  readonly hide: (half: Half, ms: number) => void;
  /** The exchange's mark prices stand still until then. */
  readonly startPriceOutage: (ms: number) => void;
  /** The stream is up and tells everything late until then. */
  readonly delayStream: (ms: number) => void;
  readonly streamDelayMs: () => number;
  /** Everything takes seconds until then. */
  readonly startSlowness: (ms: number) => void;
  /** How old the prices are that it shows. */
  readonly priceAgeMs: () => number;
  readonly heal: () => void;
  readonly healed: () => boolean;
}

/** Begins bad, each seed in its own measure. */
export function createWeather({
  random,
  timeline,
  coverage,
  without,
  seed,
}: {
  readonly seed: number;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly coverage: Coverage;
  /** `writes`, `reads` or `stream`: what never goes wrong. */
  readonly without: ReadonlySet<string>;
}): Weather {
  let healed = false;
  let outageUntilMs = 0;
  let slowUntilMs = 0;
  let delay = { ms: 0, untilMs: 0 };
  let hidden: { readonly half: Half; readonly untilMs: number } | null = null;
  let pricesSinceMs = 0;
  let pricesUntilMs = 0;
  // Seeds begin one after the other, and each goes on from there.
  let nextWrite = seed;
  const writes = without.has('writes') ? 0 : random.pick([0.4, 0.6, 0.9]);
  const reads = without.has('reads') ? 0 : random.pick([0, 0.01, 0.05]);
  const stream = without.has('stream') ? 0 : random.pick([0, 0.05, 0.2]);
  const muteUntilMs = new Map<string, number>();
  const orderLagMs = random.pick([0, 8000, 30_000, 30_000]);
  const drawn = <T extends string>(probability: number, names: readonly T[]): T | null => {
    if (healed || !random.chance(probability)) return null;
    const name = random.pick(names);
    coverage.count(name);
    return name;
  };
  const hide = (half: Half, ms: number): void => {
    hidden = { half, untilMs: timeline.nowMs() + ms };
  };
  const startOutage = (ms: number): void => {
    coverage.count('read_outage');
    if (random.chance(0.3)) hide('positions', ms);
    else outageUntilMs = timeline.nowMs() + ms;
  };
  return {
    writeFault: () => {
      if (healed || !random.chance(writes)) return null;
      nextWrite += 1;
      const fault = writeFault(random, nextWrite);
      coverage.count(fault.name);
      // What became of it is hard to find out now and then.
      if (random.chance(0.3)) startOutage(random.whole(40_000, 420_000));
      return fault;
    },
    hides: () => {
      if (healed || hidden === null || timeline.nowMs() >= hidden.untilMs) return null;
      coverage.count(`${hidden.half}_hidden`);
      return hidden.half;
    },
    hide,
    readFault: () => {
      if (!healed && timeline.nowMs() < outageUntilMs) return 'read_failed';
      return drawn(reads, READ_FAULTS);
    },
    streamFault: () => drawn(stream, STREAM_FAULTS),
    latencyMs: () => {
      if (!healed && timeline.nowMs() < slowUntilMs) return random.whole(300, 2000);
      return !healed && random.chance(0.02) ? random.whole(500, 4000) : random.whole(5, 120);
    },
    isMute: (clientOrderId) => !healed && (muteUntilMs.get(clientOrderId) ?? 0) > timeline.nowMs(),
    mute: (clientOrderId, ms) => {
      coverage.count('order_mute');
      muteUntilMs.set(clientOrderId, timeline.nowMs() + ms);
    },
    orderLagMs: () => (healed ? 0 : orderLagMs),
    lagged: () => coverage.count('order_denied_while_new'),
    copies: createCopies({
      random: random.fork('copies'),
      nowMs: timeline.nowMs,
      coverage,
      healed: () => healed,
    }),
    startOutage,
    delayStream: (ms) => {
      coverage.count('stream_delayed');
      delay = {
        ms: random.fork(`delay ${timeline.nowMs()}`).whole(1500, 25_000),
        untilMs: timeline.nowMs() + ms,
      };
    },
    streamDelayMs: () => (!healed && timeline.nowMs() < delay.untilMs ? delay.ms : 0),
    startSlowness: (ms) => {
      coverage.count('slow_exchange');
      slowUntilMs = timeline.nowMs() + ms;
    },
    startPriceOutage: (ms) => {
      coverage.count('price_outage');
      pricesSinceMs = timeline.nowMs();
      pricesUntilMs = pricesSinceMs + ms;
    },
    priceAgeMs: () => (healed || timeline.nowMs() >= pricesUntilMs ? 0 : timeline.nowMs() - pricesSinceMs),
    heal: () => {
      healed = true;
    },
    healed: () => healed,
  };
}

/**
 * The interlock: a few words of shared memory that every thread reads synchronously, the last thing that stands
 * between a write and the wire.
 *
 * - The latch: once set, no dispatch begins, in any thread.
 * - The epoch: control advances it whenever anything a gate reads gets worse; a permit of an older epoch is void.
 * - The write switch: up only while the daemon is in stage 4.
 */
const LATCH = 0;
const EPOCH = 1;
const WRITES = 2;
const WORDS = 4;

export type InterlockMemory = SharedArrayBuffer;

/** A view of the shared words. All calls are synchronous and never throw. */
export interface Interlock {
  readonly memory: InterlockMemory;
  readonly latched: () => boolean;
  readonly setLatch: () => void;
  readonly clearLatch: () => void;
  readonly epoch: () => number;
  /** Voids every permit given so far; returns the new epoch. */
  readonly advance: () => number;
  readonly writesAllowed: () => boolean;
  /** Switching writes off also advances the epoch. */
  readonly allowWrites: (allowed: boolean) => void;
}

/** What control hands along with an INTENT; the fetch that sends checks it again. */
export interface Permit {
  readonly intentId: string;
  /** Hash of the wire request (see exchange/wire.ts). */
  readonly requestHash: string;
  readonly epoch: number;
  /** On control's monotonic clock. */
  readonly deadlineMonoMs: number;
  /** The same on the wall clock: a machine that slept finds its permits over, though the monotonic clock stood still. */
  readonly deadlineMs: number;
}

/** Makes a new interlock: latched and without writes, so that forgetting to set it up is safe. */
export function createInterlock(): Interlock {
  const interlock = openInterlock(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  interlock.setLatch();
  return interlock;
}

/** Opens another thread's interlock. */
export function openInterlock(memory: InterlockMemory): Interlock {
  const words = new Int32Array(memory);
  const advance = () => Atomics.add(words, EPOCH, 1) + 1;
  return {
    memory,
    latched: () => Atomics.load(words, LATCH) !== 0,
    setLatch: () => {
      Atomics.store(words, LATCH, 1);
      advance();
    },
    clearLatch: () => {
      Atomics.store(words, LATCH, 0);
    },
    epoch: () => Atomics.load(words, EPOCH),
    advance,
    writesAllowed: () => Atomics.load(words, WRITES) !== 0,
    allowWrites: (allowed) => {
      Atomics.store(words, WRITES, allowed ? 1 : 0);
      if (!allowed) advance();
    },
  };
}

/** Says why a write must not leave now, or null when it may. `nowMonoMs` is on control's clock. */
export function refusal(
  interlock: Interlock,
  permit: Permit,
  requestHash: string,
  nowMonoMs: number,
): string | null {
  if (interlock.latched()) return 'stop latched';
  if (!interlock.writesAllowed()) return 'not armed';
  if (permit.epoch !== interlock.epoch()) return 'permit void: something got worse since the intent';
  if (!(nowMonoMs < permit.deadlineMonoMs)) return 'permit expired';
  if (permit.requestHash !== requestHash) return 'request differs from its intent';
  return null;
}

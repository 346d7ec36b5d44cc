/** What durable state and waiting ask of the machine besides the time (clock.ts), in one place, so that a simulation can be the machine. */
import { randomBytes } from 'node:crypto';
import { type Disk, realDisk } from './disk.ts';

/** Waiting. */
export interface Timers {
  /** Calls `run` once, `ms` milliseconds from now or later; gives what cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

/** The machine a daemon runs on. */
export interface Machine {
  readonly disk: Disk;
  readonly timers: Timers;
  /** So many random bytes, as hex. */
  readonly randomHex: (bytes: number) => string;
}

/** This machine. */
export const thisMachine: Machine = {
  disk: realDisk,
  timers: {
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
};

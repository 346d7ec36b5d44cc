/** What an operator and the exchange know of the daemon, kept apart from it: the observer judges by this alone. */
import type { ObservedPosition } from '../../src/engine/types.ts';
import type { Departure } from './port.ts';
import type { Owner } from './timeline.ts';

/** A write that left, and what is known of it. */
export interface Sent {
  readonly departure: Departure;
  readonly runId: string;
  readonly item: string;
  /** By the mark price as it left; 0 for a cancel. */
  notionalUsdt: number;
  executed: boolean | null;
  /** It changed the account. */
  moved: boolean;
  answer: string | null;
  /** What the audit says at last of one whose outcome was not known. */
  resolvedAs: string | null;
}

export interface Knowledge {
  /** A stop was given and no clear of it succeeded. */
  stopped: boolean;
  /** It was told that the stop outlives a restart. */
  stopKept: boolean;
  /** When a file STOP was put; null without one. */
  stopFileMs: number | null;
  /** The accepted confirmation of stage 4; null below it. */
  armed: { readonly owner: Owner; readonly atMs: number; executions: number } | null;
  /** No call before this, by what some process of the account was told. */
  pauseUntilMs: number;
  /** The same by the wall clock of the moment in which it was told. */
  pauseToldMs: number;
  /** The latest end of a pause, by the wall clock, that a synced line of the audit keeps. */
  pauseKeptMs: number;
  /** Processes whose audit failed under them. */
  readonly broken: Set<Owner>;
  /** When the lock was lost; null while it is held. */
  lockLostMs: number | null;
  /** The audit on disk is not the daemon's own. */
  tampered: boolean;
  /** When a reload last changed something or was refused: what was shown before it may not be confirmed. */
  reloadedMs: number;
  massAcknowledged: boolean;
  /** How far the wall clock was moved in all, either way. */
  jumpedMs: number;
  readonly sent: Sent[];
  /** Dispatches of an item without success since somebody looked at it. */
  readonly failures: Map<string, number>;
  /** What the last targeted read of a symbol's positions was answered. */
  readonly positionsRead: Map<string, readonly ObservedPosition[]>;
  /** How far the wall clock is off in truth, and since when by a clock that stands still while the machine sleeps. */
  wall: { readonly offsetMs: number; readonly sinceAwakeMs: number };
}

/** Nothing known yet. */
export function createKnowledge(): Knowledge {
  return {
    stopped: false,
    stopKept: false,
    stopFileMs: null,
    armed: null,
    pauseUntilMs: 0,
    pauseToldMs: 0,
    pauseKeptMs: 0,
    broken: new Set(),
    lockLostMs: null,
    tampered: false,
    reloadedMs: 0,
    massAcknowledged: false,
    jumpedMs: 0,
    sent: [],
    failures: new Map(),
    positionsRead: new Map(),
    wall: { offsetMs: 0, sinceAwakeMs: 0 },
  };
}

/** What an operator and the exchange know of the daemon, kept apart from it: the observer judges by this alone. */
import type { Look } from './look-rules.ts';
import type { Departure } from './port.ts';
import type { Owner } from './timeline.ts';

/** A write that left, and what is known of it. */
export interface Sent {
  readonly departure: Departure;
  readonly runId: string;
  readonly item: string;
  /** By the price that was read right before it left; 0 for a cancel. */
  notionalUsdt: number;
  executed: boolean | null;
  /** It changed the account. */
  moved: boolean;
  answer: string | null;
  /** What the audit says at last of one whose outcome was not known. */
  resolvedAs: string | null;
}

/** What one process was told. */
export interface Standing {
  /** A stop was given and no clear of it succeeded. */
  stopped: boolean;
  /** The accepted confirmation of stage 4; null below it. */
  armed: { readonly owner: Owner; readonly atMs: number; executions: number } | null;
  /** No call before this, by what it or a process before it was told. */
  pauseUntilMs: number;
}

/** Its own standing is that of the process which the operator works with. */
export interface Knowledge extends Standing {
  /** The standings of those that live beside it. */
  readonly beside: Map<Owner, Standing>;
  /** Processes in the order of their starts, from 1 on. */
  readonly numbers: Map<Owner, number>;
  /** Processes that could not say who has the account: their disk took no name. */
  readonly nameless: Set<number>;
  /** It was told that the stop outlives a restart. */
  stopKept: boolean;
  /** When a file STOP was put; null without one. */
  stopFileMs: number | null;
  /** The same by the wall clock of the moment in which it was told. */
  pauseToldMs: number;
  /** The latest end of a pause, by the wall clock, that a synced line of the audit keeps. */
  pauseKeptMs: number;
  /** Processes that found no descriptor to read the account's own record of a pause with. */
  readonly pauseUnread: Set<Owner>;
  /** Processes whose audit failed under them. */
  readonly broken: Set<Owner>;
  /** Since when a living process is without the account's lock; those that have it are not here. */
  readonly lockLostMs: Map<Owner, number>;
  /** The audit on disk is not the daemon's own. */
  tampered: boolean;
  /** When a reload last changed something or was refused: what was shown before it may not be confirmed. */
  reloadedMs: number;
  massAcknowledged: boolean;
  /** Digest of the settings that the audit told of last; "" before that. */
  configTold: string;
  /** How far the wall clock was moved in all, either way. */
  jumpedMs: number;
  readonly sent: Sent[];
  /** Dispatches of an item without success since somebody looked at it. */
  readonly failures: Map<string, number>;
  /** What each process was answered last about one order or one symbol's position. */
  readonly looks: Map<Owner, Map<string, Look>>;
  /** How far the wall clock is off in truth, and since when by a clock that stands still while the machine sleeps. */
  wall: { readonly offsetMs: number; readonly sinceAwakeMs: number };
}

/** Nothing known yet. */
export function createKnowledge(): Knowledge {
  return {
    stopped: false,
    beside: new Map(),
    numbers: new Map(),
    nameless: new Set(),
    stopKept: false,
    stopFileMs: null,
    armed: null,
    pauseUntilMs: 0,
    pauseToldMs: 0,
    pauseKeptMs: 0,
    pauseUnread: new Set(),
    broken: new Set(),
    lockLostMs: new Map(),
    tampered: false,
    reloadedMs: 0,
    massAcknowledged: false,
    configTold: '',
    jumpedMs: 0,
    sent: [],
    failures: new Map(),
    looks: new Map(),
    wall: { offsetMs: 0, sinceAwakeMs: 0 },
  };
}

/** What a process was told. */
export function standingOf(knowledge: Knowledge, owner: Owner): Standing {
  return knowledge.beside.get(owner) ?? knowledge;
}

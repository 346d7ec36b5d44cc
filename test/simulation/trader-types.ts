/** The model trading engine as others see it. */
import type { Coverage } from './coverage.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { Truth } from './truth.ts';

/** What the world asks of it, and may do to it. */
export interface Trader {
  /** Orders it placed, or took back, and has not given up. */
  readonly wants: (orderId: number) => boolean;
  /** When it took one back, or a symbol's whole position for its own; 0 when it never did. */
  readonly tookBackMs: (what: number | string) => number;
  /** Tells of an order that it had given up, or never knew of, as one of its own. */
  readonly takeBack: (orderId: number) => boolean;
  /** Tells that all of a symbol's position is its own. */
  readonly claim: (symbol: string) => boolean;
  /** When it gave one up; 0 when it did not, or never had it. */
  readonly endedMs: (orderId: number) => number;
  /** What it last wrote of a position, in thousandths, null when nothing; and when, in true time. */
  readonly said: (symbol: string) => number | null;
  readonly saidAtMs: (symbol: string) => number;
  /** Writes a checkpoint in a new session; `empty` says nothing of what it has, and comes to itself later. */
  readonly restart: (empty: boolean) => void;
  readonly checkpoint: () => void;
  /**
   * Writes a checkpoint that was made too early, without one of its orders or with a 0 for what it holds, and later a right one;
   * tells which, null when it has neither.
   */
  readonly speakTooSoon: () => 'order' | 'position' | null;
  /** Nothing is written until then; what is due meanwhile is written before the next heartbeat. */
  readonly beSilent: (ms: number) => void;
  readonly isSilent: () => boolean;
  /** Neither trades nor writes until then. */
  readonly rest: (ms: number) => void;
  /** Forgets an order that goes on living, as after a cancel that got lost. */
  readonly abandon: () => boolean;
  /** A new one, or now and then one of an order that ended. */
  readonly nextClientId: (symbol: string) => string;
  readonly positionSide: 'BOTH' | 'LONG';
}

/** What it lives in. */
export interface TraderDeps {
  readonly timeline: Timeline;
  readonly truth: Truth;
  readonly feed: FeedWriter;
  readonly random: Random;
  readonly coverage: Coverage;
  readonly symbols: readonly string[];
  /** The longest a position's record takes, milliseconds. */
  readonly lagMs: number;
  /** How much slower than every few seconds it trades. */
  readonly factor: number;
  readonly heartbeatMs: number;
}

/** What survives a restart, as values: the state that the audit journal folds to. */
import type { AuditEventType, AuditRecord, Json } from './audit-record.ts';
import { type ChainHead, GENESIS } from './chain.ts';
import type { MassFound } from './mass-records.ts';
import type { OtherExecutor } from './other-executor.ts';
import type { ActionKind, Decimal, PositionSide } from './types.ts';

/** One write that left or may have left; it counts as a call. */
export interface Dispatch {
  readonly intentId: string;
  /** Wall time of its INTENT. */
  readonly atMs: number;
  /** "0" once the exchange refused it. */
  readonly notionalUsdt: Decimal;
}

/** An INTENT whose outcome is not known: `open` before any outcome, `unknown` after an UNKNOWN. */
export interface OpenIntent {
  readonly intentId: string;
  /** Its line in the journal. */
  readonly seq: number;
  readonly actionId: string;
  readonly action: ActionKind;
  readonly symbol: string;
  readonly clientOrderId: string | null;
  readonly orderId: string | null;
  readonly conditional: boolean;
  /** The `grc_…` id of a flatten. */
  readonly repairClientOrderId: string | null;
  /** What a flatten was to close, as read right before it; null for a cancel. */
  readonly position: {
    readonly side: PositionSide;
    readonly amount: Decimal;
    /** When the exchange changed it last; null in lines of an earlier program. */
    readonly updatedAtMs: number | null;
  } | null;
  readonly requestHash: string;
  readonly notionalUsdt: Decimal;
  readonly runId: string;
  readonly atMs: number;
  readonly status: 'open' | 'unknown';
}

/** A checkpoint of which some lines have been read. */
export interface PartialCheckpoint {
  /** The state before its first line; null when the journal begins with it. */
  readonly before: JournalState | null;
  readonly parts: number;
  readonly read: number;
  readonly items: readonly Json[];
}

/** All that survives a restart. */
export interface JournalState {
  readonly lastSeq: number;
  /** Wall time of the newest record; null before the first. */
  readonly lastRecordAtMs: number | null;
  readonly head: ChainHead;
  /** In order of the journal: all of the last 25 h, and older ones while there are few (a clock may have jumped). */
  readonly dispatches: readonly Dispatch[];
  /** Wall time of the latest dispatch; null when never. */
  readonly lastWriteRunAtMs: number | null;
  readonly openIntents: ReadonlyMap<string, OpenIntent>;
  /** By action id: refused, unknown or unverified dispatches since one was last seen to have done what it said. */
  readonly failuresByItem: ReadonlyMap<string, number>;
  /** No call before this wall time (`details.backoff_until_ms` of any record); 0 when none. */
  readonly backoffUntilMs: number;
  /** A mass mismatch that nobody has acknowledged. */
  readonly massFound: MassFound | null;
  /** Another executor of this account that nobody has acknowledged. */
  readonly otherExecutor: OtherExecutor | null;
  readonly lastStageChange: AuditRecord | null;
  /** The last 1000 records of the event types in CEREMONY_EVENTS; evidence only since the last downtime of over 24 h. */
  readonly ceremonyRecords: readonly AuditRecord[];
  /** Wall time at which an operator adopted a journal that may lack lines; null when never. */
  readonly linesLostAtMs: number | null;
  /** The oldest line that retention has kept, as of the last rotation; 0 before the first. */
  readonly keepsFromSeq: number;
  readonly checkpoint: PartialCheckpoint | null;
  /** Why a line that checks out can't be understood; null when all could. */
  readonly problem: string | null;
}

export const CEREMONY_EVENTS: readonly AuditEventType[] = [
  'STAGE_CHANGED',
  'STAGE_EVIDENCE',
  'ACKNOWLEDGED',
  'STOP_LATCHED',
  'STOP_CLEARED',
  'APPROVED',
];

/** The state before the first line. */
export const EMPTY_STATE: JournalState = {
  lastSeq: 0,
  lastRecordAtMs: null,
  head: GENESIS,
  dispatches: [],
  lastWriteRunAtMs: null,
  openIntents: new Map(),
  failuresByItem: new Map(),
  backoffUntilMs: 0,
  massFound: null,
  otherExecutor: null,
  lastStageChange: null,
  ceremonyRecords: [],
  linesLostAtMs: null,
  keepsFromSeq: 0,
  checkpoint: null,
  problem: null,
};

/**
 * The audit journal: append-only, hash-chained, fdatasync'd on every line; the engine's durable state is its fold.
 *
 * Invariants: a record that `append` returned is on disk and stays; after any error of write or sync, or when anything
 * else touched the file, nothing is ever appended again in this process. An unhealthy journal can still be read
 * (its state is the fold of the lines that are good), every append is refused as a value.
 */
import type { AuditEntry, AuditRecord } from './audit-record.ts';
import { type ChainHead, formatLine, nextRecord } from './chain.ts';
import { checkpointEntries } from './checkpoint.ts';
import type { Clock } from './clock.ts';
import { type Disk, realDisk } from './disk.ts';
import { describeError, writeAll } from './files.ts';
import { afterCheckpoint, fold } from './fold.ts';
import { writeHead } from './head-record.ts';
import { type OpenFile, openFiles } from './journal-open.ts';
import { isLastWord, type Reserve, type ReserveBase } from './journal-reserve.ts';
import { createRotator } from './journal-rotate.ts';
import { MAX_LINE_BYTES } from './journal-scan.ts';
import { EMPTY_STATE, type JournalState } from './journal-state.ts';
import { expectUntouched, look, TouchedError, wasTouched } from './journal-touched.ts';

/** Where the journal lives and what it uses. `headPath` is in the account directory, outside the state directory. */
export interface JournalOptions {
  readonly path: string;
  readonly headPath: string;
  readonly clock: Clock;
  readonly disk?: Disk;
  /** The current file is rotated once it has this many bytes (4 MiB). */
  readonly maxFileBytes?: number;
  /** Rotated files whose last line is older than this go (365 days); the newest ten stay whatever their age. */
  readonly keepMs?: number;
  /** A rotation copies so many bytes at a time (128 KiB). */
  readonly pieceBytes?: number;
  /** What an operator types to accept a journal that is refused. */
  readonly adoptCommand?: string;
}

export type AppendResult =
  | { readonly ok: true; readonly record: AuditRecord }
  | { readonly ok: false; readonly problem: string };

export type AppendAllResult =
  | { readonly ok: true; readonly records: readonly AuditRecord[] }
  | { readonly ok: false; readonly problem: string };

/** An open journal. Nothing here throws. */
export interface Journal {
  /** The fold of every good line, this process's included. */
  readonly state: () => JournalState;
  readonly healthy: () => boolean;
  /** Whether the state is the fold of all that was ever written: false where lines could not be read, or none are kept. */
  readonly isWhole: () => boolean;
  /** Why appends are refused and how to repair it; empty when healthy. */
  readonly problem: () => string;
  /** Writes one line durably before it returns; refused when unhealthy. */
  readonly append: (entry: AuditEntry) => AppendResult;
  /** Writes several lines with one sync, all of them durable before it returns; refused as a whole. */
  readonly appendAll: (entries: readonly AuditEntry[]) => AppendAllResult;
  /**
   * Rotates when it is time, one piece a call; lines may come between. Call it between runs. Says once what it did, for people;
   * null before that, and when nothing is to be done.
   */
  readonly maintain: () => string | null;
  readonly close: () => void;
}

const MAX_FILE_BYTES = 4 * 2 ** 20;
const PIECE_BYTES = 131_072;
const KEEP_MS = 365 * 86_400_000;

/**
 * Opens the journal and replays it. Always gives a journal: one that can't be trusted or written is unhealthy, and the
 * daemon then runs at most in stage 1 (`audit_unavailable`). Take the account's lock first: there is one writer.
 */
export function openJournal(options: JournalOptions): Journal {
  const disk = options.disk ?? realDisk;
  const { path, headPath, clock } = options;
  let state = EMPTY_STATE;
  let problem = '';
  let file: OpenFile | null = null;
  let reserve: Reserve | null = null;
  let isWhole = false;
  let base: ReserveBase | null = null;
  /** As the failure left it. */
  let leftAs: OpenFile | null = null;
  const poison = (error: unknown): string => {
    problem = `audit ${path}: ${describeError(error)}; no further write in this process, repair the disk and restart`;
    // Whoever else writes the journal has the reserve now.
    if (error instanceof TouchedError) {
      reserve?.close();
      reserve = null;
    }
    leftAs = file === null ? null : look(file, disk);
    return problem;
  };

  const open = (): OpenFile => {
    if (file === null) throw new Error('journal is closed');
    return file;
  };

  const expectOurs = (): void => {
    expectUntouched(path, open(), disk);
    reserve?.expectUntouched();
  };

  /** Writes lines durably, then takes over what they come to, then the head record. Throws what the disk throws. */
  const commit = (bytes: Uint8Array, after: JournalState): void => {
    const { fd, size, inode } = open();
    expectOurs();
    writeAll(disk, fd, bytes, null);
    disk.fdatasync(fd);
    file = { fd, inode, size: size + bytes.length };
    state = after;
    writeHead(headPath, state.head, disk);
  };

  const appendAll = (entries: readonly AuditEntry[]): AppendAllResult => {
    if (file === null) return { ok: false, problem: problem || 'journal is closed' };
    // Once it failed it takes nothing any more; its reserve takes what must still be said.
    const reserved = problem === '' ? null : reserve;
    if (problem !== '' && (reserved === null || !entries.every(isLastWord))) return { ok: false, problem };
    const records = chainOf(entries, state.head, clock.wallMs());
    const lines = records.map((record) => new TextEncoder().encode(`${formatLine(record)}\n`));
    const longest = Math.max(0, ...lines.map(({ length }) => length));
    if (longest > MAX_LINE_BYTES)
      return { ok: false, problem: `line of ${longest} bytes, at most ${MAX_LINE_BYTES}` };
    if (records.length === 0) return { ok: true, records };
    const bytes = Buffer.concat(lines);
    const lastWords = (): boolean => {
      try {
        if (leftAs !== null && wasTouched(path, leftAs, disk))
          throw new TouchedError('it has another writer');
        reserve?.append({ ...(base ?? { ...state.head, size: file?.size ?? 0 }) }, bytes);
        base ??= { ...state.head, size: file?.size ?? 0 };
        state = records.reduce(fold, state);
        return reserve !== null;
      } catch {
        reserve = null;
        return false;
      }
    };
    if (reserved !== null) return lastWords() ? { ok: true, records } : { ok: false, problem };
    const after = records.reduce(fold, state);
    try {
      commit(bytes, after);
      return { ok: true, records };
    } catch (error) {
      const why = poison(error);
      const isSaid = state !== after && entries.every(isLastWord) && lastWords();
      return isSaid ? { ok: true, records } : { ok: false, problem: why };
    }
  };

  const rotator = createRotator(
    {
      path,
      maxFileBytes: options.maxFileBytes ?? MAX_FILE_BYTES,
      keepMs: options.keepMs ?? KEEP_MS,
      pieceBytes: options.pieceBytes ?? PIECE_BYTES,
      nowMs: clock.wallMs,
      file: open,
      state: () => state,
      expectUntouched: expectOurs,
      beginAnew: (bytes, last, keepsFromSeq) => {
        disk.truncate(open().fd, 0);
        disk.fdatasync(open().fd);
        file = { ...open(), size: 0 };
        commit(bytes, afterCheckpoint(state, last, keepsFromSeq));
      },
    },
    disk,
  );

  const maintain = (): string | null => {
    try {
      if (problem === '' && file !== null) return rotator.step();
      rotator.giveUp();
      return null;
    } catch (error) {
      return poison(error);
    }
  };

  try {
    const adoptCommand = options.adoptCommand ?? 'grinder audit adopt';
    const opened = openFiles({ path, headPath, nowMs: clock.wallMs(), adoptCommand }, disk);
    ({ state, file, reserve } = opened);
    problem = opened.problem ?? '';
    isWhole = opened.problem === null;
    if (opened.wantsCheckpoint)
      appendAll(checkpointEntries(state, { keepsFromSeq: Math.max(1, state.keepsFromSeq) }));
  } catch (error) {
    problem = `audit ${path}: ${describeError(error)}; repair the disk and restart`;
  }

  const append = (entry: AuditEntry): AppendResult => {
    const done = appendAll([entry]);
    const record = done.ok ? done.records[0] : undefined;
    if (record !== undefined) return { ok: true, record };
    return { ok: false, problem: done.ok ? 'nothing was written' : done.problem };
  };

  return {
    state: () => state,
    healthy: () => problem === '' && file !== null,
    isWhole: () => isWhole,
    problem: () => problem,
    append,
    appendAll,
    maintain,
    close: () => {
      rotator.giveUp();
      if (file !== null) disk.close(file.fd);
      reserve?.close();
      file = null;
      reserve = null;
    },
  };
}

/** Stands in where the operator switched the audit off: unhealthy, empty, refuses every line. */
export function noJournal(why: string): Journal {
  return {
    state: () => EMPTY_STATE,
    healthy: () => false,
    isWhole: () => false,
    problem: () => why,
    append: () => ({ ok: false, problem: why }),
    appendAll: () => ({ ok: false, problem: why }),
    maintain: () => null,
    close: () => undefined,
  };
}

function chainOf(entries: readonly AuditEntry[], head: ChainHead, tsMs: number): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (const entry of entries) records.push(nextRecord(records.at(-1) ?? head, entry, tsMs));
  return records;
}

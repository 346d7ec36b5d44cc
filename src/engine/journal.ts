/**
 * The audit journal: append-only, hash-chained, fdatasync'd on every line; the engine's durable state is its fold.
 *
 * Invariants: a record that `append` returned is on disk and stays; after any error of write or sync, or when anything
 * else touched the file, nothing is ever appended again in this process. An unhealthy journal can still be read
 * (its state is the fold of the lines that are good), every append is refused as a value.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { AuditEntry, AuditRecord } from './audit-record.ts';
import { type ChainHead, formatLine, nextRecord } from './chain.ts';
import type { Clock } from './clock.ts';
import { type Disk, realDisk } from './disk.ts';
import { checkPrivateFile, describeError, ensurePrivateDirectory, replaceFile, writeAll } from './files.ts';
import { EMPTY_STATE, fold, type JournalState } from './fold.ts';
import { createHead, readHead, writeHead } from './head-record.ts';
import { MAX_LINE_BYTES, type Scan, scanJournal, verifyChain } from './journal-scan.ts';

/** Where the journal lives and what it uses. `headPath` is in the account directory, outside the state directory. */
export interface JournalOptions {
  readonly path: string;
  readonly headPath: string;
  readonly clock: Clock;
  readonly disk?: Disk;
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
  /** Why appends are refused and how to repair it; empty when healthy. */
  readonly problem: () => string;
  /** Writes one line durably before it returns; refused when unhealthy. */
  readonly append: (entry: AuditEntry) => AppendResult;
  /** Writes several lines with one sync, all of them durable before it returns; refused as a whole. */
  readonly appendAll: (entries: readonly AuditEntry[]) => AppendAllResult;
  readonly close: () => void;
}

/**
 * Opens the journal and replays it. Always gives a journal: one that can't be trusted or written is unhealthy, and the
 * daemon then runs at most in stage 1 (`audit_unavailable`). Take the account's lock first: there is one writer.
 */
export function openJournal(options: JournalOptions): Journal {
  const disk = options.disk ?? realDisk;
  let state = EMPTY_STATE;
  let problem = '';
  let file: OpenFile | null = null;
  try {
    const opened = openAndReplay(options, disk, (record) => {
      state = fold(state, record);
    });
    file = opened.file;
    problem = opened.problem ?? state.problem ?? '';
  } catch (error) {
    problem = `audit ${options.path}: ${describeError(error)}`;
  }

  const appendAll = (entries: readonly AuditEntry[]): AppendAllResult => {
    if (problem !== '' || file === null) return { ok: false, problem: problem || 'journal is closed' };
    const records = chainOf(entries, state.head, options.clock.wallMs());
    const lines = records.map((record) => new TextEncoder().encode(`${formatLine(record)}\n`));
    const longest = Math.max(0, ...lines.map(({ length }) => length));
    if (longest > MAX_LINE_BYTES)
      return { ok: false, problem: `line of ${longest} bytes, at most ${MAX_LINE_BYTES}` };
    if (records.length === 0) return { ok: true, records };
    const bytes = Buffer.concat(lines);
    try {
      expectUntouched(options.path, file, disk);
      writeAll(disk, file.fd, bytes, null);
      disk.fdatasync(file.fd);
      file = { ...file, size: file.size + bytes.length };
      state = records.reduce(fold, state);
      writeHead(options.headPath, state.head, disk);
      return { ok: true, records };
    } catch (error) {
      problem = `audit ${options.path}: ${describeError(error)}; no further write in this process, repair the disk and restart`;
      return { ok: false, problem };
    }
  };

  const append = (entry: AuditEntry): AppendResult => {
    const done = appendAll([entry]);
    const record = done.ok ? done.records[0] : undefined;
    if (record !== undefined) return { ok: true, record };
    return { ok: false, problem: done.ok ? 'nothing was written' : done.problem };
  };

  return {
    state: () => state,
    healthy: () => problem === '' && file !== null,
    problem: () => problem,
    append,
    appendAll,
    close: () => {
      if (file !== null) disk.close(file.fd);
      file = null;
    },
  };
}

/** Stands in where the operator switched the audit off: unhealthy, empty, refuses every line. */
export function noJournal(why: string): Journal {
  return {
    state: () => EMPTY_STATE,
    healthy: () => false,
    problem: () => why,
    append: () => ({ ok: false, problem: why }),
    appendAll: () => ({ ok: false, problem: why }),
    close: () => undefined,
  };
}

/**
 * Makes an existing journal the account's own: checks its whole chain and sets the head record to its end. For a
 * journal that was moved, restored or cut on purpose; the caller holds the lock and has the operator's word.
 */
export function adoptJournal(
  options: Pick<JournalOptions, 'path' | 'headPath' | 'disk'>,
): { readonly ok: true; readonly head: ChainHead } | { readonly ok: false; readonly problem: string } {
  const disk = options.disk ?? realDisk;
  try {
    const file = checkPrivateFile(options.path, disk);
    if (file.kind !== 'ok')
      return { ok: false, problem: file.kind === 'missing' ? `${options.path} is missing` : file.why };
    const chain = verifyChain(options.path, disk);
    if (!chain.ok) return { ok: false, problem: `line ${chain.line}: ${chain.why}` };
    createHead(options.headPath, disk);
    writeHead(options.headPath, chain.head, disk);
    return { ok: true, head: chain.head };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

function chainOf(entries: readonly AuditEntry[], head: ChainHead, tsMs: number): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (const entry of entries) records.push(nextRecord(records.at(-1) ?? head, entry, tsMs));
  return records;
}

interface OpenFile {
  readonly fd: number;
  readonly inode: number;
  readonly size: number;
}

function openAndReplay(
  options: JournalOptions,
  disk: Disk,
  visit: (record: AuditRecord) => void,
): { readonly file: OpenFile | null; readonly problem: string | null } {
  const { path, headPath } = options;
  const directory = ensurePrivateDirectory(dirname(path), disk);
  const existing = checkPrivateFile(path, disk);
  for (const check of [directory, existing])
    if (check.kind === 'refused') return { file: null, problem: `audit: ${check.why}` };
  const head = readHead(headPath, disk);
  if (existing.kind === 'missing' && head.kind === 'ok' && head.head.seq > 0)
    return {
      file: null,
      problem: `audit ${path} is missing but ${head.head.seq} lines were written; put it back, or adopt another with "grinder audit adopt"`,
    };
  const { fd, readOnlyBecause } = openFile(path, disk);
  let expectedHash: string | null = null;
  const scan = scanJournal(fd, disk, (record) => {
    if (head.kind === 'ok' && record.seq === head.head.seq) expectedHash = record.hash;
    visit(record);
  });
  const problem = readOnlyBecause ?? compareWithHead(scan, head, expectedHash, path);
  if (problem !== null) return { file: openedFile(fd, disk), problem };
  if (scan.kind === 'torn')
    quarantine({ path, fd, from: scan.goodBytes, tsMs: options.clock.wallMs() }, disk);
  if (existing.kind === 'missing') disk.syncDirectory(dirname(path));
  createHead(headPath, disk);
  return { file: openedFile(fd, disk), problem: null };
}

function openFile(
  path: string,
  disk: Disk,
): { readonly fd: number; readonly readOnlyBecause: string | null } {
  try {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    return { fd: disk.open(path, flags, 0o600), readOnlyBecause: null };
  } catch (error) {
    const readOnlyBecause = `audit ${path} can't be written: ${describeError(error)}`;
    return { fd: disk.open(path, constants.O_RDONLY, 0), readOnlyBecause };
  }
}

function compareWithHead(
  scan: Scan,
  head: ReturnType<typeof readHead>,
  hashAtHead: string | null,
  path: string,
): string | null {
  const repair = 'restore the file, or accept it as it is with "grinder audit adopt"';
  if (scan.kind === 'broken') return `audit ${path} line ${scan.line}: ${scan.why}; ${repair}`;
  if (head.kind === 'bad') return `${head.why}; remove it and run "grinder audit adopt"`;
  if (head.kind === 'missing')
    return scan.lines <= 1 ? null : `audit ${path} has ${scan.lines} lines but no head record; ${repair}`;
  if (scan.lines < head.head.seq)
    return `audit ${path} was rolled back: ${scan.lines} good lines, ${head.head.seq} were written; ${repair}`;
  if (head.head.seq > 0 && hashAtHead !== head.head.hash)
    return `audit ${path} is another one: line ${head.head.seq} is not the one that was written; ${repair}`;
  return null;
}

function quarantine(
  torn: { readonly path: string; readonly fd: number; readonly from: number; readonly tsMs: number },
  disk: Disk,
): void {
  const rest = new Uint8Array(disk.facts(torn.fd).size - torn.from);
  let length = 0;
  for (let got = -1; got !== 0 && length < rest.length; length += got)
    got = disk.read(torn.fd, rest.subarray(length), torn.from + length);
  replaceFile(`${torn.path}.torn-${torn.tsMs}`, rest.subarray(0, length), disk);
  disk.syncDirectory(dirname(torn.path));
  disk.truncate(torn.fd, torn.from);
  disk.fdatasync(torn.fd);
}

function openedFile(fd: number, disk: Disk): OpenFile {
  const { inode, size } = disk.facts(fd);
  return { fd, inode, size };
}

function expectUntouched(path: string, file: OpenFile, disk: Disk): void {
  const { size } = disk.facts(file.fd);
  if (size !== file.size)
    throw new Error(`the file is ${size} bytes, expected ${file.size}: something else wrote to it or cut it`);
  if (disk.lookup(path)?.inode !== file.inode) throw new Error('the file was moved, replaced or deleted');
}

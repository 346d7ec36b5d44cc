/** Replays the files of a journal that its state depends on, and checks that none is missing between them. */
import { constants } from 'node:fs';
import type { AuditRecord } from './audit-record.ts';
import type { ChainHead } from './chain.ts';
import type { Disk } from './disk.ts';
import { checkPrivateFile } from './files.ts';
import { fold } from './fold.ts';
import type { HeadReading } from './head-record.ts';
import { holdsTheSame, type RotatedFile } from './journal-files.ts';
import { anchorIn, type Scan, scanJournal, tail } from './journal-scan.ts';
import { EMPTY_STATE, type JournalState } from './journal-state.ts';

/** The files of a journal: the current one, open, and those that were rotated away, oldest first. */
export interface JournalFiles {
  readonly path: string;
  readonly fd: number;
  readonly rotated: readonly RotatedFile[];
}

/** What a replay found. `goodBytes`: where the current file's good lines end. */
export interface Replay {
  readonly state: JournalState;
  readonly goodBytes: number;
  /** Hashes of the lines that were asked for, as they stand. */
  readonly hashes: ReadonlyMap<number, string>;
  /** Of those in the current file, the byte after each. */
  readonly ends: ReadonlyMap<number, number>;
  /** The last line of the newest rotated file; 0 without one. */
  readonly rotatedEndSeq: number;
  /** Which file is broken, where, and why; null when all is well. */
  readonly problem: string | null;
  /** A newer program wrote the line that can't be read. */
  readonly newer: boolean;
}

/**
 * Replays the last rotated file and the current one: the checkpoint at the head of the current one must say what the
 * file before it comes to. Of older files it checks that each goes on where the one before ended.
 */
export function replaySet(
  set: JournalFiles & {
    readonly head: HeadReading;
    /** Lines besides the head record's whose hashes are wanted. */
    readonly wanted: readonly number[];
  },
  disk: Disk,
): Replay {
  let state = EMPTY_STATE;
  const hashes = new Map<number, string>();
  const ends = new Map<number, number>();
  const headSeq = set.head.kind === 'ok' ? set.head.head.seq : 0;
  const wanted = new Set([headSeq, ...set.wanted]);
  const visit = (record: AuditRecord): void => {
    if (wanted.has(record.seq)) hashes.set(record.seq, record.hash);
    state = fold(state, record);
  };
  const previous = set.rotated.at(-1);
  let problem = gapIn(set.rotated, disk);
  let newer = false;
  const judge = (path: string, scan: Scan): void => {
    problem ??= 'why' in scan ? `audit ${path} line ${scan.line}: ${scan.why}` : null;
    newer ||= 'why' in scan && scan.newer;
  };
  const vouched = olderFileOf(set.rotated, headSeq);
  const keepHash = ({ seq, hash }: AuditRecord): void => {
    if (seq === headSeq) hashes.set(seq, hash);
  };
  if (vouched !== null) judge(vouched.path, scanRotated(vouched, keepHash, disk));
  if (previous !== undefined) judge(previous.path, scanRotated(previous, visit, disk));
  const before = state;
  const told = { hashes, ends, rotatedEndSeq: before.head.seq };
  const sound = problem === null;
  if (!sound) state = EMPTY_STATE;
  const visitCurrent = (record: AuditRecord, end: number): void => {
    if (wanted.has(record.seq)) ends.set(record.seq, end);
    visit(record);
  };
  const scan = scanJournal(set.fd, disk, visitCurrent, sound && previous !== undefined ? before.head : null);
  if (scan.kind === 'broken') judge(set.path, scan);
  problem ??= missingBefore(set.rotated[0]?.firstSeq ?? scan.firstSeq, state);
  if (sound && previous !== undefined && state.checkpoint !== null && headSeq <= before.lastSeq)
    // Nobody was told of a checkpoint that a crash cut short.
    return { state: before, goodBytes: 0, ...told, problem, newer };
  return { state, goodBytes: scan.goodBytes, ...told, problem, newer };
}

/**
 * Undoes a rotation that a crash cut short between its copy and its cut: both files hold the same lines, and the copy
 * goes. Throws when they begin alike and differ, for then one of them is not what was written.
 */
export function withoutDuplicate(
  path: string,
  fd: number,
  rotated: readonly RotatedFile[],
  disk: Disk,
): readonly RotatedFile[] {
  const last = rotated.at(-1);
  const anchor = anchorIn(fd, disk);
  if (last === undefined || anchor === null || anchor.seq + 1 !== last.firstSeq) return rotated;
  if (!holdsTheSame(last.path, fd, disk))
    throw new Error(
      `${last.path} begins with the same line as ${path} and goes on differently; keep the true one`,
    );
  disk.remove(last.path);
  return rotated.slice(0, -1);
}

/** Checks one rotated file and hands its records on; it must begin with the line that its name says, and end whole. */
export function scanRotated(file: RotatedFile, visit: (record: AuditRecord) => void, disk: Disk): Scan {
  const check = checkPrivateFile(file.path, disk);
  if (check.kind === 'refused') throw new Error(check.why);
  const fd = disk.open(file.path, constants.O_RDONLY, 0);
  try {
    const scan = scanJournal(fd, disk, visit, null);
    if (scan.kind !== 'ok' || scan.firstSeq === file.firstSeq) return scan;
    const found = scan.firstSeq === null ? 'it holds no line' : `it begins with line ${scan.firstSeq}`;
    return {
      ...scan,
      kind: 'broken',
      line: 1,
      newer: false,
      why: `${found}, its name says ${file.firstSeq}`,
    };
  } finally {
    disk.close(fd);
  }
}

/** The hash of a line in a file that a replay leaves out; null where it isn't in one, or that file is not whole. */
export function olderHash(rotated: readonly RotatedFile[], seq: number, disk: Disk): string | null {
  const file = olderFileOf(rotated, seq);
  let hash: string | null = null;
  const keep = (record: AuditRecord): void => {
    if (record.seq === seq) hash = record.hash;
  };
  return file !== null && scanRotated(file, keep, disk).kind === 'ok' ? hash : null;
}

/**
 * The file before the newest rotated one with a line, null when it is not in one. The head record may name such a line: a power
 * cut takes it back to what the disk knew of it, and many lines may have come within those seconds.
 */
function olderFileOf(rotated: readonly RotatedFile[], seq: number): RotatedFile | null {
  const older = rotated.slice(0, -1).filter(({ firstSeq }) => firstSeq <= seq);
  const last = rotated.at(-1);
  return seq === 0 || last === undefined || seq >= last.firstSeq ? null : (older.at(-1) ?? null);
}

/** Says which lines are missing before the oldest file, or null. */
export function missingBefore(oldestSeq: number | null, state: JournalState): string | null {
  const due = Math.max(1, state.keepsFromSeq);
  return oldestSeq === null || oldestSeq <= due
    ? null
    : `audit: the file with lines ${due} to ${oldestSeq - 1} is missing`;
}

function gapIn(rotated: readonly RotatedFile[], disk: Disk): string | null {
  for (const [index, file] of rotated.entries()) {
    const next = rotated[index + 1];
    if (next === undefined) return null;
    const end = endOf(file.path, disk);
    const anchor = startOf(next.path, disk);
    if (end === null) return `audit ${file.path}: its last line can't be read`;
    if (anchor === null) return `audit ${next.path} line 1: can't be read`;
    if (end.seq < anchor.seq) return `audit: the file with lines ${end.seq + 1} to ${anchor.seq} is missing`;
    if (end.seq !== anchor.seq || end.hash !== anchor.hash)
      return `audit ${next.path} line 1: does not follow the last line of ${file.path}`;
  }
  return null;
}

function startOf(path: string, disk: Disk): ChainHead | null {
  const fd = disk.open(path, constants.O_RDONLY, 0);
  try {
    return anchorIn(fd, disk);
  } finally {
    disk.close(fd);
  }
}

function endOf(path: string, disk: Disk): ChainHead | null {
  try {
    const value: unknown = JSON.parse(tail(path, 1, disk)[0] ?? '');
    if (typeof value !== 'object' || value === null || !('seq' in value) || !('hash' in value)) return null;
    const { seq, hash } = value;
    return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : null;
  } catch {
    return null;
  }
}

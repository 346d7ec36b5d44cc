/**
 * Opens a journal's files and replays them: finishes or undoes a rotation that a crash cut short, quarantines a torn last
 * line, and refuses whatever the head record doesn't vouch for, each with its way out.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { GENESIS } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import {
  checkPrivateFile,
  describeError,
  ensurePrivateDirectory,
  type FileCheck,
  repairOf,
} from './files.ts';
import { createHead, type HeadReading, readHead } from './head-record.ts';
import { openForAppending, rotatedFiles } from './journal-files.ts';
import { judgeLastWords, type LastWords, lastWordsOf, merge, quarantine } from './journal-merge.ts';
import { type JournalFiles, olderHash, type Replay, replaySet, withoutDuplicate } from './journal-replay.ts';
import { openReserve, type Reserve, reservePath } from './journal-reserve.ts';
import { EMPTY_STATE, type JournalState } from './journal-state.ts';

/** The current file as it was left. */
export interface OpenFile {
  readonly fd: number;
  readonly inode: number;
  readonly size: number;
}

/** What an open came to; `file` is there even when `problem` forbids to append, where it could be opened. */
export interface OpenedJournal {
  readonly file: OpenFile | null;
  /** Empty; null when the journal can't be appended to from the start. */
  readonly reserve: Reserve | null;
  readonly state: JournalState;
  readonly problem: string | null;
  /** A crash left the current file without the checkpoint at its head. */
  readonly wantsCheckpoint: boolean;
}

/** Opens and replays. Throws what the disk throws. */
export function openFiles(
  places: {
    readonly path: string;
    readonly headPath: string;
    readonly nowMs: number;
    /** What an operator types to accept a journal as it is. */
    readonly adoptCommand: string;
  },
  disk: Disk = realDisk,
): OpenedJournal {
  const { path, headPath, adoptCommand } = places;
  const directory = ensurePrivateDirectory(dirname(path), disk);
  const existing = checkPrivateFile(path, disk);
  const refused = refusalOf(dirname(path), directory, disk) ?? refusalOf(path, existing, disk);
  if (refused !== null) return closed(refused);
  const head = readHead(headPath, disk);
  const listed = rotatedFiles(path, disk);
  const written = head.kind === 'ok' ? head.head.seq : (listed.at(-1)?.firstSeq ?? 0);
  if (existing.kind === 'missing' && written > 0)
    return closed(
      `audit ${path} is missing but ${written} lines were written; put it back, or accept its loss with: ${adoptCommand}`,
    );
  const { fd: opened, readOnlyBecause } = openFile(path, disk);
  const rest = readOnlyBecause === null ? withoutDuplicate(path, opened, listed, disk) : listed;
  const asLeft: JournalFiles = { path, fd: opened, rotated: rest };
  const reserve = readOnlyBecause === null ? openReserve(reservePath(path), disk) : null;
  const words = lastWordsOf(reserve?.kept ?? null);
  // A journal that nobody vouches for is refused below, and not written to.
  const taken =
    words === null || head.kind === 'bad'
      ? asLeft
      : takeIn(words, asLeft, { head, nowMs: places.nowMs, disk });
  const files = taken ?? asLeft;
  const { fd, rotated } = files;
  const replay = replaySet({ ...files, head, wanted: [] }, disk);
  const repair = `restore the file, or accept it as it is with: ${adoptCommand}`;
  const problem =
    readOnlyBecause ??
    (taken === null
      ? `audit ${reservePath(path)} holds lines that don't follow the journal; ${repair}`
      : null) ??
    (replay.problem === null ? null : `${replay.problem}; ${replay.newer ? NEWER : repair}`) ??
    compareWithHead(replay, head, { path, repair, adoptCommand });
  if (problem !== null) {
    reserve?.close();
    return {
      state: replay.state,
      file: openedFile(fd, disk),
      reserve: null,
      problem,
      wantsCheckpoint: false,
    };
  }
  if (replay.goodBytes < disk.facts(fd).size)
    quarantine({ path, fd, from: replay.goodBytes, tsMs: places.nowMs }, disk);
  // What an earlier process wrote and could not sync is believed from here on, and must not go with the power.
  disk.fdatasync(fd);
  if (existing.kind === 'missing') disk.syncDirectory(dirname(path));
  createHead(headPath, disk);
  reserve?.clear();
  return {
    reserve,
    file: openedFile(fd, disk),
    state: replay.state,
    problem: replay.state.problem === null ? null : `audit ${path} ${replay.state.problem}; ${repair}`,
    wantsCheckpoint: rotated.length > 0 && replay.goodBytes === 0,
  };
}

/** Looks up what the file is now. */
export function openedFile(fd: number, disk: Disk): OpenFile {
  const { inode, size } = disk.facts(fd);
  return { fd, inode, size };
}

const NEWER = 'a newer program wrote it: run that one';

function closed(problem: string): OpenedJournal {
  return { file: null, reserve: null, state: EMPTY_STATE, problem, wantsCheckpoint: false };
}

function seqsOf({ base, heads }: LastWords): readonly number[] {
  return [base.seq, ...heads.map(({ seq }) => seq)];
}

/** Takes last words in where they belong, before the replay that counts; null where they don't follow the journal. */
function takeIn(
  words: LastWords,
  files: JournalFiles,
  { head, nowMs, disk }: { readonly head: HeadReading; readonly nowMs: number; readonly disk: Disk },
): JournalFiles | null {
  const replay = replaySet({ ...files, head, wanted: seqsOf(words) }, disk);
  // Who runs a newer program may have been told of what it wrote: nothing is put in its place.
  if (replay.newer) return files;
  const acknowledged = head.kind === 'ok' ? head.head : GENESIS;
  const hashOf = (seq: number) => replay.hashes.get(seq) ?? olderHash(files.rotated, seq, disk);
  const verdict = judgeLastWords(words, hashOf, acknowledged);
  if (verdict !== 'belong') return verdict === 'merged' ? files : null;
  return merge(files, words, replay, { nowMs, disk });
}

function refusalOf(path: string, check: FileCheck, disk: Disk): string | null {
  return check.kind === 'refused' ? `audit: ${check.why}; repair it with: ${repairOf(path, disk)}` : null;
}

function openFile(
  path: string,
  disk: Disk,
): { readonly fd: number; readonly readOnlyBecause: string | null } {
  try {
    return { fd: openForAppending(path, disk), readOnlyBecause: null };
  } catch (error) {
    const readOnlyBecause = `audit ${path} can't be written: ${describeError(error)}; free or remount the disk and restart`;
    return { fd: disk.open(path, constants.O_RDONLY, 0), readOnlyBecause };
  }
}

function compareWithHead(
  replay: Replay,
  head: HeadReading,
  { path, repair, adoptCommand }: { path: string; repair: string; adoptCommand: string },
): string | null {
  const { seq } = replay.state.head;
  if (head.kind === 'bad') return `${head.why}; restore it, or make a new one with: ${adoptCommand}`;
  if (head.kind === 'missing')
    return seq === 0
      ? null
      : `audit ${path} has ${seq} ${seq === 1 ? 'line' : 'lines'} but no head record, as where another account writes it (audit.path); ${repair}`;
  if (seq < head.head.seq)
    return `audit ${path} was rolled back: it ends at line ${seq}, ${head.head.seq} were written; ${repair}`;
  if (head.head.seq > 0 && replay.hashes.get(head.head.seq) !== head.head.hash)
    return `audit ${path} is another one: line ${head.head.seq} is not the one that was written; ${repair}`;
  return null;
}

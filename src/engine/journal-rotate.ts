/**
 * Rotates the journal in pieces, between which lines are written as ever: where the current file's lines go, the checkpoint
 * that begins the next, and which files are too old.
 *
 * Only the last piece has to be done at once: what came since the last copied byte, the copy's name, the cut and the
 * checkpoint. Until it has its name a copy is nothing; from then on both files are the same until the cut.
 */
import type { AuditRecord } from './audit-record.ts';
import { checkpointParts, itemsOf } from './checkpoint.ts';
import { chainCheckpoint, fitsLines, writeTexts } from './checkpoint-text.ts';
import type { Disk } from './disk.ts';
import { beginCopy, lastLineAtMs, type RotatedFile, rotatedFiles, rotatedPath } from './journal-files.ts';
import type { OpenFile } from './journal-open.ts';
import { anchorIn } from './journal-scan.ts';
import type { JournalState } from './journal-state.ts';
import type { Steps } from './piecework.ts';

/** What is rotated, as it is at any moment. */
export interface Rotatable {
  readonly path: string;
  /** The file is rotated once it has this many bytes. */
  readonly maxFileBytes: number;
  readonly keepMs: number;
  /** So many bytes are copied at a time. */
  readonly pieceBytes: number;
  readonly nowMs: () => number;
  /** Throws when there is none. */
  readonly file: () => OpenFile;
  readonly state: () => JournalState;
  /** Throws when something else wrote to the file. */
  readonly expectUntouched: () => void;
  /** Empties the file and begins it with the lines of a checkpoint, durably. Throws what the disk throws. */
  readonly beginAnew: (lines: Uint8Array, last: AuditRecord, keepsFromSeq: number) => void;
}

/** Rotates one file after the other. */
export interface Rotator {
  /** Does one piece when it is time; says what a rotation did once it is over, else null. Throws what the disk throws. */
  readonly step: () => string | null;
  /** Leaves a rotation that is under way: nothing of it stays. */
  readonly giveUp: () => void;
}

/** Makes a rotator; it touches nothing before its first step. */
export function createRotator(journal: Rotatable, disk: Disk): Rotator {
  const { maxFileBytes } = journal;
  let rotateAtBytes = maxFileBytes;
  let underWay: Steps<string | null> | null = null;
  return {
    step: () => {
      if (underWay === null && journal.file().size < rotateAtBytes) return null;
      const steps = underWay ?? rotate(journal, disk);
      underWay = null;
      const piece = steps.next();
      if (piece.done !== true) {
        underWay = steps;
        return null;
      }
      const { size } = journal.file();
      // A checkpoint as large as a file may be would be rotated away at once, and so on at every beat.
      rotateAtBytes = piece.value === null ? size * 2 : Math.max(maxFileBytes, size + maxFileBytes / 2);
      return piece.value ?? 'audit not rotated: its checkpoint would not fit into lines';
    },
    giveUp: () => {
      underWay?.return(null);
      underWay = null;
    },
  };
}

/** Stay whatever their age, so that a clock that jumped ahead takes nothing away. */
const ALWAYS_KEPT = 10;
const FILES_A_PIECE = 10;
/** So often the cut waits for a moment in which nothing has come; then it takes what there is. */
const CATCH_UPS = 3;

/** Says what it did, for people, and null when the checkpoint would not fit into lines. */
function* rotate(journal: Rotatable, disk: Disk): Steps<string | null> {
  journal.expectUntouched();
  const anchor = anchorIn(journal.file().fd, disk);
  if (anchor === null) throw new Error('its first line can not be read');
  const firstSeq = anchor.seq + 1;
  const to = rotatedPath(journal.path, firstSeq);
  const { keepsFromSeq, expired } = yield* planRetention(journal, firstSeq, disk);
  yield* writeTexts(itemsOf(journal.state()));
  if (!fitsLines(checkpointParts(journal.state(), { keepsFromSeq }))) return null;
  const copy = beginCopy(to, disk);
  try {
    let inPieces = false;
    let caughtUp = 0;
    let seen = journal.file().size;
    while (journal.file().size - copy.done() > journal.pieceBytes / 4 && caughtUp < CATCH_UPS) {
      const { fd, size } = journal.file();
      // With what came meanwhile, so that it ends however much is written.
      copy.upTo(fd, Math.min(size, copy.done() + journal.pieceBytes + size - seen));
      seen = size;
      if (copy.done() === size) caughtUp += 1;
      inPieces = true;
      yield;
    }
    let checkpoint = checkpointNow(journal, keepsFromSeq);
    // It holds as long as no line comes; then the cut is nothing but a few calls of the disk.
    for (let attempt = 0; inPieces && attempt < CATCH_UPS; attempt += 1) {
      copy.upTo(journal.file().fd, journal.file().size);
      yield;
      if (checkpoint?.of === journal.state()) break;
      checkpoint = checkpointNow(journal, keepsFromSeq);
    }
    if (checkpoint === null) return null;
    journal.expectUntouched();
    const { fd, size } = journal.file();
    copy.upTo(fd, size);
    copy.settle(size);
    journal.beginAnew(checkpoint.bytes, checkpoint.last, keepsFromSeq);
  } finally {
    copy.close();
  }
  return `audit rotated to ${to}${yield* removeAll(expired, disk)}`;
}

/** The checkpoint of the state as it is, and of which state it is; null when it would not fit into lines. */
function checkpointNow(journal: Rotatable, keepsFromSeq: number) {
  const state = journal.state();
  const drafts = checkpointParts(state, { keepsFromSeq });
  return fitsLines(drafts) ? { of: state, ...chainCheckpoint(drafts, state.head, journal.nowMs()) } : null;
}

/** Says which files are past their time, and the first line that stays; the file that is to be made counts too. */
function* planRetention(
  { path, state, nowMs, keepMs }: Rotatable,
  firstSeq: number,
  disk: Disk,
): Steps<{ readonly keepsFromSeq: number; readonly expired: readonly RotatedFile[] }> {
  const files = [...rotatedFiles(path, disk), { path: rotatedPath(path, firstSeq), firstSeq }];
  // An intent that is not resolved keeps its INTENT's file, for whoever has to find out.
  const neededSeq = Math.min(
    Number.POSITIVE_INFINITY,
    ...[...state().openIntents.values()].map(({ seq }) => seq),
  );
  let expired = 0;
  for (const [index, file] of files.entries()) {
    const next = files[index + 1];
    if (next === undefined || index >= files.length - ALWAYS_KEPT || next.firstSeq > neededSeq) break;
    if (index > 0 && index % FILES_A_PIECE === 0) yield;
    const lastAtMs = lastLineAtMs(file.path, disk);
    if (lastAtMs === null || nowMs() - lastAtMs <= keepMs) break;
    expired += 1;
  }
  return { keepsFromSeq: files[expired]?.firstSeq ?? firstSeq, expired: files.slice(0, expired) };
}

/** Removes files as far as it can and says how many; what stays is asked for again at the next rotation. */
function* removeAll(files: readonly RotatedFile[], disk: Disk): Steps<string> {
  let removed = 0;
  for (const [index, { path }] of files.entries()) {
    if (index > 0) yield;
    try {
      disk.remove(path);
      removed += 1;
    } catch {
      // Its lines are older than the checkpoint says is kept: it does no harm.
    }
  }
  return removed === 0 ? '' : `, ${removed} file(s) past their time removed`;
}

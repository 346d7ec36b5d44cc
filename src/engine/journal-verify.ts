/** Checks a whole journal offline: every line of every file, every checkpoint, and that nothing is missing at either end. */
import { constants } from 'node:fs';
import type { AuditRecord } from './audit-record.ts';
import { type ChainHead, GENESIS } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import { fold } from './fold.ts';
import { type HeadReading, readHead } from './head-record.ts';
import { holdsTheSame, rotatedFiles } from './journal-files.ts';
import { missingBefore } from './journal-replay.ts';
import { anchorIn, scanJournal } from './journal-scan.ts';
import { EMPTY_STATE, type JournalState } from './journal-state.ts';

/** What a check came to; a file is named by its path, a line by its number in it (0: the file itself). */
export type Verdict =
  | {
      readonly ok: true;
      readonly files: number;
      readonly lines: number;
      readonly firstSeq: number;
      readonly head: ChainHead;
      /** The head record vouches for the end; without one nobody can tell whether lines were cut off there. */
      readonly anchored: boolean;
      /** Lines after the one that the head record names: the chain alone vouches for them, and anybody can make a chain. */
      readonly beyond: number;
      readonly state: JournalState;
    }
  | { readonly ok: false; readonly file: string; readonly line: number; readonly why: string };

/** A rotation or a line may come while the files are read: then once more. */
const ATTEMPTS = 3;

/** Checks the journal at `path`; `headPath` null leaves its end unchecked. Throws when a file can't be read. */
export function verifyJournal(
  path: string,
  options: { readonly headPath: string | null; readonly disk?: Disk },
): Verdict {
  const disk = options.disk ?? realDisk;
  if (disk.lookup(path) === null) return { ok: false, file: path, line: 0, why: 'there is no such file' };
  for (let attempt = 1; ; attempt += 1) {
    const before = looksOf(path, disk);
    const verdict = verifyOnce(path, options.headPath, disk);
    if (verdict.ok || attempt === ATTEMPTS || before === looksOf(path, disk)) return verdict;
  }
}

function looksOf(path: string, disk: Disk): string {
  const names = rotatedFiles(path, disk).map((file) => file.path);
  return JSON.stringify([names, disk.lookup(path)]);
}

function verifyOnce(path: string, headPath: string | null, disk: Disk): Verdict {
  const headRecord: HeadReading = headPath === null ? { kind: 'missing' } : readHead(headPath, disk);
  const headSeq = headRecord.kind === 'ok' ? headRecord.head.seq : -1;
  let state = EMPTY_STATE;
  let hashAtHead: string | null = null;
  let firstSeq: number | null = null;
  let lines = 0;
  let odd: number | null = null;
  const files = filesOf(path, disk);
  for (const [index, file] of files.entries()) {
    const fd = disk.open(file, constants.O_RDONLY, 0);
    try {
      let line = 0;
      odd = null;
      const visit = (record: AuditRecord): void => {
        line += 1;
        if (record.seq === headSeq) hashAtHead = record.hash;
        state = fold(state, record);
        if (state.problem !== null) odd ??= line;
      };
      const before = state.lastSeq;
      const scan = scanJournal(fd, disk, visit, index === 0 ? null : state.head);
      if (state.problem !== null) return { ok: false, file, line: odd ?? 0, why: state.problem };
      if (scan.kind !== 'ok') {
        const gap = index > 0 && scan.lines === 0 ? gapBefore(fd, before, disk) : null;
        return {
          ok: false,
          file,
          ...(gap === null ? { line: scan.line, why: scan.why } : { line: 0, why: gap }),
        };
      }
      firstSeq ??= scan.firstSeq;
      lines += scan.lines;
    } finally {
      disk.close(fd);
    }
  }
  const end = { ok: false, file: path, line: 0 } as const;
  if (state.checkpoint !== null) return { ...end, why: 'it ends within a checkpoint' };
  const missing = missingBefore(firstSeq, state);
  if (missing !== null) return { ...end, file: files[0] ?? path, why: missing };
  const atEnd = judgeEnd(headRecord, state.head, hashAtHead);
  if (atEnd !== null) return { ...end, why: atEnd };
  const anchored = headRecord.kind === 'ok';
  const beyond = beyondHead(headRecord, state.head, () => readHead(headPath ?? '', disk));
  const whole = { files: files.length, lines, firstSeq: firstSeq ?? 0, head: state.head, anchored, beyond };
  return { ok: true, ...whole, state };
}

/** A line that came while the files were read has its head record by then. */
function beyondHead(record: HeadReading, end: ChainHead, readAgain: () => HeadReading): number {
  if (record.kind !== 'ok' || record.head.seq === end.seq) return 0;
  const later = readAgain();
  const named = later.kind === 'ok' && later.head.seq === end.seq && later.head.hash === end.hash;
  return named ? 0 : end.seq - record.head.seq;
}

/** Says which lines are missing when a file that is whole by itself begins too late. */
function gapBefore(fd: number, lastSeq: number, disk: Disk): string | null {
  const { firstSeq } = scanJournal(fd, disk, () => undefined, null);
  return firstSeq === null || firstSeq <= lastSeq + 1
    ? null
    : `the file with lines ${lastSeq + 1} to ${firstSeq - 1} is missing before it`;
}

/** All files, oldest first; a copy that a crash left beside what it was copied from doesn't count twice. */
function filesOf(path: string, disk: Disk): readonly string[] {
  const rotated = rotatedFiles(path, disk);
  const last = rotated.at(-1);
  const fd = disk.open(path, constants.O_RDONLY, 0);
  try {
    const isCopy =
      last !== undefined &&
      (anchorIn(fd, disk) ?? GENESIS).seq + 1 === last.firstSeq &&
      holdsTheSame(last.path, fd, disk);
    return [...(isCopy ? rotated.slice(0, -1) : rotated).map((file) => file.path), path];
  } finally {
    disk.close(fd);
  }
}

function judgeEnd(record: HeadReading, head: ChainHead, hashAtHead: string | null): string | null {
  if (record.kind === 'bad') return record.why;
  if (record.kind === 'missing' || record.head.seq === 0) return null;
  if (head.seq < record.head.seq)
    return `it ends at line ${head.seq}, but ${record.head.seq} were written: the last ${record.head.seq - head.seq} are missing`;
  return hashAtHead === record.head.hash ? null : `line ${record.head.seq} is not the one that was written`;
}

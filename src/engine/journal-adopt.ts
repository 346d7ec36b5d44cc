/**
 * Accepts a journal that was moved, restored, cut or damaged, on an operator's word. The caller holds the account's lock.
 *
 * What is accepted is the good lines up to their end, in a file of their own; the current file begins anew with a
 * CHECKPOINT that says who accepted what. Where lines may be lost, so may be writes: then the day's budgets count as used
 * for 24 hours, and no evidence and no approval is kept. Nothing is deleted: what is not accepted is set aside.
 */
import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { AuditRecord } from './audit-record.ts';
import { type ChainHead, formatLine, GENESIS, nextRecord } from './chain.ts';
import { checkpointEntries } from './checkpoint.ts';
import { type Disk, realDisk } from './disk.ts';
import { checkPrivateFile, describeError, ensurePrivateDirectory, replaceFile } from './files.ts';
import { fold } from './fold.ts';
import { createHead, type HeadReading, readHead, writeHead } from './head-record.ts';
import { copyOut, rotatedFiles, rotatedPath } from './journal-files.ts';
import { lastWordsOf } from './journal-merge.ts';
import { openReserve, reservePath } from './journal-reserve.ts';
import { type Scan, scanJournal } from './journal-scan.ts';
import { EMPTY_STATE, type JournalState } from './journal-state.ts';

/** Where the journal and its head record are. */
export interface AdoptPlaces {
  readonly path: string;
  readonly headPath: string;
}

/** What would be accepted. */
export interface Offer {
  /** The end of the good lines: what the next line follows. */
  readonly end: ChainHead;
  readonly firstSeq: number | null;
  readonly state: JournalState;
  /** Which lines are lost, or why nobody can tell; null when the head record vouches for all. */
  readonly lost: string | null;
  /** The file that the end is in, and how much of it is good; null when there is none. */
  readonly tail: Tail | null;
  /** Files whose lines are not accepted; they stay beside the journal under another name. */
  readonly aside: readonly string[];
}

/** A file's number of its first line, and where its good lines end. */
export interface Tail {
  readonly file: string;
  readonly firstSeq: number;
  readonly goodBytes: number;
}

export type OfferResult =
  | { readonly ok: true; readonly offer: Offer }
  | { readonly ok: false; readonly problem: string };

/** Looks at what there is; changes nothing. */
export function offerJournal(places: AdoptPlaces, disk: Disk = realDisk): OfferResult {
  try {
    const check = checkPrivateFile(places.path, disk);
    if (check.kind === 'refused') return { ok: false, problem: check.why };
    const head = readHead(places.headPath, disk);
    const found = longestEnd(places.path, check.kind === 'ok', head, disk);
    if (found.newer !== null)
      return { ok: false, problem: `${found.newer}: a newer program wrote it: run that one` };
    const { state, hashAtHead } = found;
    const nothing = found.firstSeq === null;
    const end = nothing && head.kind === 'ok' ? head.head : state.head;
    const reserved = hasLastWords(places.path, disk) ? [reservePath(places.path)] : [];
    const lost = lostLines({ state, head, hashAtHead, unread: reserved.length > 0 });
    const aside = [...new Set([...found.aside, ...reserved])];
    return { ok: true, offer: { end, firstSeq: found.firstSeq, state, lost, tail: found.tail, aside } };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

/** Accepts what an offer says, durably; the head record is written last, so that a crash leaves it refused. */
export function adoptJournal(
  places: AdoptPlaces,
  word: {
    readonly offer: Offer;
    readonly operator: string;
    readonly problem: string;
    readonly nowMs: number;
  },
  disk: Disk = realDisk,
): { readonly ok: true; readonly head: ChainHead } | { readonly ok: false; readonly problem: string } {
  const { path, headPath } = places;
  const { offer, nowMs } = word;
  try {
    const directory = ensurePrivateDirectory(dirname(path), disk);
    if (directory.kind === 'refused') return { ok: false, problem: directory.why };
    const records = adoptionRecords(word);
    moveAside(path, offer, nowMs, disk);
    replaceFile(path, records.map((record) => `${formatLine(record)}\n`).join(''), disk);
    disk.syncDirectory(dirname(path));
    const { seq, hash } = records.at(-1) ?? offer.end;
    ensurePrivateDirectory(dirname(headPath), disk);
    if (readHead(headPath, disk).kind === 'missing') createHead(headPath, disk);
    writeHead(headPath, { seq, hash }, disk);
    disk.syncDirectory(dirname(headPath));
    return { ok: true, head: { seq, hash } };
  } catch (error) {
    return { ok: false, problem: describeError(error) };
  }
}

function adoptionRecords(word: {
  readonly offer: Offer;
  readonly operator: string;
  readonly problem: string;
  readonly nowMs: number;
}): readonly AuditRecord[] {
  const { offer, nowMs } = word;
  const { end, state, lost } = offer;
  const kept: JournalState =
    lost === null
      ? state
      : {
          ...state,
          // A clock that is behind the journal's own would let the budgets go early.
          linesLostAtMs: Math.max(nowMs, state.lastRecordAtMs ?? nowMs),
          // A lost line may have withdrawn them.
          ceremonyRecords: state.ceremonyRecords.filter(
            ({ event_type }) => event_type !== 'STAGE_EVIDENCE' && event_type !== 'APPROVED',
          ),
        };
  const entries = checkpointEntries(kept, {
    keepsFromSeq: offer.firstSeq ?? end.seq + 1,
    adoption: {
      operator: word.operator,
      details: {
        problem: word.problem,
        lost,
        end_seq: end.seq,
        end_hash: end.hash,
        set_aside: offer.aside.map((file) => basename(file)),
        operator_unverified: true,
      },
    },
  });
  const records: AuditRecord[] = [];
  for (const entry of entries) records.push(nextRecord(records.at(-1) ?? end, entry, nowMs));
  return records;
}

/** The good lines of the file with the end become a rotated one; whatever is not accepted gets another name. */
function moveAside(path: string, { tail, aside }: Offer, nowMs: number, disk: Disk): void {
  const fd = tail === null ? null : disk.open(tail.file, constants.O_RDONLY, 0);
  try {
    for (const file of aside) disk.rename(file, `${file}.aside-${nowMs}`);
    if (tail !== null && fd !== null) copyOut(fd, tail.goodBytes, rotatedPath(path, tail.firstSeq), disk);
  } finally {
    if (fd !== null) disk.close(fd);
  }
}

interface Found {
  readonly state: JournalState;
  readonly firstSeq: number | null;
  readonly hashAtHead: string | null;
  readonly tail: Tail | null;
  readonly aside: readonly string[];
  /** The file that a newer program wrote, or null. */
  readonly newer: string | null;
}

/** Reads on from the first file after the last break: its checkpoint tells what came before. */
function longestEnd(path: string, hasCurrent: boolean, head: HeadReading, disk: Disk): Found {
  const headSeq = head.kind === 'ok' ? head.head.seq : -1;
  let found: Found = {
    state: EMPTY_STATE,
    firstSeq: null,
    hashAtHead: null,
    tail: null,
    aside: [],
    newer: null,
  };
  const begun: string[] = [];
  const rotated = disk.lookup(dirname(path)) === null ? [] : rotatedFiles(path, disk);
  for (const file of [...rotated.map((one) => one.path), ...(hasCurrent ? [path] : [])]) {
    const read = (start: Found, anchor: ChainHead | null): { readonly scan: Scan; readonly next: Found } => {
      let { state, hashAtHead } = start;
      const scan = scanFile(file, disk, anchor, (record) => {
        if (record.seq === headSeq) hashAtHead = record.hash;
        state = fold(state, record);
      });
      const firstSeq = start.firstSeq ?? scan.firstSeq;
      return { scan, next: { ...start, state, hashAtHead, firstSeq } };
    };
    const isFirst = found.firstSeq === null;
    const first = read(found, isFirst ? null : found.state.head);
    // Not the line that is due: begin anew with this file, by its checkpoint, and leave what came before aside.
    const isGap = !isFirst && first.scan.lines === 0 && first.scan.kind !== 'ok';
    const again = { ...found, state: EMPTY_STATE, firstSeq: null, hashAtHead: null, tail: null };
    const { scan, next } = isGap
      ? read({ ...again, aside: [...found.aside, ...begun.splice(0)] }, null)
      : first;
    if ('why' in scan && scan.newer) return { ...next, newer: file };
    if (next.state.problem !== null || next.state.checkpoint !== null || scan.firstSeq === null) {
      const isEmpty = scan.size === 0;
      found = isEmpty ? found : { ...found, aside: [...found.aside, file] };
      continue;
    }
    begun.push(file);
    const tail = { file, firstSeq: scan.firstSeq, goodBytes: scan.goodBytes };
    found = { ...next, tail, aside: scan.kind === 'ok' ? next.aside : [...next.aside, file] };
  }
  return found;
}

function scanFile(
  file: string,
  disk: Disk,
  start: ChainHead | null,
  visit: (record: AuditRecord) => void,
): Scan {
  const fd = disk.open(file, constants.O_RDONLY, 0);
  try {
    return scanJournal(fd, disk, visit, start);
  } finally {
    disk.close(fd);
  }
}

function hasLastWords(path: string, disk: Disk): boolean {
  if (checkPrivateFile(reservePath(path), disk).kind !== 'ok') return false;
  const reserve = openReserve(reservePath(path), disk);
  reserve.close();
  return lastWordsOf(reserve.kept) !== null;
}

function lostLines(seen: {
  readonly state: JournalState;
  readonly head: HeadReading;
  readonly hashAtHead: string | null;
  readonly unread: boolean;
}): string | null {
  const { state, head, hashAtHead } = seen;
  const { seq } = state.head;
  if (head.kind !== 'ok')
    return `there is no head record that says how many lines there were after line ${seq}`;
  if (seq < head.head.seq) return `lines ${seq + 1} to ${head.head.seq}`;
  if (head.head.seq > GENESIS.seq && hashAtHead !== head.head.hash)
    return `the lines that were written here: line ${head.head.seq} is another one`;
  return seen.unread ? 'the lines in the reserve, which are set aside' : null;
}

/** Reads an audit journal from its beginning, line by line in chunks, so that its size doesn't matter. */
import { constants } from 'node:fs';
import type { AuditRecord } from './audit-record.ts';
import { type ChainHead, checkLine, GENESIS, headBefore } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';

/** A line longer than this (bytes) is broken; the journal refuses to write one. */
export const MAX_LINE_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/**
 * What a scan found. `torn`: everything before the last line is good and the last one was not written to its end;
 * `goodBytes` is where it begins. `broken`: line `line` (counted from 1) is bad and nothing after it was read.
 */
export type Scan = {
  /** Good lines of this file. */
  readonly lines: number;
  /** Number of its first good line; null when there is none. */
  readonly firstSeq: number | null;
  readonly head: ChainHead;
  readonly goodBytes: number;
  readonly size: number;
} & (
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'torn' | 'broken';
      readonly line: number;
      readonly why: string;
      /** A newer program wrote the line. */
      readonly newer: boolean;
    }
);

/**
 * Checks the chain of an open file and hands each good record to `visit`, with the byte after its line. `start` is the end of the file before; null
 * takes the first line's word for it. Throws what the disk throws.
 */
export function scanJournal(
  fd: number,
  disk: Disk,
  visit: (record: AuditRecord, end: number) => void,
  start: ChainHead | null = GENESIS,
): Scan {
  let head = start ?? GENESIS;
  let lines = 0;
  let firstSeq: number | null = null;
  let goodBytes = 0;
  const at = () => ({ lines, firstSeq, head, goodBytes, size: disk.facts(fd).size });
  for (const line of readLines(fd, disk)) {
    const number = lines + 1;
    if (line.kind !== 'line') {
      return line.kind === 'unended'
        ? { ...at(), kind: 'torn', line: number, newer: false, why: 'no newline at its end' }
        : { ...at(), kind: 'broken', line: number, newer: false, why: `longer than ${MAX_LINE_BYTES} bytes` };
    }
    if (start === null && lines === 0) head = anchorOf(line.bytes);
    const check = checkLine(line.bytes, head);
    if (check.kind !== 'ok') {
      const isLast = line.end === disk.facts(fd).size;
      const kind = check.kind === 'unparsable' && isLast ? 'torn' : 'broken';
      return { ...at(), kind, line: number, newer: check.kind === 'newer', why: check.why };
    }
    head = { seq: check.record.seq, hash: check.record.hash };
    lines += 1;
    firstSeq ??= check.record.seq;
    goodBytes = line.end;
    visit(check.record, line.end);
  }
  return { ...at(), kind: 'ok' };
}

/**
 * Checks one file of a journal without changing it, taking its first line's word for what came before; a torn last line
 * counts as broken here. Throws when it can't be read.
 */
export function verifyChain(
  path: string,
  disk: Disk = realDisk,
):
  | { readonly ok: true; readonly lines: number; readonly head: ChainHead }
  | { readonly ok: false; readonly line: number; readonly why: string } {
  const fd = disk.open(path, constants.O_RDONLY, 0);
  try {
    const scan = scanJournal(fd, disk, () => undefined, null);
    return scan.kind === 'ok'
      ? { ok: true, lines: scan.lines, head: scan.head }
      : { ok: false, line: scan.line, why: scan.why };
  } finally {
    disk.close(fd);
  }
}

/** Reads an open file's whole lines from a byte on, unchecked; one that has no end yet, or is too long, ends it. */
export function* wholeLines(
  fd: number,
  disk: Disk,
  from: number,
): Generator<{ readonly bytes: Uint8Array; readonly end: number }> {
  for (const line of readLines(fd, disk, from)) {
    if (line.kind !== 'line') return;
    yield line;
  }
}

/** What a file's first line says of the line before it, unchecked; null when there is none that can be read. */
export function anchorIn(fd: number, disk: Disk): ChainHead | null {
  for (const line of readLines(fd, disk)) return line.kind === 'line' ? headBefore(line.bytes) : null;
  return null;
}

/** The very first line of a journal follows nothing, whatever it says. */
function anchorOf(bytes: Uint8Array): ChainHead {
  const before = headBefore(bytes);
  return before === null || before.seq === 0 ? GENESIS : before;
}

/** Reads the last `count` lines as they stand, unchecked, oldest first, out of the last `count` MiB at most. */
export function tail(path: string, count: number, disk: Disk = realDisk): readonly string[] {
  const fd = disk.open(path, constants.O_RDONLY, 0);
  try {
    const { size } = disk.facts(fd);
    for (let span = CHUNK_BYTES; ; span *= 4) {
      const from = Math.max(0, size - span);
      const bytes = new Uint8Array(size - from);
      let length = 0;
      for (let got = -1; got !== 0 && length < bytes.length; length += got)
        got = disk.read(fd, bytes.subarray(length), from + length);
      const lines = new TextDecoder().decode(bytes.subarray(0, length)).split('\n');
      if (lines.at(-1) === '') lines.pop();
      const whole = from === 0 ? lines : lines.slice(1);
      if (from === 0 || whole.length >= count || span >= count * MAX_LINE_BYTES)
        return count <= 0 ? [] : whole.slice(-count);
    }
  } finally {
    disk.close(fd);
  }
}

type Line =
  | { readonly kind: 'line'; readonly bytes: Uint8Array; readonly end: number }
  | { readonly kind: 'unended' | 'too long' };

function* readLines(fd: number, disk: Disk, start = 0): Generator<Line> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let pending: Uint8Array = new Uint8Array(0);
  let position = start;
  for (let got = disk.read(fd, chunk, position); got > 0; got = disk.read(fd, chunk, position)) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1 && end < got; end = chunk.indexOf(NEWLINE, from)) {
      yield { kind: 'line', bytes: join(pending, chunk.subarray(from, end)), end: position + end + 1 };
      pending = new Uint8Array(0);
      from = end + 1;
    }
    pending = join(pending, chunk.subarray(from, got));
    position += got;
    if (pending.length > MAX_LINE_BYTES) {
      yield { kind: 'too long' };
      return;
    }
  }
  if (pending.length > 0) yield { kind: 'unended' };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a, 0);
  joined.set(b, a.length);
  return joined;
}

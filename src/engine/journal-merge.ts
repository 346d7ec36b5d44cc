/** Brings the last words of a process whose journal failed into the journal, at the next start. */
import { dirname } from 'node:path';
import { type ChainHead, checkLine } from './chain.ts';
import type { Disk } from './disk.ts';
import { replaceFile, writeAll } from './files.ts';
import { openForAppending } from './journal-files.ts';
import type { JournalFiles, Replay } from './journal-replay.ts';
import type { ReserveContent } from './journal-reserve.ts';

/** The chained lines of a reserve; what follows a line that doesn't check out was never acknowledged. */
export interface LastWords {
  readonly base: ReserveContent['base'];
  readonly heads: readonly ChainHead[];
  readonly bytes: Uint8Array;
}

/** Reads the lines that follow the base; null when there are none. */
export function lastWordsOf(kept: ReserveContent | null): LastWords | null {
  if (kept === null) return null;
  const heads: ChainHead[] = [];
  const good: Uint8Array[] = [];
  let head: ChainHead = kept.base;
  for (const line of kept.lines) {
    const bytes = new TextEncoder().encode(line);
    const check = checkLine(bytes.subarray(0, -1), head);
    if (check.kind !== 'ok') break;
    head = { seq: check.record.seq, hash: check.record.hash };
    heads.push(head);
    good.push(bytes);
  }
  return heads.length === 0 ? null : { base: kept.base, heads, bytes: Buffer.concat(good) };
}

/**
 * Judges last words against what the journal holds (`hashOf` a line, null where there is none) and what the head record
 * says was acknowledged. `merged`: they are there already. `belong`: they follow, and what stands in their place was
 * never acknowledged.
 */
export function judgeLastWords(
  words: LastWords,
  hashOf: (seq: number) => string | null,
  acknowledged: ChainHead,
): 'merged' | 'belong' | 'foreign' {
  const end = words.heads.at(-1);
  if (end !== undefined && hashOf(end.seq) === end.hash) return 'merged';
  const follows = words.base.seq === 0 || hashOf(words.base.seq) === words.base.hash;
  const nothingNewer =
    acknowledged.seq <= words.base.seq ||
    words.heads.some(({ seq, hash }) => seq === acknowledged.seq && hash === acknowledged.hash);
  return follows && nothingNewer ? 'belong' : 'foreign';
}

/**
 * Puts last words after their base, and says what the files are then; what stands in their place is quarantined. Words that
 * follow a rotated file end the process that rotated it and could not write the checkpoint: the rotation is undone, for a
 * file without one at its head would be taken for the whole journal. Null, and nothing is written, where the base is the
 * end of nothing. Throws what the disk throws.
 */
export function merge(
  files: JournalFiles,
  { base, bytes }: LastWords,
  { ends, rotatedEndSeq }: Pick<Replay, 'ends' | 'rotatedEndSeq'>,
  { nowMs, disk }: { readonly nowMs: number; readonly disk: Disk },
): JournalFiles | null {
  const from = base.seq === 0 ? 0 : ends.get(base.seq);
  if (from === undefined && rotatedEndSeq !== base.seq) return null;
  const { path } = files;
  if (disk.facts(files.fd).size > (from ?? 0))
    quarantine({ path, fd: files.fd, from: from ?? 0, tsMs: nowMs }, disk);
  const into = from === undefined ? undoRotation(files, disk) : files;
  writeAll(disk, into.fd, bytes, null);
  disk.fdatasync(into.fd);
  return into;
}

/** Makes the newest rotated file the current one again, which has nothing in it. */
function undoRotation({ path, fd, rotated }: JournalFiles, disk: Disk): JournalFiles {
  const newest = rotated.at(-1);
  if (newest === undefined) throw new Error('no file was rotated');
  disk.rename(newest.path, path);
  disk.syncDirectory(dirname(path));
  disk.close(fd);
  return { path, fd: openForAppending(path, disk), rotated: rotated.slice(0, -1) };
}

/** Moves an open file's bytes from a place on to a file of their own, durably. Throws what the disk throws. */
export function quarantine(
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

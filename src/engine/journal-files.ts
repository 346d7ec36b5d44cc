/**
 * The files of a rotated journal. The current one keeps its name and its inode, so that `tail -f` goes on; an older one
 * is called after it, with the number of its first line: `reconcile.jsonl.0000000001`.
 */
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Disk, realDisk } from './disk.ts';
import { writeAll } from './files.ts';
import { tail } from './journal-scan.ts';

/** A file that was rotated away, and the number of its first line as its name has it. */
export interface RotatedFile {
  readonly path: string;
  readonly firstSeq: number;
}

/** Lists the rotated files, oldest first. Throws what the disk throws. */
export function rotatedFiles(path: string, disk: Disk = realDisk): readonly RotatedFile[] {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  return disk
    .list(directory)
    .filter((name) => name.startsWith(prefix) && /^\d{10,15}$/.test(name.slice(prefix.length)))
    .map((name) => ({ path: join(directory, name), firstSeq: Number(name.slice(prefix.length)) }))
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** Names the file that lines from `firstSeq` on are rotated to. */
export function rotatedPath(path: string, firstSeq: number): string {
  return `${path}.${String(firstSeq).padStart(10, '0')}`;
}

/** Opens the current file; makes a private one where there is none. Throws what the disk throws. */
export function openForAppending(path: string, disk: Disk): number {
  return disk.open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
}

/** Wall time of a file's last line; null when it can't be read. */
export function lastLineAtMs(path: string, disk: Disk = realDisk): number | null {
  try {
    const value: unknown = JSON.parse(tail(path, 1, disk)[0] ?? '');
    const tsMs = typeof value === 'object' && value !== null && 'ts_ms' in value ? value.ts_ms : null;
    return typeof tsMs === 'number' ? tsMs : null;
  } catch {
    return null;
  }
}

const CHUNK_BYTES = 1_048_576;

/**
 * A copy in the making, beside its place under another name: a crash leaves a part of it, which no start takes for anything
 * and the next copy to that place overwrites.
 */
export interface Copy {
  /** Bytes that are copied, all of them durable. */
  readonly done: () => number;
  /** Copies on up to this byte of an open file, durably. Throws what the disk throws. */
  readonly upTo: (fd: number, size: number) => void;
  /** Gives it its name, durably. Throws when it is not so many bytes that were written, and what the disk throws. */
  readonly settle: (size: number) => void;
  /** Lets go of it; what has no name yet goes, if the disk lets it. */
  readonly close: () => void;
}

/** Begins a new private copy. Throws what the disk throws. */
export function beginCopy(to: string, disk: Disk): Copy {
  const beside = `${to}.new`;
  const out = disk.open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  const { inode } = disk.facts(out);
  let done = 0;
  let settled = false;
  return {
    done: () => done,
    upTo: (fd, size) => {
      if (done >= size) return;
      while (done < size) {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - done));
        const got = disk.read(fd, chunk, done);
        if (got === 0) throw new Error(`the file ended at byte ${done}, expected ${size}`);
        writeAll(disk, out, chunk.subarray(0, got), done);
        done += got;
      }
      disk.fdatasync(out);
    },
    settle: (size) => {
      if (done !== size || disk.facts(out).size !== size || disk.lookup(beside)?.inode !== inode)
        throw new Error(`${beside} is not the copy that was written: something else touched it`);
      disk.rename(beside, to);
      settled = true;
      disk.syncDirectory(dirname(to));
    },
    close: () => {
      try {
        disk.close(out);
        if (!settled) disk.remove(beside);
      } catch {
        // The next copy begins by cutting it.
      }
    },
  };
}

/** Copies the first `size` bytes of an open file to a new private one, durably. Throws what the disk throws. */
export function copyOut(fd: number, size: number, to: string, disk: Disk): void {
  const copy = beginCopy(to, disk);
  try {
    copy.upTo(fd, size);
    copy.settle(size);
  } finally {
    copy.close();
  }
}

/** Tells whether a file holds exactly the bytes of an open one. Throws what the disk throws. */
export function holdsTheSame(path: string, fd: number, disk: Disk): boolean {
  const other = disk.open(path, constants.O_RDONLY, 0);
  try {
    const { size } = disk.facts(fd);
    if (disk.facts(other).size !== size) return false;
    const [a, b] = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)];
    for (let done = 0; done < size; ) {
      const got = disk.read(fd, a, done);
      if (got === 0 || disk.read(other, b.subarray(0, got), done) !== got) return false;
      if (Buffer.compare(a.subarray(0, got), b.subarray(0, got)) !== 0) return false;
      done += got;
    }
    return true;
  } finally {
    disk.close(other);
  }
}

/** The few file operations that durable state needs, synchronous, as an interface so that a test can make one fail. */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** What an lstat or fstat tells; `mode` is the permission bits alone. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly size: number;
  readonly inode: number;
  readonly mode: number;
  readonly ownerUid: number;
  readonly links: number;
  /** When its content was written last, by the disk's clock; touching it is writing. */
  readonly modifiedMs: number;
}

/** All calls throw what node:fs throws; nothing else in the durable state touches a disk. */
export interface Disk {
  /** Flags are node:fs constants; a link at the path is refused (ELOOP), before anything is made or cut. */
  readonly open: (path: string, flags: number, mode: number) => number;
  /** Writes at the end of an O_APPEND file, else at `position`; returns how many bytes went. */
  readonly write: (fd: number, bytes: Uint8Array, position: number | null) => number;
  readonly fdatasync: (fd: number) => void;
  readonly truncate: (fd: number, size: number) => void;
  /** Reads into the whole of `into`; returns how many bytes came, 0 at the end. */
  readonly read: (fd: number, into: Uint8Array, position: number) => number;
  readonly facts: (fd: number) => FileFacts;
  /** Null when there is nothing at the path; links are not followed. */
  readonly lookup: (path: string) => FileFacts | null;
  readonly close: (fd: number) => void;
  readonly rename: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  /** Names of what is in a directory, in no order. */
  readonly list: (path: string) => readonly string[];
  readonly makeDirectory: (path: string, mode: number) => void;
  /** Makes creations and renames inside a directory durable. */
  readonly syncDirectory: (path: string) => void;
  /** Bytes that this user may still write on a directory's file system. */
  readonly freeBytes: (directory: string) => number;
}

/** This machine's disk. */
export const realDisk: Disk = {
  open: (path, flags, mode) => {
    // Deno resolves a path that it holds against scoped permissions, and O_NOFOLLOW never sees the link.
    refuseLink(path);
    const fd = openSync(path, flags | constants.O_NOFOLLOW, mode);
    try {
      refuseLink(path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  },
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  fdatasync: fdatasyncSync,
  truncate: ftruncateSync,
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  facts: (fd) => factsOf(fstatSync(fd)),
  lookup: (path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? null : factsOf(stats);
  },
  close: closeSync,
  rename: renameSync,
  remove: unlinkSync,
  list: (path) => readdirSync(path),
  makeDirectory: (path, mode) => {
    mkdirSync(path, { recursive: true, mode });
  },
  syncDirectory: (path) => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  freeBytes: (directory) => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  },
};

function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw Object.assign(new Error(`ELOOP: ${path} is a symbolic link, expected a real file`), {
    code: 'ELOOP',
  });
}

function factsOf(stats: ReturnType<typeof fstatSync>): FileFacts {
  return {
    kind: stats.isSymbolicLink()
      ? 'link'
      : stats.isDirectory()
        ? 'directory'
        : stats.isFile()
          ? 'file'
          : 'other',
    size: Number(stats.size),
    inode: Number(stats.ino),
    mode: Number(stats.mode) & 0o7777,
    ownerUid: Number(stats.uid),
    links: Number(stats.nlink),
    modifiedMs: Number(stats.mtimeMs),
  };
}

/** Who may touch our files: checks of owner, mode and links, private directories, whole-file writes that survive a crash. */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, realDisk } from './disk.ts';

/** What a check of one path says; `why` is one line for people. */
export type FileCheck =
  | { readonly kind: 'ok' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly why: string };

/** Checks that a path is a regular file of this user that nobody else can read or write, and no link of any kind. */
export function checkPrivateFile(path: string, disk: Disk = realDisk): FileCheck {
  const facts = disk.lookup(path);
  if (facts === null) return { kind: 'missing' };
  if (facts.kind !== 'file') return refused(`${path} is a ${facts.kind}, expected a regular file`);
  if (facts.links !== 1) return refused(`${path} has ${facts.links} hard links, expected 1`);
  if (!ownedByUs(facts.ownerUid)) return refused(`${path} belongs to uid ${facts.ownerUid}, expected ours`);
  if ((facts.mode & 0o077) !== 0) return refused(`${path} has mode ${octal(facts.mode)}, expected 0600`);
  return { kind: 'ok' };
}

/** Checks that a path is a directory of this user (or root) into which nobody else can write, and no link. */
export function checkOwnDirectory(path: string, disk: Disk = realDisk): FileCheck {
  const facts = disk.lookup(path);
  if (facts === null) return { kind: 'missing' };
  if (facts.kind !== 'directory') return refused(`${path} is a ${facts.kind}, expected a directory`);
  if (!ownedByUs(facts.ownerUid) && facts.ownerUid !== 0)
    return refused(`${path} belongs to uid ${facts.ownerUid}, expected ours`);
  if ((facts.mode & 0o022) !== 0)
    return refused(`${path} has mode ${octal(facts.mode)}: others can write into it`);
  return { kind: 'ok' };
}

/** Says what would make a refused file or directory acceptable, as a command where there is one. */
export function repairOf(path: string, disk: Disk = realDisk): string {
  const facts = disk.lookup(path);
  const uid = process.getuid?.() ?? 0;
  if (facts === null || facts.kind === 'link' || facts.kind === 'other')
    return `put the real file in its place`;
  if (!ownedByUs(facts.ownerUid)) return `chown ${uid} '${path}'`;
  if (facts.kind === 'file' && facts.links !== 1)
    return `remove its other names (find / -inum ${facts.inode})`;
  return `chmod ${facts.kind === 'directory' ? '700' : '600'} '${path}'`;
}

/** Makes a directory with mode 0700 when it isn't there, then checks it. Throws what the disk throws. */
export function ensurePrivateDirectory(path: string, disk: Disk = realDisk): FileCheck {
  if (disk.lookup(path) === null) {
    disk.makeDirectory(path, 0o700);
    syncParent(path, disk);
  }
  return checkOwnDirectory(path, disk);
}

/** The parent may be out of our permissions; an empty directory that a power cut takes away loses nothing. */
function syncParent(path: string, disk: Disk): void {
  try {
    disk.syncDirectory(dirname(path));
  } catch {
    // What is put into the directory later is synced by whoever puts it there.
  }
}

/** Replaces a private file at once and durably (write beside it, fdatasync, rename). Throws what the disk throws. */
export function replaceFile(path: string, content: string | Uint8Array, disk: Disk = realDisk): void {
  const beside = `${path}.new`;
  const fd = disk.open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    writeAll(disk, fd, typeof content === 'string' ? new TextEncoder().encode(content) : content, 0);
    disk.fdatasync(fd);
  } finally {
    disk.close(fd);
  }
  disk.rename(beside, path);
}

/** Writes every byte, going on after a short write; `position` null appends. Throws when the disk takes nothing. */
export function writeAll(disk: Disk, fd: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; ) {
    const wrote = disk.write(fd, bytes.subarray(done), position === null ? null : position + done);
    if (wrote <= 0) throw new Error('the disk took no bytes');
    done += wrote;
  }
}

/** Reads a private file of at most `maxBytes`; null when it isn't there. Throws when it is refused or too long. */
export function readPrivateFile(path: string, maxBytes: number, disk: Disk = realDisk): string | null {
  const check = checkPrivateFile(path, disk);
  if (check.kind === 'missing') return null;
  if (check.kind === 'refused') throw new Error(check.why);
  const fd = disk.open(path, constants.O_RDONLY, 0);
  try {
    const into = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < into.length; length += got)
      got = disk.read(fd, into.subarray(length), length);
    if (length > maxBytes) throw new Error(`${path} is longer than ${maxBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(into.subarray(0, length));
  } finally {
    disk.close(fd);
  }
}

/** Says what went wrong in one line, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ownedByUs(uid: number): boolean {
  return process.getuid === undefined || process.getuid() === uid;
}

function refused(why: string): FileCheck {
  return { kind: 'refused', why };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

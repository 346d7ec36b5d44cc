/** The file STOP in a state directory: a stop for whoever can write a file there and reach nothing else. */
import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Disk, realDisk } from './disk.ts';
import { escapeText } from './escape.ts';
import { describeError, ensurePrivateDirectory, writeAll } from './files.ts';
import type { StopOrder } from './latch.ts';

/** Tells whether a stop is asked for: anything at the path counts, a directory or a dead link too, and so does not being able to look. */
export function stopFilePresent(stateDir: string, disk: Disk = realDisk): boolean {
  return stopFileMark(stateDir, disk) !== null;
}

/**
 * Tells one such stop from the next: null without one, else what changes when somebody makes, writes or touches it again, who
 * then wants to stop as much as the first did.
 */
export function stopFileMark(stateDir: string, disk: Disk = realDisk): string | null {
  try {
    const facts = disk.lookup(stopFilePath(stateDir));
    return facts === null ? null : `${facts.inode} ${facts.size} ${facts.modifiedMs}`;
  } catch {
    return 'not to be looked at';
  }
}

/**
 * Leaves a stop for whoever runs there and for the next start, durably; a file that is there is written anew, because a
 * daemon may have obeyed it already and this stop is newer. Says why it could not.
 */
export function leaveStopFile(
  stateDir: string,
  order: StopOrder,
  disk: Disk = realDisk,
): { readonly ok: true } | { readonly ok: false; readonly why: string } {
  const path = stopFilePath(stateDir);
  try {
    const directory = ensurePrivateDirectory(stateDir, disk);
    if (directory.kind === 'refused') return { ok: false, why: directory.why };
    const found = disk.lookup(path);
    if (found !== null && found.kind !== 'file') return { ok: true };
    writeStop(path, order, disk);
    disk.syncDirectory(stateDir);
    return { ok: true };
  } catch (error) {
    return { ok: false, why: describeError(error) };
  }
}

function writeStop(path: string, { atMs, by, reason }: StopOrder, disk: Disk): void {
  const fd = disk.open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const text = JSON.stringify({ at_ms: atMs, by: escapeText(by), reason: escapeText(reason) });
    const bytes = new TextEncoder().encode(`${text}\n`);
    writeAll(disk, fd, bytes, 0);
    disk.truncate(fd, bytes.length);
    disk.fdatasync(fd);
  } finally {
    disk.close(fd);
  }
}

/** Takes the file away once its stop is durably latched or cleared by name; true when it is gone for good. */
export function removeStopFile(stateDir: string, disk: Disk = realDisk): boolean {
  const path = stopFilePath(stateDir);
  try {
    if (disk.lookup(path) !== null) disk.remove(path);
    disk.syncDirectory(dirname(path));
    return true;
  } catch {
    return false;
  }
}

function stopFilePath(stateDir: string): string {
  return join(stateDir, 'STOP');
}

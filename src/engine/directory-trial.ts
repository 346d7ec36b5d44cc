/** Finds out whether a directory takes a write and syncs it, the way the journal would, and leaves nothing behind. */
import { constants, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Disk, realDisk } from './disk.ts';
import { checkOwnDirectory, describeError } from './files.ts';

/**
 * Writes and syncs a file of its own and takes it away again; a directory that isn't there is made for that and removed.
 * `measure` looks at the directory while it is there. Says what failed otherwise; never throws.
 */
export function tryDirectory<T>(
  directory: string,
  measure: (directory: string) => T,
  disk: Disk = realDisk,
): { readonly ok: true; readonly measured: T } | { readonly ok: false; readonly why: string } {
  const made: string[] = [];
  try {
    const check = checkOwnDirectory(directory, disk);
    if (check.kind === 'refused') return { ok: false, why: check.why };
    if (check.kind === 'missing') {
      made.push(...missingAt(directory, disk));
      disk.makeDirectory(directory, 0o700);
    }
    writeTrial(join(directory, `.doctor-${process.pid}`), disk);
    disk.syncDirectory(directory);
    return { ok: true, measured: measure(directory) };
  } catch (error) {
    return { ok: false, why: describeError(error) };
  } finally {
    for (const path of made) removeEmpty(path);
  }
}

function writeTrial(path: string, disk: Disk): void {
  const fd = disk.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    disk.write(fd, new TextEncoder().encode('doctor\n'), 0);
    disk.fdatasync(fd);
  } finally {
    disk.close(fd);
    disk.remove(path);
  }
}

/** The directory and those above it that aren't there, the lowest first; what can't be looked at is there. */
function missingAt(directory: string, disk: Disk): readonly string[] {
  const missing: string[] = [];
  for (let path = directory; isMissing(path, disk) && dirname(path) !== path; path = dirname(path))
    missing.push(path);
  return missing;
}

function isMissing(path: string, disk: Disk): boolean {
  try {
    return disk.lookup(path) === null;
  } catch {
    return false;
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else uses it by now, or it was never made.
  }
}

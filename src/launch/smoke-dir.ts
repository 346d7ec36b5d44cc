import { join } from 'node:path';

/** What `stat` tells about a directory that may hold the sandbox; null when there is none. */
type IsDirectory = (path: string) => boolean;

/** The longest parent below which the sandbox's sockets still have an address (see `socketPathLimit`). */
const longestParent = 57;

/**
 * Names a fresh directory for `smoke` and `sim`, and null for other verbs; `suffix` is 12 random characters.
 *
 * It is below TMPDIR, or below /tmp when TMPDIR is unset or nothing that a flag and a socket's address can carry.
 */
export function freshSmokeDir(
  verb: string,
  tmpdir: string | undefined,
  suffix: string,
  isDirectory: IsDirectory,
): string | null {
  if (verb !== 'smoke' && verb !== 'sim') return null;
  return join(usable(tmpdir, isDirectory) ? tmpdir : '/tmp', `grinder-smoke-${suffix}`);
}

function usable(tmpdir: string | undefined, isDirectory: IsDirectory): tmpdir is string {
  if (tmpdir === undefined || !tmpdir.startsWith('/') || /[,\p{Cc}]/u.test(tmpdir)) return false;
  return Buffer.byteLength(tmpdir) <= longestParent && isDirectory(tmpdir);
}

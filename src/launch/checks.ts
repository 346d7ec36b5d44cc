import { dirname } from 'node:path';
import type { Places } from './places.ts';

/** What `lstat` tells about one path: the link itself, not what it leads to. */
export type Inode = {
  readonly isSymbolicLink: boolean;
  readonly isDirectory: boolean;
  readonly uid: number;
  /** Permission bits, such as 0o700. */
  readonly mode: number;
};

/** The longest path a unix socket's address holds on Linux, in bytes (sun_path less its closing zero). */
export const socketPathLimit = 107;

/**
 * Finds the first place that must not be used and says what is wrong and what helps; null when all are fine.
 *
 * Permissions are granted by path and Deno follows a link out of a granted path, so a link at a granted place would
 * widen them. `lstat` gives null for a path that doesn't exist, which is fine: the program creates it.
 */
export function findUnsafePlace(
  places: Places,
  uid: number,
  lstat: (path: string) => Inode | null,
): string | null {
  if (!usesPlaces.has(places.verb)) return null;
  return longSocket(places) ?? linkedPlace(places, lstat) ?? exposedRuntimeDir(places.runtimeDir, uid, lstat);
}

/** Two names of one file, as a problem of the configuration. */
export type SharedFile = { readonly key: string; readonly value: string; readonly expected: string };

/**
 * Lists the files of a configuration that are one file under two names.
 *
 * A log that runs into the audit breaks its chain, and the evidence with it; so does an expected state that is written there.
 */
export function sharedFiles({ auditPath, logPath, expectedPath }: Places): readonly SharedFile[] {
  const files = [
    ['audit.path', auditPath],
    ['the reserve of audit.path', `${auditPath}.reserve`],
    ['log.path', logPath],
    ['expected_state.path', expectedPath],
  ] as const;
  return files.flatMap(([key, value], index) =>
    files
      .slice(index + 1)
      .filter((other) => other[1] === value && value !== null)
      .map(([other]) => ({ key: `${other}, ${key}`, value: value ?? '', expected: 'a file for each' })),
  );
}

const usesPlaces: ReadonlySet<string> = new Set(['run', 'doctor', 'smoke', 'sim']);

function longSocket(places: Places): string | null {
  const long = [places.socketPath, places.feedPath].find((path) => Buffer.byteLength(path) > socketPathLimit);
  if (long === undefined) return null;
  return `the control socket's path has ${Buffer.byteLength(long)} bytes and a unix socket's may have ${socketPathLimit}: ${long}. Name a shorter one with XDG_RUNTIME_DIR or control.socket.`;
}

function linkedPlace(places: Places, lstat: (path: string) => Inode | null): string | null {
  const written = [
    places.stateDir,
    dirname(places.auditPath),
    places.auditPath,
    dirname(places.logPath),
    places.logPath,
    places.accountsBase,
  ];
  const linked = written.find((path) => lstat(path)?.isSymbolicLink === true);
  if (linked === undefined) return null;
  return `${linked} is a symbolic link, and permissions are granted by path. Name the real place in the configuration.`;
}

/** /tmp is everybody's: whoever made the directory first could take the socket's place. */
function exposedRuntimeDir(dir: string, uid: number, lstat: (path: string) => Inode | null): string | null {
  const inode = lstat(dir);
  if (inode === null) return null;
  const advice = 'Remove it, or name another directory with XDG_RUNTIME_DIR.';
  if (inode.isSymbolicLink || !inode.isDirectory) return `${dir} is not a real directory. ${advice}`;
  if (inode.uid !== uid) return `${dir} belongs to user ${inode.uid}, expected ${uid}. ${advice}`;
  if ((inode.mode & 0o022) !== 0) return `others can write to ${dir}. ${advice}`;
  return null;
}

/** One executing process per account: whoever takes the account's lock file, and for as long as its name shows that file. */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Disk, realDisk } from './disk.ts';
import { type ExclusiveFile, lookWhetherTaken, takeExclusively } from './exclusive-file.ts';
import {
  checkPrivateFile,
  describeError,
  ensurePrivateDirectory,
  readPrivateFile,
  replaceFile,
} from './files.ts';

/** Who holds an account, as told to whoever comes second. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Wall time. */
  readonly sinceMs: number;
  /** Control socket's path; empty for what is no daemon. */
  readonly socket: string;
  /** Which daemon it is, for a stop that finds it by nothing else; absent in what an earlier program wrote. */
  readonly daemon?:
    | {
        readonly environment: string;
        readonly stateDir: string;
        readonly configPath: string | null;
      }
    | undefined;
}

/** Held, or who holds it (for people) and where its control socket is, as far as it said so. */
export type LockResult =
  | {
      readonly held: true;
      /** Looks at the disk: false once the file was replaced or removed or the transaction is gone. */
      readonly stillHeld: () => boolean;
      readonly release: () => void;
    }
  | {
      readonly held: false;
      readonly why: string;
      /** True when another process has it (temporary), false when the file can't be used. */
      readonly busy: boolean;
      /** As far as it said who it is. */
      readonly holder: LockHolder | null;
    };

/** What a lock asks of the machine, in one place, so that a simulation can be the machine. */
export interface LockMachine {
  readonly disk: Disk;
  readonly take: (path: string) => ExclusiveFile;
  /** Waits so many milliseconds, and its thread with it. */
  readonly pause: (ms: number) => void;
}

/** This machine. */
export const thisLockMachine: LockMachine = {
  disk: realDisk,
  take: takeExclusively,
  pause: (ms) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
};

/** Takes the lock at once, or says who has it after waiting at most 2 s for that one to tell; never throws. */
export function acquireLock(
  path: string,
  self: LockHolder,
  machine: LockMachine = thisLockMachine,
): LockResult {
  const { disk } = machine;
  let file: ExclusiveFile | null = null;
  try {
    const refusal = prepare(path, disk);
    if (refusal !== null) return { held: false, why: refusal, busy: false, holder: null };
    file = machine.take(path);
    const inode = disk.lookup(path)?.inode;
    tellName(path, self, disk);
    return hold({ path, file, inode, disk });
  } catch (error) {
    file?.close();
    const busy = isTaken(describeError(error));
    const holder = busy ? awaitHolder(path, machine) : null;
    const who = holder === null ? 'an unknown process' : describe(holder);
    return {
      held: false,
      why: busy ? `the account is held by ${who}` : `lock ${path}: ${describeError(error)}`,
      busy,
      holder,
    };
  }
}

/**
 * Tells whether a process holds the account, and takes nothing: a shared look that lasts a moment, at a file that is never
 * made here. `why` when that can't be told.
 */
export function peekLock(
  path: string,
):
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly holder: LockHolder | null; readonly words: string }
  | { readonly kind: 'unknown'; readonly why: string } {
  try {
    const file = checkPrivateFile(path);
    if (file.kind === 'missing') return { kind: 'free' };
    if (file.kind === 'refused') return { kind: 'unknown', why: file.why };
    lookWhetherTaken(path);
    return { kind: 'free' };
  } catch (error) {
    const why = describeError(error);
    if (!isTaken(why)) return { kind: 'unknown', why };
    const holder = readHolder(path);
    return { kind: 'held', holder, words: holder === null ? 'an unknown process' : describe(holder) };
  }
}

/** Reads who says to hold an account; the word of a process that may be dead. Null when nobody said so. */
export function readHolder(path: string, disk: Disk = realDisk): LockHolder | null {
  try {
    return holderSchema.parse(
      JSON.parse(readPrivateFile(holderPath(path), MAX_HOLDER_BYTES, disk) ?? 'null'),
    );
  } catch {
    return null;
  }
}

const MAX_HOLDER_BYTES = 32_768;
const TELLING_MS = 2000;
const LOOK_MS = 100;

/**
 * Whoever has just won writes its name a moment later; until then there is none, or that of one that died. Looks twice,
 * and longer while there is no name.
 */
function awaitHolder(path: string, { disk, pause }: LockMachine): LockHolder | null {
  for (let waitedMs = 0; waitedMs < TELLING_MS; waitedMs += LOOK_MS) {
    pause(LOOK_MS);
    const holder = waitedMs === 0 ? null : readHolder(path, disk);
    if (holder !== null) return holder;
  }
  return null;
}

/** SQLite's own words; a path may hold one of them too. */
function isTaken(why: string): boolean {
  return /database (table )?is locked/i.test(why);
}

const holderSchema = z.object({
  pid: z.number().int(),
  host: z.string(),
  sinceMs: z.number(),
  socket: z.string(),
  daemon: z
    .object({ environment: z.string(), stateDir: z.string(), configPath: z.string().nullable() })
    .optional(),
});

function hold({
  path,
  file,
  inode,
  disk,
}: {
  readonly path: string;
  readonly file: ExclusiveFile;
  readonly inode: number | undefined;
  readonly disk: Disk;
}): LockResult {
  let released = false;
  const stillHeld = (): boolean => {
    if (released || inode === undefined) return false;
    try {
      return file.isHeld() && disk.lookup(path)?.inode === inode;
    } catch {
      return false;
    }
  };
  return {
    held: true,
    stillHeld,
    release: () => {
      if (released) return;
      // Of a lock that was lost the name is by now that of whoever has the account.
      const isOwnName = stillHeld();
      released = true;
      try {
        if (isOwnName) disk.remove(holderPath(path));
      } catch {
        // Only a word for people; the lock itself goes with the file.
      }
      file.close();
    },
  };
}

/** Makes the file with mode 0600 before SQLite sees it; says why it won't do, or null. */
function prepare(path: string, disk: Disk): string | null {
  const directory = ensurePrivateDirectory(dirname(path), disk);
  if (directory.kind === 'refused') return directory.why;
  if (checkPrivateFile(path, disk).kind === 'missing') create(path, disk);
  const file = checkPrivateFile(path, disk);
  return file.kind === 'refused' ? file.why : null;
}

/** A word for people: a full disk refuses it and not the lock, and nobody is to be told the name of one that died. */
function tellName(path: string, self: LockHolder, disk: Disk): void {
  try {
    replaceFile(holderPath(path), `${JSON.stringify(self)}\n`, disk);
  } catch {
    try {
      disk.remove(holderPath(path));
    } catch {
      // There is none, or it stays: it says since when.
    }
  }
}

/** O_EXCL: only the one that makes the file ever opens and closes it outside SQLite, before anyone can hold it. */
function create(path: string, disk: Disk): void {
  try {
    disk.close(disk.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
    disk.syncDirectory(dirname(path));
  } catch (error) {
    if (disk.lookup(path) === null) throw error;
  }
}

function describe(holder: LockHolder): string {
  const since = new Date(holder.sinceMs).toISOString();
  return `process ${holder.pid} on ${holder.host} since ${since} (socket ${holder.socket})`;
}

function holderPath(path: string): string {
  return `${path}.holder.json`;
}

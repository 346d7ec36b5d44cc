/**
 * One executing process per account: an SQLite file held in BEGIN EXCLUSIVE for the life of the process. The kernel lets
 * go of it when the process dies, however it dies.
 *
 * Nothing but SQLite may open that file: closing any descriptor of it would drop the process's POSIX lock.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { realDisk } from './disk.ts';
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
  /** Control socket's path. */
  readonly socket: string;
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

/** Takes the lock at once, or says who has it after waiting at most 2 s for that one to tell; never throws. */
export function acquireLock(path: string, self: LockHolder): LockResult {
  let database: DatabaseSync | null = null;
  try {
    const refusal = prepare(path);
    if (refusal !== null) return { held: false, why: refusal, busy: false, holder: null };
    database = new DatabaseSync(path);
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    const inode = realDisk.lookup(path)?.inode;
    replaceFile(holderPath(path), `${JSON.stringify(self)}\n`);
    return hold(path, database, inode);
  } catch (error) {
    database?.close();
    // By SQLite's own words: a path may hold either word too.
    const busy = /database (table )?is locked/i.test(describeError(error));
    const holder = busy ? awaitHolder(path) : null;
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
  let database: DatabaseSync | null = null;
  try {
    const file = checkPrivateFile(path);
    if (file.kind === 'missing') return { kind: 'free' };
    if (file.kind === 'refused') return { kind: 'unknown', why: file.why };
    database = new DatabaseSync(path, { readOnly: true });
    database.exec('PRAGMA busy_timeout = 0');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return { kind: 'free' };
  } catch (error) {
    const why = describeError(error);
    if (!/database (table )?is locked/i.test(why)) return { kind: 'unknown', why };
    const holder = readHolder(path);
    return { kind: 'held', holder, words: holder === null ? 'an unknown process' : describe(holder) };
  } finally {
    database?.close();
  }
}

/** Reads who says to hold an account; the word of a process that may be dead. Null when nobody said so. */
export function readHolder(path: string): LockHolder | null {
  try {
    return holderSchema.parse(JSON.parse(readPrivateFile(holderPath(path), 4096) ?? 'null'));
  } catch {
    return null;
  }
}

const TELLING_MS = 2000;
const LOOK_MS = 100;

/**
 * Whoever has just won writes its name a moment later; until then there is none, or that of one that died. Looks twice,
 * and longer while there is no name.
 */
function awaitHolder(path: string): LockHolder | null {
  for (let waitedMs = 0; waitedMs < TELLING_MS; waitedMs += LOOK_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    const holder = waitedMs === 0 ? null : readHolder(path);
    if (holder !== null) return holder;
  }
  return null;
}

/** Keeps every held database reachable: one that is collected is closed, and its lock gone. */
const heldDatabases = new Set<DatabaseSync>();

const holderSchema = z.object({
  pid: z.number().int(),
  host: z.string(),
  sinceMs: z.number(),
  socket: z.string(),
});

function hold(path: string, database: DatabaseSync, inode: number | undefined): LockResult {
  let released = false;
  heldDatabases.add(database);
  const stillHeld = (): boolean => {
    if (released || inode === undefined) return false;
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      return database.isTransaction !== false && realDisk.lookup(path)?.inode === inode;
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
        if (isOwnName) realDisk.remove(holderPath(path));
      } catch {
        // Only a word for people; the lock itself goes with the database.
      }
      heldDatabases.delete(database);
      database.close();
    },
  };
}

/** Makes the file with mode 0600 before SQLite sees it; says why it won't do, or null. */
function prepare(path: string): string | null {
  const directory = ensurePrivateDirectory(dirname(path));
  if (directory.kind === 'refused') return directory.why;
  if (checkPrivateFile(path).kind === 'missing') create(path);
  const file = checkPrivateFile(path);
  return file.kind === 'refused' ? file.why : null;
}

/** O_EXCL: only the one that makes the file ever opens and closes it outside SQLite, before anyone can hold it. */
function create(path: string): void {
  try {
    realDisk.close(realDisk.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
    realDisk.syncDirectory(dirname(path));
  } catch (error) {
    if (realDisk.lookup(path) === null) throw error;
  }
}

function describe(holder: LockHolder): string {
  const since = new Date(holder.sinceMs).toISOString();
  return `process ${holder.pid} on ${holder.host} since ${since} (socket ${holder.socket})`;
}

function holderPath(path: string): string {
  return `${path}.holder.json`;
}

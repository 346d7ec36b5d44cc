/**
 * A file that one process holds for its life: an SQLite file in BEGIN EXCLUSIVE. The kernel lets go of it when the process
 * dies, however it dies.
 *
 * Nothing but SQLite may open that file: closing any descriptor of it would drop the process's POSIX lock.
 */
import { DatabaseSync } from 'node:sqlite';

/** A file that was taken. */
export interface ExclusiveFile {
  /** False once the transaction is gone; whether its name still shows this file is another question. Throws what SQLite throws. */
  readonly isHeld: () => boolean;
  readonly close: () => void;
}

/** Takes a file that is there, at once; throws SQLite's `database is locked` while somebody has it. */
export function takeExclusively(path: string): ExclusiveFile {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw error;
  }
  heldDatabases.add(database);
  return {
    isHeld: () => {
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      return database.isTransaction !== false;
    },
    close: () => {
      heldDatabases.delete(database);
      database.close();
    },
  };
}

/** Looks for a moment whether somebody has it, and takes nothing; throws as taking does. */
export function lookWhetherTaken(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  } finally {
    database.close();
  }
}

/** Keeps every held database reachable: one that is collected is closed, and its lock gone. */
const heldDatabases = new Set<DatabaseSync>();

/**
 * An append-only file that survives a full disk: a failed line is counted, the next one is tried again. It is bounded, since
 * the audit is mostly on the same disk; and whoever takes it away, as logrotate does, finds a new one in its place.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface LogFile {
  /** Appends one line; never throws. Gives the name that the file has now when that line filled it, else null. */
  readonly append: (line: string) => string | null;
  /** Lines that could not be written whole. */
  readonly lost: () => number;
  readonly close: () => void;
}

export interface LogFileOptions {
  /** Hears the first failure of each series. */
  readonly onProblem: (problem: string) => void;
  /** Any monotonic clock. */
  readonly monoMs: () => number;
  /** A file of this size (64 MiB) becomes `path.1`, the one before `path.2`, and so on to `path.4`. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 64 * 2 ** 20;
/** Files before the current one. */
const KEPT = 4;
/** So often it is looked whether the file is still where it was. */
const LOOK_EVERY_MS = 1000;

/** Opens at once, so that a bad place is known at the start. */
export function createLogFile(path: string, options: LogFileOptions): LogFile {
  const { maxBytes = MAX_BYTES, monoMs, onProblem } = options;
  let open: Open | null = null;
  let lookedMonoMs = monoMs();
  let lost = 0;
  let failing = false;
  let closed = false;
  // A line that broke off must not swallow the next one.
  let torn = false;
  let rotateAtBytes = maxBytes;

  const attempt = (what: () => void): boolean => {
    try {
      what();
      failing = false;
      return true;
    } catch (error) {
      if (!failing)
        onProblem(`the log ${path} can't be written: ${error instanceof Error ? error.message : ''}`);
      failing = true;
      return false;
    }
  };
  const opened = (): Open => {
    open ??= openAppending(path);
    return open;
  };
  const letGo = (): void => {
    const old = open;
    open = null;
    if (old !== null) attempt(() => closeSync(old.fd));
  };

  function look(): void {
    const now = monoMs();
    if (now - lookedMonoMs < LOOK_EVERY_MS) return;
    lookedMonoMs = now;
    if (open?.inode !== null && open?.inode !== inodeOf(path)) letGo();
  }

  function rotate(): string | null {
    if (open === null || open.inode === null || open.size < rotateAtBytes) return null;
    if (open.inode !== inodeOf(path)) {
      // Somebody else has moved it: what is there now may be a file that has just begun.
      letGo();
      return null;
    }
    // What can't be moved now is not tried again with every line.
    rotateAtBytes = open.size + maxBytes;
    if (!attempt(() => shift(path))) return null;
    rotateAtBytes = maxBytes;
    letGo();
    return `${path}.1`;
  }

  attempt(opened);
  return {
    append: (line) => {
      if (closed) return null;
      look();
      const whole = attempt(() => writeWhole(opened(), torn ? `\n${line}` : line));
      torn = !whole && open !== null;
      if (!whole) lost += 1;
      return whole ? rotate() : null;
    },
    lost: () => lost,
    close: () => {
      closed = true;
      letGo();
    },
  };
}

interface Open {
  readonly fd: number;
  /** Null for what is no regular file: a pipe is neither moved nor rotated. */
  readonly inode: number | null;
  size: number;
}

function openAppending(path: string): Open {
  const directory = dirname(path);
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new Error('it is a symbolic link; a real file was expected');
  }
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // A pipe or terminal whose reader stands still would hold this thread, and with it a stop.
  const fd = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const facts = fstatSync(fd);
  return { fd, inode: facts.isFile() ? facts.ino : null, size: facts.size };
}

/** Null when nothing is there, or nobody can tell. */
function inodeOf(path: string): number | null {
  try {
    return lstatSync(path).ino;
  } catch {
    return null;
  }
}

/** The oldest goes; from the oldest on, so that none is written over by a failure in between. */
function shift(path: string): void {
  for (let number = KEPT; number > 0; number -= 1) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    if (inodeOf(from) !== null) renameSync(from, `${path}.${number}`);
  }
}

function writeWhole(open: Open, line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length; ) {
    const count = writeSync(open.fd, bytes, written, bytes.length - written);
    written += count;
    open.size += count;
  }
}

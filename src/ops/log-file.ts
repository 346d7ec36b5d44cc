/** An append-only file that survives a full disk: a failed line is counted, the next one is tried again. */
import { closeSync, constants, lstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LogFile {
  /** Appends one line; never throws. */
  readonly append: (line: string) => void;
  /** Lines that could not be written whole. */
  readonly lost: () => number;
  readonly close: () => void;
}

/** Opens at once, so that a bad place is known at the start; `onProblem` hears the first failure of each series. */
export function createLogFile(path: string, onProblem: (problem: string) => void): LogFile {
  let fd: number | null = null;
  let lost = 0;
  let failing = false;
  let closed = false;
  // A line that broke off must not swallow the next one.
  let torn = false;

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
  const open = (): number => {
    fd ??= openAppending(path);
    return fd;
  };

  attempt(open);
  return {
    append: (line) => {
      if (closed) return;
      const whole = attempt(() => writeWhole(open(), torn ? `\n${line}` : line));
      torn = !whole && fd !== null;
      if (!whole) lost += 1;
    },
    lost: () => lost,
    close: () => {
      closed = true;
      const old = fd;
      fd = null;
      if (old !== null) attempt(() => closeSync(old));
    },
  };
}

function openAppending(path: string): number {
  const directory = dirname(path);
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new Error('it is a symbolic link; a real file was expected');
  }
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // A pipe or terminal whose reader stands still would hold this thread, and with it a stop.
  return openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
}

function writeWhole(fd: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written);
  }
}

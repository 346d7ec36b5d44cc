/** A pseudo-terminal that is read only when asked to, with an emulated screen that tells the instant text appears. */
import { dlopen, FFIType } from 'bun:ffi';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Terminal as Emulator } from '@xterm/headless';

/** A process on a terminal of 80x24. Times are of `performance.now()`. */
export interface Pty {
  readonly pid: number;
  readonly write: (bytes: string) => number;
  /** Resolves to the time at which the screen first matched; rejects with the screen after the limit. */
  readonly see: (what: RegExp, limitMs?: number) => Promise<number>;
  /** The same for what shall no longer be there. */
  readonly gone: (what: RegExp, limitMs?: number) => Promise<number>;
  readonly bytes: () => number;
  readonly close: () => Promise<void>;
}

const COLUMNS = 80;
const ROWS = 24;
const libc = dlopen('libc.so.6', {
  posix_openpt: { args: [FFIType.i32], returns: FFIType.i32 },
  grantpt: { args: [FFIType.i32], returns: FFIType.i32 },
  unlockpt: { args: [FFIType.i32], returns: FFIType.i32 },
  ptsname: { args: [FFIType.i32], returns: FFIType.cstring },
});

/** Starts a command; with `isRead: false` nothing it writes is ever taken from the terminal. */
export function openPty(
  command: readonly [string, ...string[]],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly isRead?: boolean;
  },
): Pty {
  const { env, cwd } = options;
  const screen = openScreen();
  const { terminal, write, close } = options.isRead === false ? unread() : read(screen.take);
  const child = Bun.spawn([...command], { ...terminal, env, cwd });
  return {
    pid: child.pid,
    write: (bytes) => {
      const at = performance.now();
      write(bytes);
      return at;
    },
    see: (what, limitMs) => screen.look(what, true, limitMs),
    gone: (what, limitMs) => screen.look(what, false, limitMs),
    bytes: screen.bytes,
    close: async () => {
      child.kill('SIGKILL');
      await child.exited;
      close();
    },
  };
}

function read(take: (bytes: Uint8Array) => void) {
  const terminal = new Bun.Terminal({ cols: COLUMNS, rows: ROWS, data: (_terminal, data) => take(data) });
  return {
    terminal: { terminal },
    write: (bytes: string): unknown => terminal.write(bytes),
    close: () => terminal.close(),
  };
}

/** A pair of our own: Bun's terminal always reads. A size of nothing counts as 80x24. */
function unread() {
  const { symbols } = libc;
  const master = symbols.posix_openpt(constants.O_RDWR | constants.O_NOCTTY);
  if (master < 0 || symbols.grantpt(master) !== 0 || symbols.unlockpt(master) !== 0)
    throw new Error('no pseudo-terminal to be had');
  const slave = openSync(String(symbols.ptsname(master)), constants.O_RDWR | constants.O_NOCTTY);
  return {
    terminal: { stdin: slave, stdout: slave, stderr: slave },
    write: (bytes: string): unknown => writeSync(master, bytes),
    close: () => {
      closeSync(slave);
      closeSync(master);
    },
  };
}

function openScreen() {
  const emulator = new Emulator({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const watchers = new Set<() => void>();
  let count = 0;
  const text = (): string =>
    Array.from({ length: ROWS }, (_, y) => {
      const { active } = emulator.buffer;
      return active.getLine(active.viewportY + y)?.translateToString(true) ?? '';
    }).join('\n');
  return {
    bytes: () => count,
    take: (chunk: Uint8Array): void => {
      count += chunk.length;
      emulator.write(chunk, () => {
        for (const watcher of watchers) watcher();
      });
    },
    look: (what: RegExp, isWanted: boolean, limitMs = 20_000): Promise<number> => {
      if (what.test(text()) === isWanted) return Promise.resolve(performance.now());
      return new Promise((done, fail) => {
        const over = setTimeout(() => {
          watchers.delete(check);
          fail(new Error(`waited in vain for ${isWanted ? '' : 'the end of '}${what} on:\n${text()}`));
        }, limitMs);
        const check = (): void => {
          if (what.test(text()) !== isWanted) return;
          clearTimeout(over);
          watchers.delete(check);
          done(performance.now());
        };
        watchers.add(check);
      });
    },
  };
}

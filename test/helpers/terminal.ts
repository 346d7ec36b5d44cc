/** A pseudo-terminal with an emulated screen: what a person would see, not the bytes. */
import { resolve } from 'node:path';
import { Terminal as Emulator } from '@xterm/headless';

const root = resolve(import.meta.dirname, '..', '..');

export interface TestTerminal {
  readonly write: (bytes: string) => void;
  /** The visible rows, trailing blanks cut. */
  readonly screen: () => readonly string[];
  /** Polls until the screen contains the text or matches; throws with the screen after `timeoutMs`. */
  readonly see: (what: string | RegExp, timeoutMs?: number) => Promise<void>;
  /** Polls until it is gone. */
  readonly seeGone: (what: string | RegExp, timeoutMs?: number) => Promise<void>;
  readonly resize: (columns: number, rows: number) => void;
  /** True while the alternate screen is shown. */
  readonly isAlternate: () => boolean;
  /** Text attributes at the first occurrence of `text`; null when it is not on the screen. */
  readonly looks: (text: string) => Looks | null;
  /** Bytes that came so far. */
  readonly received: () => string;
  /** Hangs up: closes the master side. */
  readonly hangUp: () => void;
  readonly pid: number;
  readonly exited: Promise<number>;
  /** Ends the process if it still runs. */
  readonly close: () => Promise<void>;
}

export interface Looks {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  readonly coloured: boolean;
}

export interface TerminalSetting {
  readonly command: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a command on a fresh pseudo-terminal in the project's folder. */
export function openTerminal(setting: TerminalSetting): TestTerminal {
  const { columns, rows } = setting;
  const emulator = new Emulator({ cols: columns, rows, allowProposedApi: true });
  let raw = '';
  const pty = new Bun.Terminal({
    cols: columns,
    rows,
    data: (_terminal, data) => {
      raw += new TextDecoder().decode(data);
      emulator.write(data);
    },
  });
  const child = Bun.spawn([...setting.command], {
    terminal: pty,
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...setting.env },
  });
  const screen = (): readonly string[] => {
    const { active } = emulator.buffer;
    return Array.from({ length: emulator.rows }, (_, y) =>
      (active.getLine(active.viewportY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  const holds = (what: string | RegExp): boolean => {
    const text = screen().join('\n');
    return typeof what === 'string' ? text.includes(what) : what.test(text);
  };
  const poll = async (what: string | RegExp, isWanted: boolean, timeoutMs: number): Promise<void> => {
    const giveUpAt = performance.now() + timeoutMs;
    while (holds(what) !== isWanted) {
      if (performance.now() > giveUpAt) {
        throw new Error(
          `waited in vain for ${isWanted ? '' : 'the end of '}${what} on:\n${screen().join('\n')}`,
        );
      }
      await new Promise((done) => setTimeout(done, 15));
    }
  };
  return {
    write: (bytes) => {
      pty.write(bytes);
    },
    screen,
    see: (what, timeoutMs = 10_000) => poll(what, true, timeoutMs),
    seeGone: (what, timeoutMs = 10_000) => poll(what, false, timeoutMs),
    resize: (nextColumns, nextRows) => {
      emulator.resize(nextColumns, nextRows);
      pty.resize(nextColumns, nextRows);
      // The child has no controlling terminal that would tell it.
      child.kill('SIGWINCH');
    },
    isAlternate: () => emulator.buffer.active.type === 'alternate',
    looks: (text) => looksOf(emulator, screen(), text),
    received: () => raw,
    hangUp: () => pty.close(),
    pid: child.pid,
    exited: child.exited,
    close: async () => {
      child.kill('SIGKILL');
      await child.exited;
      pty.close();
      emulator.dispose();
    },
  };
}

function looksOf(emulator: Emulator, lines: readonly string[], text: string): Looks | null {
  const y = lines.findIndex((line) => line.includes(text));
  if (y < 0) return null;
  const { active } = emulator.buffer;
  const cell = active.getLine(active.viewportY + y)?.getCell((lines[y] ?? '').indexOf(text));
  if (cell === undefined) return null;
  return {
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    inverse: cell.isInverse() !== 0,
    coloured: !cell.isFgDefault(),
  };
}

/** The Bun that came with the project. */
export const bunPath = process.execPath;

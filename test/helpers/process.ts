/** A child process whose output is kept, so that a failing test can tell what it said. */
import { spawn } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** What it printed so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Null while it runs. */
  readonly exitCode: () => number | null;
  readonly ended: Promise<Ran>;
}

export interface LaunchSetting {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Another user to run it as; for root only. */
  readonly uid?: number;
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts a program with exactly this environment and nothing to read. A signal's end counts as 128 + its number. */
export function launch(command: readonly string[], setting: LaunchSetting): Running {
  const { uid } = setting;
  const asUser = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [file = '', ...args] = [...asUser, ...command];
  const child = spawn(file, args, {
    cwd: setting.cwd,
    env: { ...setting.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  let exitCode: number | null = null;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      exitCode = code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
      resolve({ code: exitCode, out, err });
    });
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => {
      child.kill(signal);
    },
    out: () => out,
    err: () => err,
    exitCode: () => exitCode,
    ended,
  };
}

/** What the system tells a terminal's process. */
import { writeSync } from 'node:fs';
import process from 'node:process';

export interface SignalHooks {
  readonly hangUp: () => void;
  /** After a stop and continue: the terminal's mode may be another one. */
  readonly onContinue: () => void;
  readonly onResize: () => void;
}

/** Listens to CONT, WINCH and what ends a program; returns how to end that. */
export function onSignals(hooks: SignalHooks): () => void {
  for (const signal of endings) process.on(signal, hooks.hangUp);
  process.on('SIGCONT', hooks.onContinue);
  process.on('SIGWINCH', hooks.onResize);
  return () => {
    for (const signal of endings) process.removeListener(signal, hooks.hangUp);
    process.removeListener('SIGCONT', hooks.onContinue);
    process.removeListener('SIGWINCH', hooks.onResize);
  };
}

/** Some of them end a program at once: with a handler the terminal is given back and an engine of its own ends in order. */
const endings = ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGALRM', 'SIGVTALRM', 'SIGXCPU'] as const;

const LEAVE = '\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[0m';

/** Leaves the alternate screen should the process end before the screen does; returns how to call that off. */
export function restoreAtExit(isTerminal: boolean): () => void {
  const restore = (): void => {
    try {
      writeSync(1, LEAVE);
    } catch {
      // The terminal is gone: nothing to restore.
    }
  };
  if (isTerminal) process.once('exit', restore);
  return () => {
    process.removeListener('exit', restore);
  };
}

/** The control thread of a terminal run: the whole daemon beside the terminal, so that a hung terminal can't hold it. */
import { parentPort } from 'node:worker_threads';
import type { Settings } from '../config/load.ts';
import type { Places } from '../launch/places.ts';
import { startDaemon } from './daemon.ts';
import { holdStop, onDaemonSignals } from './signals.ts';

/** What the thread is started with. */
export interface ControlThreadData {
  readonly role: 'control';
  readonly settings: Settings;
  readonly places: Places;
}

/** What it says: how the start went, and how it ended. */
export type ControlThreadMessage =
  /** Lock, latch, audit and metrics are there: what takes time now is threads, not refusals. */
  | { readonly type: 'prepared' }
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly exitCode: number; readonly problem: string }
  | { readonly type: 'ended'; readonly exitCode: number };

/** Runs a daemon until it ends; the parent is told. */
export async function runControlThread(data: ControlThreadData): Promise<void> {
  const post = (message: ControlThreadMessage): void => parentPort?.postMessage(message);
  const held = holdStop();
  const daemon = await startDaemon({
    settings: data.settings,
    places: data.places,
    ownedByTerminal: true,
    stderr: null,
    prepared: () => post({ type: 'prepared' }),
    ended: (exitCode) => post({ type: 'ended', exitCode }),
  });
  if (!daemon.ok) {
    const stopped = await held.leave(data.places.stateDir);
    post({ type: 'failed', exitCode: daemon.exitCode, problem: `${daemon.problem}${stopped}` });
    return;
  }
  onDaemonSignals(daemon, { hangUp: 'ignore' });
  held.handOver(daemon);
  // The terminal asks for the end by a message when it goes away.
  parentPort?.on('message', () => daemon.shutdown('the terminal that owned it'));
  post({ type: 'started' });
}

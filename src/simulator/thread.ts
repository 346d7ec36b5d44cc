/** The embedded simulator in a thread of its own, where its work can't delay the daemon's. */
import { parentPort } from 'node:worker_threads';
import { type SimulatorOptions, startSimulator } from './server.ts';

/** What the thread is started with. */
export interface SimulatorThreadData {
  readonly role: 'simulator';
  readonly options: SimulatorOptions;
}

/** What it says once: where it listens, or why it can't. */
export type SimulatorReady =
  | { readonly ok: true; readonly restUrl: string; readonly wsUrl: string }
  | { readonly ok: false; readonly problem: string };

/** Serves until terminated. */
export async function runSimulatorThread(data: SimulatorThreadData): Promise<void> {
  const post = (message: SimulatorReady): void => parentPort?.postMessage(message);
  try {
    const { restUrl, wsUrl } = await startSimulator(data.options);
    post({ ok: true, restUrl, wsUrl });
  } catch (error) {
    post({ ok: false, problem: error instanceof Error ? error.message : String(error) });
  }
}

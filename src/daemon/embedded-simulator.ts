/** The simulator inside the daemon: started in its own thread, with the demo trader that writes our feed. */
import type { Worker } from 'node:worker_threads';
import type { Account } from '../config/account.ts';
import type { Settings } from '../config/load.ts';
import { spawnThread } from '../exchange/spawn.ts';
import type { Places } from '../launch/places.ts';
import type { SimulatorReady, SimulatorThreadData } from '../simulator/thread.ts';

export interface EmbeddedSimulator {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly close: () => Promise<void>;
}

export type EmbeddedResult =
  | { readonly ok: true; readonly simulator: EmbeddedSimulator }
  | { readonly ok: false; readonly problem: string };

/** A symbol the trader leaves alone, so that an unexpected position can appear on it. */
const SPARE_SYMBOL = 'ETHUSDT';

/** Starts it and waits until it listens. */
export async function startEmbedded(
  settings: Settings,
  places: Places,
  account: Account,
): Promise<EmbeddedResult> {
  const { simulator, reconcile, identity } = settings;
  const symbols =
    reconcile.symbolWhitelist.length > 1
      ? reconcile.symbolWhitelist
      : [...reconcile.symbolWhitelist, SPARE_SYMBOL];
  const data: SimulatorThreadData = {
    role: 'simulator',
    options: {
      port: 0,
      seed: simulator.seed,
      apiKey: account.apiKey,
      apiSecret: account.apiSecret,
      ...(simulator.trader && places.expectedPath !== null
        ? {
            trader: {
              feedPath: places.expectedPath,
              symbols,
              strategy: identity.allowedStrategies[0] ?? '1',
              prefix: identity.prefix,
              strayEveryMs: simulator.strayEveryMs,
              positionEveryMs: simulator.positionEveryMs,
            },
          }
        : {}),
    },
  };
  const worker = spawnThread('simulator', data);
  const ready = await firstWord(worker);
  if (!ready.ok) {
    await worker.terminate();
    return { ok: false, problem: `the embedded simulator can't start: ${ready.problem}` };
  }
  const close = async () => {
    await worker.terminate();
  };
  return { ok: true, simulator: { restUrl: ready.restUrl, wsUrl: ready.wsUrl, close } };
}

/** Places a stray order in our identity on the embedded simulator; says why not, or null. */
export async function placeRealStray(
  restUrl: string | null,
  symbol: string | undefined,
): Promise<string | null> {
  if (restUrl === null || symbol === undefined)
    return 'refused: --real places an order on the embedded simulator only';
  try {
    const body = JSON.stringify({ symbol });
    const response = await fetch(`${restUrl}/sim/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.ok ? null : `the simulator refused it: ${(await response.text()).slice(0, 200)}`;
  } catch (error) {
    return `the simulator can't be reached: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function firstWord(worker: Worker): Promise<SimulatorReady> {
  return new Promise((resolve) => {
    worker.once('message', (message: SimulatorReady) => resolve(message));
    worker.once('error', (error: unknown) =>
      resolve({ ok: false, problem: error instanceof Error ? error.message : String(error) }),
    );
    worker.once('exit', () => resolve({ ok: false, problem: 'its thread ended' }));
  });
}

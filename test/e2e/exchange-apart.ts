/** An exchange in a process of its own, and a feed for it: both outlive the daemon under test, and know the truth. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Machine, waitFor } from '../helpers/daemon.ts';
import type { Running } from '../helpers/process.ts';
import type { ConfigChange } from '../helpers/quick-config.ts';
import { controlOf, type SimulatorControl } from '../helpers/simulator.ts';

/** The traded symbol, and the one on which the feed says 0. */
export const [TRADED, SPARE] = ['BTCUSDT', 'ETHUSDT'] as const;

export interface ExchangeApart extends Disposable {
  readonly control: SimulatorControl;
  readonly running: Running;
  /** What a daemon's configuration needs to use it: its limits are those of a real exchange. */
  readonly config: ConfigChange;
  /** The same, of the section that a test may want to add to. */
  readonly reconcile: Readonly<Record<string, unknown>>;
}

const HEARTBEAT_MS = 500;
/** Enough of ours that three strays and a position are no mass mismatch. */
const OWN_ORDERS = 24;

/** Starts the exchange with the machine's canary as its account's key, places orders that the feed knows, and keeps the feed alive. */
export async function startExchangeApart(machine: Machine): Promise<ExchangeApart> {
  const { keyFile, secretFile } = machine.canary;
  const flags = ['--api-key-file', keyFile, '--api-secret-file', secretFile];
  const running = machine.spawn(['sim', ...flags], { noConfig: true });
  const [rest, ws] = await waitFor('the exchange', () => {
    if (running.exitCode() !== null) throw new Error(`the simulator ended: ${running.err()}`);
    const match = /^rest (\S+)\nws (\S+)\n/.exec(running.out());
    return match === null ? null : ([match[1] ?? '', match[2] ?? ''] as const);
  });
  const control = controlOf(rest);
  const feed = join(machine.dir, 'feed/expected.jsonl');
  const heart = await startFeed(control, feed);
  const reconcile = {
    symbol_whitelist: [TRADED, SPARE],
    confirm_after_ms: 10_000,
    max_symbols_per_action: 2,
  };
  return {
    ...{ control, running, reconcile },
    config: {
      exchange: { endpoints: { rest, ws } },
      reconcile,
      expected_state: { path: feed, settle_ms: 60_000 },
      ceremony: { requested_stage: 3, dwell_ms: 600_000, auto_canary: false },
    },
    [Symbol.dispose]: () => clearInterval(heart),
  };
}

async function startFeed(control: SimulatorControl, path: string): Promise<NodeJS.Timeout> {
  const orders: object[] = [];
  const nowMs = Date.now();
  for (let level = 1; level <= OWN_ORDERS; level += 1) {
    const clientOrderId = `grinder_1_${TRADED}_${level}_${Math.floor(nowMs / 1000)}_${level}`;
    const terms = { side: 'BUY', price: String(40_000 + 10 * level), quantity: '0.010' };
    await control.placeOrder({ symbol: TRADED, clientOrderId, ...terms });
    orders.push({ client_order_id: clientOrderId, symbol: TRADED, ...terms });
  }
  mkdirSync(dirname(path), { mode: 0o700 });
  let seq = 0;
  const write = (body: object): void => {
    seq += 1;
    const line = { session_id: 'engine-1', seq, ts_ms: Date.now(), ...body };
    appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
  const positions = [TRADED, SPARE].map((symbol) => ({ symbol, amount: '0' }));
  const now = (): object => ({ applied_event_ms: Date.now() });
  write({ type: 'checkpoint', account: 'sim', environment: 'sim', orders, positions, ...now() });
  return setInterval(() => write({ type: 'heartbeat', ...now() }), HEARTBEAT_MS);
}

/** An exchange with more open orders than the simulator allows: a simulator behind a proxy that answers openOrders itself. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { startSimulator } from '../src/simulator/server.ts';
import type { Config, Sandbox } from './executable.ts';
import { accountOf } from './orders.ts';

/** A running exchange and the configuration of a daemon that reads it. */
export interface BigExchange {
  readonly config: Config;
  /** The simulator behind it, whose stream the daemon hears. */
  readonly simulatorUrl: string;
  /** From now on so many further orders are there that nobody expects. */
  readonly addUnexpected: (count: number) => void;
  readonly close: () => Promise<void>;
}

const HEARTBEAT_MS = 1000;

/** Starts the exchange, writes its keys, and keeps a feed in which each of its `orders` is expected. */
export async function startBigExchange(
  sandbox: Sandbox,
  name: string,
  options: { readonly orders: number; readonly changes?: Readonly<Record<string, string>> },
): Promise<BigExchange> {
  const simulator = await startSimulator({ port: 0, seed: 1, ...keysOf(name) });
  let rows = rowsOf(options.orders, 0);
  const proxy = createServer((request, response) => {
    const url = request.url ?? '/';
    if (url.startsWith('/fapi/v1/openOrders')) {
      // All of them are BTCUSDT's: a list that shows another symbol's orders is refused as a whole.
      const symbol = new URL(url, 'http://sim').searchParams.get('symbol') ?? 'BTCUSDT';
      const shown = symbol === 'BTCUSDT' ? rows : '[]';
      response.writeHead(200, { 'content-type': 'application/json' }).end(shown);
      return;
    }
    void forward(
      simulator.restUrl,
      request.method ?? 'GET',
      url,
      String(request.headers['x-mbx-apikey'] ?? ''),
    )
      .then(({ status, text }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(text),
      )
      .catch(() => response.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const address = proxy.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const config = await sandbox.config(
    name,
    keyFiles(sandbox, name, `http://127.0.0.1:${port}`, simulator.wsUrl, options.changes),
  );
  const stopFeed = writeFeed(config.feedPath, options.orders);
  return {
    config,
    simulatorUrl: simulator.restUrl,
    addUnexpected: (count) => {
      rows = rowsOf(options.orders, count);
    },
    close: async () => {
      stopFeed();
      proxy.closeAllConnections();
      proxy.close();
      await simulator.close();
    },
  };
}

/** A key of its own a name: the key is the account, and one account has one audit. */
export function keysOf(name: string): { readonly apiKey: string; readonly apiSecret: string } {
  return { apiKey: `bench-key-${name}`, apiSecret: `bench-secret-${name}` };
}

/** Key files and the lines of a configuration that reads an exchange elsewhere on loopback. */
export function keyFiles(
  sandbox: Sandbox,
  name: string,
  rest: string,
  ws: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const files = {
    key_file: join(sandbox.dir, `${name}.key`),
    secret_file: join(sandbox.dir, `${name}.secret`),
  };
  const { apiKey, apiSecret } = keysOf(name);
  writeFileSync(files.key_file, `${apiKey}\n`, { mode: 0o600 });
  writeFileSync(files.secret_file, `${apiSecret}\n`, { mode: 0o600 });
  return {
    endpoints: `{ rest: "${rest}", ws: "${ws}" }`,
    settle_ms: '60000',
    dwell_ms: '600000',
    ...files,
    ...more,
  };
}

function rowsOf(orders: number, unexpected: number): string {
  return JSON.stringify(accountOf(orders, unexpected).rows);
}

async function forward(restUrl: string, method: string, url: string, apiKey: string) {
  const response = await fetch(`${restUrl}${url}`, { method, headers: { 'X-MBX-APIKEY': apiKey } });
  return { status: response.status, text: await response.text() };
}

/** Writes a checkpoint with every order, then heartbeats; returns how to end them. */
function writeFeed(path: string, orders: number): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let seq = 0;
  const line = (record: object): void => {
    seq += 1;
    const text = JSON.stringify({ session_id: 'bench', seq, ts_ms: Date.now(), ...record });
    appendFileSync(path, `${text}\n`, { mode: 0o600 });
  };
  line({
    type: 'checkpoint',
    account: 'sim',
    environment: 'sim',
    orders: accountOf(orders, 0).feedOrders,
    positions: [],
    kill_switch: false,
    applied_event_ms: Date.now(),
  });
  const timer = setInterval(() => line({ type: 'heartbeat', applied_event_ms: Date.now() }), HEARTBEAT_MS);
  return () => clearInterval(timer);
}

/** A Binance USD-M look-alike on loopback: REST, user-data websocket, faults, and a demo trader when asked for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { freeOnceClosed } from '../engine/closed-socket.ts';
import { handleControl } from './control.ts';
import type { ControlDeps } from './control-orders.ts';
import { createFaults } from './faults.ts';
import { createLimits } from './limits.ts';
import { createModel } from './model.ts';
import { createRandom } from './random.ts';
import { createRequestLog } from './request-log.ts';
import { handleRest, type RestDeps } from './rest.ts';
import { createUserStream } from './stream.ts';
import { startTrader, type TraderOptions } from './trader.ts';
import { renderEvent } from './user-events.ts';

export type { TraderOptions } from './trader.ts';

/** What a simulator is started with. */
export interface SimulatorOptions {
  /** 0 picks a free one (default). */
  readonly port?: number;
  /** The same seed gives the same prices and the same trader. */
  readonly seed: number;
  /** The one account. */
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Separate LONG and SHORT positions; off by default. */
  readonly hedgeMode?: boolean;
  /** Absent: nobody trades. */
  readonly trader?: TraderOptions;
  /** Pace of the prices, 500 by default; 0 leaves them to POST /sim/step. */
  readonly priceStepMs?: number;
  /** The machine's clock, epoch ms. */
  readonly now?: () => number;
}

/** A running simulator. */
export interface Simulator {
  readonly port: number;
  /** http://127.0.0.1:port */
  readonly restUrl: string;
  /** ws://127.0.0.1:port */
  readonly wsUrl: string;
  /** Cuts every connection and frees the port; safe to call twice. */
  close(): Promise<void>;
}

const KEY_CHECK_MS = 1000;
const MAX_BODY_BYTES = 1_000_000;

/** Starts a simulator bound to 127.0.0.1. Rejects when the port is taken or the trader's feed can't be written. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const now = options.now ?? Date.now;
  let offsetMs = 0;
  const exchangeNow = (): number => now() + offsetMs;
  const model = createModel({ seed: options.seed, hedgeMode: options.hedgeMode ?? false });
  const faults = createFaults();
  const log = createRequestLog();
  const names = createNames(options.seed);
  const stream = createUserStream(names.listenKey);
  const pending = new Set<ReturnType<typeof setTimeout>>();
  const rest: RestDeps = {
    model,
    account: options,
    faults,
    limits: createLimits(),
    log,
    listenKeys: stream,
    nextClientId: names.clientId,
    clock: { now, exchangeNow },
    later(run, delayMs) {
      const timer = setTimeout(() => {
        pending.delete(timer);
        run();
      }, delayMs);
      pending.add(timer);
    },
  };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    // A client that leaves in the middle of its request, or sends no readable path, is cut off.
    serve(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    freeOnceClosed(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => stream.upgrade(request, socket, head));
  model.subscribe((event) => stream.push(renderEvent(event, model.view())));
  const port = await listen(server, options.port ?? 0);

  const trader = startTraderOr(() => server.close());
  const control: ControlDeps = {
    model,
    faults,
    log,
    stream,
    trader,
    exchangeNow,
    nextStray: names.stray,
    setClockOffset(value) {
      offsetMs = value;
    },
  };
  const stepMs = options.priceStepMs ?? 500;
  const timers = [
    stepMs > 0 ? setInterval(() => model.step(exchangeNow()), stepMs) : undefined,
    setInterval(() => stream.expire(exchangeNow()), KEY_CHECK_MS),
  ];

  function startTraderOr(onFailure: () => void) {
    if (options.trader === undefined) return undefined;
    try {
      return startTrader({ model, options: options.trader, seed: options.seed, now, exchangeNow });
    } catch (error) {
      onFailure();
      throw error;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === undefined) return void response.writeHead(413).end();
    const url = new URL(`http://127.0.0.1${request.url ?? '/'}`);
    if (!url.pathname.startsWith('/sim/')) return handleRest(rest, request, response, body);
    const reply = handleControl(control, request.method ?? 'GET', url, body);
    response.writeHead(reply.status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(reply.body));
  }

  return {
    port,
    restUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    close() {
      for (const timer of [...timers, ...pending]) clearTimeout(timer);
      trader?.close();
      stream.shutDown();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address: string | AddressInfo | null = server.address();
      if (address === null || typeof address === 'string') reject(new Error('expected a TCP address'));
      else resolve(address.port);
    });
  });
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function createNames(seed: number): {
  readonly listenKey: () => string;
  readonly clientId: () => string;
  readonly stray: () => number;
} {
  const random = createRandom(seed ^ 0x1157);
  let strays = 0;
  const letters = (length: number): string =>
    Array.from({ length }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
  return {
    listenKey: () => letters(64),
    clientId: () => `web_${letters(22)}`,
    stray: () => ++strays,
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

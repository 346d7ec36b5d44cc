/** /metrics, /healthz and /readyz over plain HTTP, for reading only. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { freeOnceClosed } from '../engine/closed-socket.ts';

/** An answer of a health question, with the sentence that is shown. */
export interface Health {
  readonly ok: boolean;
  readonly text: string;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly render: () => Promise<string>;
  readonly contentType: string;
  /** Is the engine alive. */
  readonly health: () => Health;
  /** Has the daemon started up. */
  readonly ready: () => Health;
}

export type MetricsServer =
  | { readonly ok: true; readonly port: number; readonly close: () => Promise<void> }
  | { readonly ok: false; readonly exitCode: 75 | 78; readonly problem: string };

const MAX_CONNECTIONS = 64;

/** Listens until closed; a busy port or an address that isn't ours is a problem in words with its exit code. */
export function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => void respond(options, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5000;
  server.on('clientError', (_error, socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  );
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    freeOnceClosed(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  return new Promise((resolve) => {
    server.on('error', (error) => resolve(refusal(options, error)));
    server.listen(options.port, options.host.replace(/^\[|\]$/g, ''), () => {
      const port = portOf(server.address());
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => closed());
          for (const socket of connections) socket.destroy();
        });
      resolve({ ok: true, port, close });
    });
  });
}

async function respond(
  options: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => response.destroy());
  request.resume();
  try {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, 'only GET and HEAD\n');
    } else if (path === '/metrics') {
      send(response, 200, await options.render(), options.contentType);
    } else if (path === '/healthz') {
      sendHealth(response, options.health());
    } else if (path === '/readyz') {
      sendHealth(response, options.ready());
    } else {
      send(response, 404, 'not found: /metrics, /healthz and /readyz are here\n');
    }
  } catch {
    send(response, 500, 'internal error\n');
  }
}

function sendHealth(response: ServerResponse, health: Health): void {
  send(response, health.ok ? 200 : 503, `${health.text}\n`);
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function refusal(options: MetricsServerOptions, error: Error): MetricsServer {
  const at = `${options.host}:${options.port}`;
  const code = 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') {
    const problem = `the metrics port ${at} is busy: another daemon or program listens there; stop it or set metrics.listen to a free one`;
    return { ok: false, exitCode: 75, problem };
  }
  return {
    ok: false,
    exitCode: 78,
    problem: `metrics can't be served at ${at} (metrics.listen): ${error.message}`,
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * `POST /v1/expected`: the trading engine's lines on a unix socket of their own, mode 0600 in a directory of mode 0700, so
 * that whoever feeds can do nothing else. A batch is taken in the turn in which it is complete; batches go one by one.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freeOnceClosed } from '../engine/closed-socket.ts';
import type { Taken } from '../engine/posted-feed.ts';
import { type Body, readBody } from './body.ts';
import { listenPrivately, prepareSocketPath } from './socket-file.ts';

/** The longest batch, in bytes. */
export const MAX_BATCH_BYTES = 8 * (1 << 20);

export interface FeedServerOptions {
  readonly socketPath: string;
  /** Applies one batch. */
  readonly take: (text: string) => Taken;
}

export type FeedServer =
  | { readonly ok: true; readonly close: () => Promise<void> }
  | { readonly ok: false; readonly problem: string };

const PATH = '/v1/expected';
const PATIENCE_MS = 10_000;
/** One engine needs one; each may hold a batch in memory. */
const MAX_CONNECTIONS = 8;

/** Serves until closed; every reason not to start is a problem in words. */
export async function startFeedServer(options: FeedServerOptions): Promise<FeedServer> {
  const { socketPath } = options;
  const problem = await prepareSocketPath(socketPath, 'feed');
  if (problem !== null) return { ok: false, problem };
  const server = createServer((request, response) => answer(options, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    freeOnceClosed(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  const failure = await listenPrivately(server, socketPath, 'feed');
  if (failure !== null) return { ok: false, problem: failure };
  return {
    ok: true,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function answer(options: FeedServerOptions, request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => response.destroy());
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path !== PATH) reply(response, 404, refused(`there is only ${PATH} here`));
  else if (request.method !== 'POST') reply(response, 405, refused(`${PATH} is sent with POST`));
  else readBody(request, PATIENCE_MS, (body) => take(options, body, response), MAX_BATCH_BYTES);
}

/** A body that did not come whole was not taken at all: sending it again is safe. */
function take(options: FeedServerOptions, body: Body, response: ServerResponse): void {
  switch (body.kind) {
    case 'too_large':
      reply(response, 413, refused(`the batch is over ${MAX_BATCH_BYTES} bytes: send it in parts`));
      break;
    case 'broken':
      reply(response, 400, refused(body.why));
      break;
    case 'text': {
      const { readable, applied, lastSeq, problem } = options.take(body.text);
      reply(response, readable ? 200 : 400, { ok: problem === null, applied, last_seq: lastSeq, problem });
      break;
    }
  }
}

interface FeedReply {
  readonly ok: boolean;
  readonly applied: number;
  readonly last_seq: number | null;
  readonly problem: string | null;
}

function refused(problem: string): FeedReply {
  return { ok: false, applied: 0, last_seq: null, problem };
}

function reply(response: ServerResponse, status: number, document: FeedReply): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify({ schema_version: 1, ...document });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    // What is left of a body that was refused is not read.
    ...(status === 200 ? {} : { connection: 'close' }),
  });
  response.end(text);
}

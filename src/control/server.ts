/**
 * The daemon's control socket: HTTP on a unix socket of mode 0600 in a directory of mode 0700.
 *
 * Whatever arrives gets a JSON answer and harms nothing. A stop is never refused: a broken body stops too, and it is
 * dispatched in the turn in which it is complete, while every other command waits for the next one.
 */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { freeOnceClosed } from '../engine/closed-socket.ts';
import type { ControlTarget } from './control.ts';
import { type ControlLog, rawRefusal, reportBug, route, type Surface } from './routes.ts';
import { listenPrivately, prepareSocketPath } from './socket-file.ts';
import { createStreamHub } from './stream-hub.ts';

export interface ControlServerOptions {
  readonly socketPath: string;
  readonly target: ControlTarget;
  readonly log: ControlLog;
  /** `stop`: only the stop and the status are there; everything is the default. */
  readonly surface?: Surface;
  /** The group that may connect too; absent or null: this user alone. */
  readonly gid?: number | null;
}

export type ControlServer =
  | { readonly ok: true; readonly close: () => Promise<void> }
  | { readonly ok: false; readonly problem: string };

/** Connections kept at most; the oldest makes room, so that a stop always gets in. */
const MAX_CONNECTIONS = 128;

/** Serves the target until closed; every reason not to start is a problem in words. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { surface = 'all', gid = null } = options;
  const whose = surface === 'stop' ? 'stop' : 'control';
  const problem = await prepareSocketPath(options.socketPath, whose);
  if (problem !== null) return { ok: false, problem };
  const hub = createStreamHub(options.target, (error) => reportBug(options.log, error));
  const context = { target: options.target, hub, log: options.log, surface };
  const server = createServer((request, response) => route(context, request, response));
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.on('clientError', (_error, socket) => socket.end(rawRefusal()));
  const connections = trackConnections(server);
  const failure = await listenPrivately(server, options.socketPath, whose, gid);
  if (failure !== null) {
    hub.close();
    return { ok: false, problem: failure };
  }
  server.on('error', (error) => reportBug(options.log, error));
  return {
    ok: true,
    close: () =>
      new Promise((resolve) => {
        hub.close();
        server.close(() => resolve());
        // Answers already written get out first.
        setTimeout(() => {
          for (const socket of connections) socket.destroy();
        }, 50);
      }),
  };
}

function trackConnections(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    freeOnceClosed(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    const [oldest] = connections;
    if (connections.size > MAX_CONNECTIONS) oldest?.destroy();
  });
  return connections;
}

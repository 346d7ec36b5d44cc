/** Counts the sockets that Deno still holds of so many that were opened and closed; run by closed-socket.test.ts. */
import { request } from 'node:http';
import { Socket } from 'node:net';
import { connectControl } from '../../src/control/client.ts';
import { startFeedServer } from '../../src/control/feed-server.ts';
import { startControlServer } from '../../src/control/server.ts';
import { freeOnceClosed } from '../../src/engine/closed-socket.ts';
import { startMetricsServer } from '../../src/ops/metrics-server.ts';

const [dir = ''] = process.argv.slice(2);
const EACH = 20;
const refs: WeakRef<Socket>[] = [];
const destroy = Socket.prototype._destroy;
Socket.prototype._destroy = function (this: Socket, ...rest: Parameters<typeof destroy>): void {
  refs.push(new WeakRef(this));
  Reflect.apply(destroy, this, rest);
};

const bug = (): never => {
  throw new Error('not asked for');
};
const control = await startControlServer({
  socketPath: `${dir}/control.sock`,
  target: { status: bug, plan: bug, subscribe: () => () => undefined, command: bug },
  log: () => undefined,
});
const feed = await startFeedServer({ socketPath: `${dir}/feed.sock`, take: bug });
const metrics = await startMetricsServer({
  host: '127.0.0.1',
  port: 0,
  render: async () => 'x',
  contentType: 'text/plain',
  health: () => ({ ok: true, text: '' }),
  ready: () => ({ ok: true, text: '' }),
});
if (!control.ok || !feed.ok || !metrics.ok) throw new Error(JSON.stringify([control, feed, metrics]));

/** By a client of Deno's own, so that only the server's sockets are counted. */
async function scrape(): Promise<void> {
  await (
    await fetch(`http://127.0.0.1:${metrics.ok ? metrics.port : 0}/metrics`, {
      headers: { connection: 'close' },
    })
  ).text();
}

function post(): Promise<void> {
  return new Promise((done) => {
    const sent = request({ socketPath: `${dir}/feed.sock`, path: '/', agent: false }, (reply) => {
      reply.resume().on('close', () => done());
    });
    sent.on('socket', freeOnceClosed);
    sent.on('error', () => done()).end();
  });
}

async function alive(what: () => Promise<unknown>): Promise<number> {
  refs.length = 0;
  for (let at = 0; at < EACH; at += 1) await what().catch(() => undefined);
  await new Promise((goOn) => setTimeout(goOn, 200));
  const gc: unknown = Reflect.get(globalThis, 'gc');
  for (let at = 0; at < 3; at += 1) if (typeof gc === 'function') gc();
  await new Promise((goOn) => setTimeout(goOn, 50));
  if (typeof gc === 'function') gc();
  return refs.length < EACH ? Number.NaN : refs.filter((ref) => ref.deref() !== undefined).length;
}

const client = connectControl(`${dir}/control.sock`);
const status = await alive(() => client.status());
const scrapes = await alive(scrape);
const posts = await alive(post);
console.log(JSON.stringify({ status, scrapes, posts }));
process.exit(0);

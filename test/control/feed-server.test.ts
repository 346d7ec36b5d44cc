import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { lstatSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type FeedServer, MAX_BATCH_BYTES, startFeedServer } from '../../src/control/feed-server.ts';
import { createPostedFeed } from '../../src/engine/posted-feed.ts';
import { identity, type Line, order, session, text, twoClocks } from '../engine/feed-lines.ts';
import { privateDir } from './fixture.ts';

let dir: ReturnType<typeof privateDir>;
let running: FeedServer[] = [];
beforeEach(() => {
  dir = privateDir();
});
afterEach(async () => {
  for (const server of running) if (server.ok) await server.close();
  running = [];
  dir.remove();
});

async function serve() {
  const clock = twoClocks();
  const feed = createPostedFeed({ identity, clock, settleMs: 60_000 });
  const socketPath = join(dir.path, 'f.sock');
  const server = await startFeedServer({ socketPath, take: feed.take });
  running.push(server);
  expect(server.ok).toBe(true);
  return { feed, clock, socketPath };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function send(
  socketPath: string,
  body: string | Buffer,
  { path = '/v1/expected', method = 'POST' } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method }, (response) => {
      let heard = '';
      response.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(heard) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
const told = (ok: boolean, applied: number, last_seq: number | null, problem: unknown) => ({
  schema_version: 1,
  ok,
  applied,
  last_seq,
  problem,
});
const post = (socketPath: string, ...lines: readonly Line[]) => send(socketPath, text(...lines));

describe('a batch of lines', () => {
  test('in which a number comes again and says something else applies nothing of that line, and says so', async () => {
    const { socketPath } = await serve();
    const s = session('a');
    const begun = [s.checkpoint(), s.order('o1')];
    expect(await post(socketPath, ...begun)).toMatchObject({ body: told(true, 2, 2, null) });
    const problem = 'seq 2 again, saying something else: two lines took one number';
    const other = { ...s.order('o2'), seq: 2 };
    expect(await post(socketPath, ...begun, other)).toMatchObject({ body: told(false, 0, 2, problem) });
  });

  test('is applied in order and told', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    expect(feed.problem()).toContain('posted nothing yet');
    const batch = [s.checkpoint(), s.order('o1'), s.position('0.5'), s.heartbeat({ applied_event_ms: 7 })];
    expect(await post(socketPath, ...batch)).toEqual({ status: 200, body: told(true, 4, 4, null) });
    const state = feed.state();
    expect([feed.problem(), state.fault, state.appliedEventMs]).toEqual([null, null, 7]);
    expect([...state.orders.keys()]).toEqual(['o1']);
    expect(state.positions.get('BTCUSDT/BOTH')?.amount).toBe('0.5');
  });

  test('sent again, as after a lost reply, changes nothing', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    const batch = [s.checkpoint(), s.order('o1')];
    await post(socketPath, ...batch);
    expect(await post(socketPath, ...batch)).toEqual({ status: 200, body: told(true, 0, 2, null) });
    expect(feed.state().fault).toBeNull();
  });

  test('after a gap is a fault, until a checkpoint', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    await post(socketPath, s.checkpoint());
    s.loseNumber();
    const gap = expect.stringContaining('gap');
    expect(await post(socketPath, s.order('o1'))).toEqual({ status: 200, body: told(false, 1, 3, gap) });
    expect(feed.state().fault).toContain('gap');
    expect(await post(socketPath, s.checkpoint())).toEqual({ status: 200, body: told(true, 1, 4, null) });
    expect(feed.state().fault).toBeNull();
  });

  test('of another account is a fault', async () => {
    const { feed, socketPath } = await serve();
    const reply = await post(socketPath, session('a').checkpoint({ account: 'other' }));
    expect(reply.body).toMatchObject({ ok: false, problem: expect.stringContaining('another account') });
    expect(feed.state().checkpoint).toBeNull();
  });

  test('to a daemon that has restarted asks for a checkpoint', async () => {
    const { socketPath } = await serve();
    const s = session('a');
    s.checkpoint();
    const reply = await post(socketPath, s.heartbeat());
    expect(reply.body).toEqual(told(false, 1, 2, 'a new session without a checkpoint'));
  });
});

describe('garbage', () => {
  test.each<[string, string | Buffer]>([
    ['text', 'hello\n'],
    ['a line that is not in the schema', '{"type":"order"}\n'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x0a])],
    ['half a line', '{"type":"heartbeat","session_id":"a"'],
  ])('%s is refused with 400 and spoils the picture', async (_what, body) => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    await post(socketPath, s.checkpoint());
    const reply = await send(socketPath, body);
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ schema_version: 1, ok: false, applied: 0, last_seq: 1 });
    expect(feed.state().fault).toContain("can't be read");
    expect(feed.poll()).toBe(true);
  });

  test('among good lines leaves those applied', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    const reply = await send(socketPath, `${text(s.checkpoint())}nonsense\n${text(s.order('o1'))}`);
    expect([reply.status, [...feed.state().orders.keys()]]).toEqual([400, ['o1']]);
    expect(reply.body).toMatchObject({ applied: 2 });
  });
});

describe('the door', () => {
  test('takes a batch of 8 MiB, and nothing of a longer one', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    const line = Buffer.from(text(s.checkpoint()));
    const full = Buffer.alloc(MAX_BATCH_BYTES, 0x20);
    line.copy(full);
    expect((await send(socketPath, full)).status).toBe(200);
    const over = Buffer.concat([Buffer.from(text(s.order('o1'))), full]);
    expect((await send(socketPath, over)).status).toBe(413);
    expect([feed.state().orders.size, feed.state().fault]).toEqual([0, null]);
  });

  test('knows one path and one method', async () => {
    const { feed, socketPath } = await serve();
    const line = text(session('a').checkpoint());
    expect((await send(socketPath, line, { path: '/v1/stop' })).status).toBe(404);
    expect((await send(socketPath, line, { method: 'PUT' })).status).toBe(405);
    expect(feed.problem()).not.toBeNull();
  });

  test('an empty batch says nothing', async () => {
    const { feed, socketPath } = await serve();
    expect((await send(socketPath, '\n \n')).body).toEqual(told(true, 0, 0, null));
    expect(feed.problem()).not.toBeNull();
  });

  test('is open to its owner alone, and to one daemon', async () => {
    const { socketPath } = await serve();
    expect(lstatSync(socketPath).mode & 0o777).toBe(0o600);
    const second = await startFeedServer({ socketPath, take: () => Promise.reject() as never });
    expect(second.ok).toBe(false);
  });

  test('says so when its path is too long for a socket', async () => {
    const server = await startFeedServer({
      socketPath: `${dir.path}/${'x'.repeat(120)}`,
      take: () => Promise.reject() as never,
    });
    expect(server).toEqual({ ok: false, problem: expect.stringContaining('the feed socket') });
  });
});

describe('a poll', () => {
  test('tells of everything but heartbeats, once', async () => {
    const { feed, socketPath } = await serve();
    const s = session('a');
    expect(feed.poll()).toBe(false);
    await post(socketPath, s.checkpoint({ orders: [order('o1')] }));
    expect([feed.poll(), feed.poll()]).toEqual([true, false]);
    await post(socketPath, s.heartbeat());
    expect(feed.poll()).toBe(false);
    await post(socketPath, s.end('o1'));
    expect(feed.poll()).toBe(true);
  });
});

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { connectControl, NoDaemonError, ProtocolError } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { type ControlServer, startControlServer } from '../../src/control/server.ts';
import { okReply, privateDir, recordingTarget, until } from './fixture.ts';

let dir: ReturnType<typeof privateDir>;
let socketPath: string;
const closers: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  dir = privateDir();
  socketPath = join(dir.path, 's.sock');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  dir.remove();
});

async function serve(recorder = recordingTarget()) {
  const server = await startControlServer({ socketPath, target: recorder.target, log: () => {} });
  if (!server.ok) throw new Error(server.problem);
  closers.push(server.close);
  return { recorder, server };
}

function client() {
  const made = connectControl(socketPath);
  closers.unshift(made.close);
  return made;
}

async function fakeDaemon(answer: string): Promise<Server> {
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  return server;
}

function watch(made: ReturnType<typeof connectControl>) {
  const seen: { statuses: StatusDocument[]; marks: string[] } = { statuses: [], marks: [] };
  const stream = made.stream({
    onStatus: (status) => void seen.statuses.push(status),
    onUp: () => void seen.marks.push('up'),
    onDown: () => void seen.marks.push('down'),
  });
  closers.unshift(() => stream.close());
  return seen;
}

test('without a daemon every call says so by its type', async () => {
  const made = client();
  await expect(made.status()).rejects.toBeInstanceOf(NoDaemonError);
  await expect(made.command('disarm', {})).rejects.toBeInstanceOf(NoDaemonError);
  await expect(made.sendStop({ operator: 'ann', reason: '' }).ack).rejects.toBeInstanceOf(NoDaemonError);
});

test('a daemon that died and left its socket is no daemon', async () => {
  const dead = Bun.spawn([
    process.execPath,
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await dead.exited;
  await expect(client().status()).rejects.toBeInstanceOf(NoDaemonError);
});

test('answers that are not the protocol are named as such', async () => {
  await fakeDaemon('{"schema_version":2}');
  await expect(client().status()).rejects.toThrow('another version of the protocol: schema_version');
  await expect(client().command('disarm', {})).rejects.toBeInstanceOf(ProtocolError);
});

test('a daemon that answers nothing is given up on in time', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  closers.push(() => server.closeAllConnections());
  await expect(client().command('disarm', {}, 50)).rejects.toThrow('no answer in 50 ms');
});

test('a command arrives with its defaults filled in and its reply comes back', async () => {
  const { recorder } = await serve();
  expect((await client().command('ack', { item: 'team_notified' })).message).toBe('did ack');
  expect(recorder.calls).toEqual([{ name: 'ack', body: { operator: 'unknown', item: 'team_notified' } }]);
});

test('a reply that says no is a reply', async () => {
  const { recorder } = await serve();
  recorder.answerWith(async () => ({ ...okReply('not earned'), ok: false, exit_code: 75 }));
  expect(await client().command('stage', { stage: 3 })).toMatchObject({ ok: false, exit_code: 75 });
});

test('the stop goes out on the connection held open, again and again', async () => {
  const { recorder } = await serve();
  const made = client();
  for (const reason of ['one', 'two', 'three']) {
    expect((await made.sendStop({ operator: 'ann', reason }).ack).ok).toBe(true);
  }
  expect(recorder.calls.map((call) => call.body)).toEqual([
    { operator: 'ann', reason: 'one' },
    { operator: 'ann', reason: 'two' },
    { operator: 'ann', reason: 'three' },
  ]);
});

test('the stop is written on the connection opened in advance, in the same turn', async () => {
  const heard: string[] = [];
  const server = createNetServer((socket) => {
    const index = heard.push('') - 1;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      heard[index] += chunk.toString();
      const body = JSON.stringify(okReply('latched'));
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  const made = client();
  await until('the connection in advance', () => heard.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { ack } = made.sendStop({ operator: 'ann', reason: 'now' });
  expect((await ack).message).toBe('latched');
  expect(heard[0]).toContain('POST /v1/stop');
  expect(heard[0]).toContain('"reason":"now"');
});

test('the stop reaches a daemon that was started again since', async () => {
  const first = await serve();
  const made = client();
  await made.status();
  await first.server.close();
  const second = await serve();
  expect((await made.sendStop({ operator: 'ann', reason: '' }).ack).ok).toBe(true);
  expect(second.recorder.calls.length).toBe(1);
});

test('the stream keeps coming without any change, and no faster than four a second with many', async () => {
  const { recorder } = await serve();
  const seen = watch(client());
  await until('two statuses', () => seen.statuses.length >= 2);
  const before = recorder.statusCalls();
  const ticks = 100;
  for (let index = 0; index < ticks; index += 1) {
    recorder.notify();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // 100 changes in about half a second: a handful of documents, far from one a change.
  expect(recorder.statusCalls() - before).toBeLessThan(ticks / 4);
  expect(recorder.statusCalls() - before).toBeGreaterThan(0);
  expect(seen.marks).toEqual(['up']);
});

test('the stream says once that the link is gone and comes back by itself', async () => {
  const { server } = await serve();
  const seen = watch(client());
  await until('up', () => seen.marks.includes('up'));
  await server.close();
  await until('down', () => seen.marks.includes('down'));
  await new Promise((resolve) => setTimeout(resolve, 400));
  await serve();
  await until('up again', () => seen.marks.length === 3);
  expect(seen.marks).toEqual(['up', 'down', 'up']);
});

test('a stream that carries something else is a broken link', async () => {
  await fakeDaemon('{"schema_version":1}\n');
  const seen = watch(client());
  await until('down', () => seen.marks.length > 0);
  expect(seen.marks).toEqual(['down']);
  expect(seen.statuses).toEqual([]);
});

test('a closed stream lets go of the daemon', async () => {
  const { server, recorder } = await serve();
  const made = client();
  const seen = watch(made);
  await until('a status', () => seen.statuses.length > 0);
  made.close();
  await server.close();
  expect(recorder.listeners()).toBe(0);
});

test('a reader that stops reading gets the newest status, never the backlog', async () => {
  const filler = 'x'.repeat(1_000_000);
  const recorder = recordingTarget((status) => ({ ...status, alarms: [filler] }));
  await serve(recorder);
  const slow = connect(socketPath, () => slow.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\n\r\n'));
  closers.unshift(() => void slow.destroy());
  slow.pause();
  await until('eight statuses made meanwhile', async () => {
    recorder.notify();
    const seen = recorder.statusCalls();
    return seen >= 8;
  });
  const newestWhileAsleep = recorder.statusCalls();
  let heard = '';
  slow.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  slow.resume();
  const seqs = () => [...heard.matchAll(/"schema_version":1,"seq":(\d+)/g)].map((match) => Number(match[1]));
  await until('the newest status', () => (seqs().at(-1) ?? 0) >= newestWhileAsleep);
  expect(seqs().filter((seq) => seq < newestWhileAsleep).length).toBeLessThan(3);
}, 15_000);

test('a status of ten thousand lines crosses in one piece', async () => {
  const events = Array.from({ length: 10_000 }, (_, seq) => ({
    seq,
    at_ms: seq,
    level: 'info' as const,
    text: `line ${seq} \u2028 with "quotes" and 漢字`,
    unacknowledged: false,
  }));
  await serve(recordingTarget((status) => ({ ...status, events })));
  const seen = watch(client());
  await until('the status', () => seen.statuses.length > 0);
  expect(seen.statuses[0]?.events.length).toBe(10_000);
  expect(seen.statuses[0]?.events[9999]?.text).toContain('漢字');
});

test('a server that closes ends its streams', async () => {
  const started: ControlServer = (await serve()).server;
  const seen = watch(client());
  await until('up', () => seen.marks.includes('up'));
  if (started.ok) await started.close();
  await until('down', () => seen.marks.includes('down'));
});

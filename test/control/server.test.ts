import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connectControl } from '../../src/control/client.ts';
import { type ControlServer, startControlServer } from '../../src/control/server.ts';
import { okReply, privateDir, recordingTarget, until } from './fixture.ts';

let dir: ReturnType<typeof privateDir>;
let running: ControlServer[] = [];
const logged: string[] = [];

beforeEach(() => {
  dir = privateDir();
});
afterEach(async () => {
  for (const server of running) if (server.ok) await server.close();
  running = [];
  dir.remove();
});

async function serve(target = recordingTarget().target, socketPath = join(dir.path, 's.sock')) {
  const server = await startControlServer({
    socketPath,
    target,
    log: (_level, event) => void logged.push(event),
  });
  running.push(server);
  return { server, socketPath };
}

/** Writes raw bytes and gathers what comes back until the other side closes or a reply is complete. */
function speak(socketPath: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(socketPath, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      const length = Number(/content-length: (\d+)/i.exec(heard)?.[1] ?? Number.NaN);
      if (heard.split('\r\n\r\n')[1]?.length === length) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(heard));
  });
}

function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test('the socket is closed to everybody else', async () => {
  const { socketPath } = await serve(undefined, join(dir.path, 'fresh', 's.sock'));
  expect(lstatSync(socketPath).mode & 0o777).toBe(0o600);
  expect(lstatSync(join(dir.path, 'fresh')).mode & 0o777).toBe(0o700);
});

test('a directory that others may enter, a link and a file are refused', async () => {
  mkdirSync(join(dir.path, 'open'));
  chmodSync(join(dir.path, 'open'), 0o755);
  symlinkSync(dir.path, join(dir.path, 'link'));
  writeFileSync(join(dir.path, 'file'), '');
  const problems = await Promise.all(
    ['open/s.sock', 'link/s.sock', 'file'].map((name) => serve(undefined, join(dir.path, name))),
  );
  const texts = problems.map(({ server }) => (server.ok ? 'ok' : server.problem));
  expect(texts[0]).toContain('has mode 755, expected 700');
  expect(texts[1]).toContain('symbolic link');
  expect(texts[2]).toContain('is no socket');
});

test('a path that no unix socket can have is a problem in words', async () => {
  const { server } = await serve(undefined, join(dir.path, `${'x'.repeat(120)}.sock`));
  expect(server.ok ? '' : server.problem).toContain('at most 107');
});

test('a second daemon on the same socket is told that one is running, and the first goes on', async () => {
  const { socketPath } = await serve();
  const { server } = await serve(undefined, socketPath);
  expect(server.ok ? '' : server.problem).toContain('already running');
  const client = connectControl(socketPath);
  expect((await client.status()).daemon.host).toBe('trd01');
  client.close();
});

test('a socket file that nobody serves is replaced', async () => {
  const socketPath = join(dir.path, 's.sock');
  const dead = Bun.spawn([
    process.execPath,
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await dead.exited;
  expect(lstatSync(socketPath).isSocket()).toBe(true);
  const { server } = await serve(undefined, socketPath);
  expect(server.ok).toBe(true);
});

test('F67 garbage: wrong methods, unknown paths and wrong contents get a JSON answer with exit code 64', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const requests = [
    '\x00\x01\x02 nonsense\r\n\r\n',
    'GET /v1/nothing HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET /v1/stop HTTP/1.1\r\nhost: x\r\n\r\n',
    'DELETE /v1/status HTTP/1.1\r\nhost: x\r\n\r\n',
    post('/v1/status', '{}'),
    post('/v1/stage', 'not json'),
    post('/v1/stage', '[1]'),
    post('/v1/stage', '{"stage":9}'),
    post('/v1/stage', '{"stage":4,"surprise":true}'),
    post('/v1/__proto__', '{}'),
    post('/v1/toString', '{}'),
    post('/v1/ack', JSON.stringify({ item: 'x'.repeat(70_000) })),
  ];
  for (const request of requests) {
    const heard = await speak(socketPath, request);
    expect(JSON.parse(heard.split('\r\n\r\n')[1] ?? '')).toMatchObject({ ok: false, exit_code: 64 });
  }
  expect(recorder.calls).toEqual([]);
  const client = connectControl(socketPath);
  expect((await client.status()).schema_version).toBe(1);
  client.close();
});

test('what can only lower is carried out whatever else its body says, and carries nothing along', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const operator = 'x'.repeat(65);
  for (const [path, body] of [
    ['/v1/disarm', JSON.stringify({ operator })],
    ['/v1/disarm', 'not json'],
    ['/v1/disarm', '{"operator":"ann","config_digest":"d"}'],
    ['/v1/stage', JSON.stringify({ stage: 0, operator })],
    ['/v1/stage', '{"stage":1,"operator":"","surprise":true}'],
    ['/v1/stage', '{"stage":3,"config_digest":7,"confirm":[]}'],
  ] as const)
    expect(await speak(socketPath, post(path, body))).toContain('"exit_code":0');
  const unknown = { operator: 'unknown' };
  expect(recorder.calls).toEqual([
    ...[1, 2, 3].map(() => ({ name: 'disarm' as const, body: unknown })),
    ...([0, 1, 3] as const).map((stage) => ({ name: 'stage' as const, body: { ...unknown, stage } })),
  ]);
});

test('F67 garbage: random bytes never end the server', async () => {
  const { socketPath } = await serve();
  await Promise.all(
    Array.from({ length: 40 }, (_, seed) => {
      const bytes = Buffer.from(
        Array.from({ length: 400 }, (_, index) => (index * 7919 + seed * 104_729) % 251),
      );
      const socket = connect(socketPath, () => socket.end(bytes));
      socket.on('error', () => socket.destroy());
      socket.resume();
      return new Promise((resolve) => socket.on('close', resolve));
    }),
  );
  const client = connectControl(socketPath);
  expect((await client.status()).schema_version).toBe(1);
  client.close();
});

test('a stop stops whatever its body is', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const bodies = ['', '{}', 'garbage', '[]', '{"operator":7}', '{"unknown_key":1}', 'x'.repeat(70_000)];
  for (const body of bodies) await speak(socketPath, post('/v1/stop', body));
  expect(recorder.calls.map((call) => call.name)).toEqual(bodies.map(() => 'stop'));
  expect(recorder.calls.every((call) => JSON.stringify(call.body).includes('"operator":"unknown"'))).toBe(
    true,
  );
});

test('a stop stops when its body is cut off and when it never comes', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const head = 'POST /v1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"oper';
  const cut = connect(socketPath, () => cut.end(head));
  await until('the cut-off stop', () => recorder.calls.length === 1);
  const silent = connect(socketPath, () => silent.write(head));
  await until('the silent stop', () => recorder.calls.length === 2);
  cut.destroy();
  silent.destroy();
});

test('a stop overtakes commands that arrived with it', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const sockets: Socket[] = [];
  const open = () =>
    new Promise<Socket>((resolve) => {
      const socket = connect(socketPath, () => resolve(socket));
      sockets.push(socket);
    });
  const [first, second] = [await open(), await open()];
  first.write(post('/v1/advance', '{}'));
  second.write(post('/v1/stop', '{"operator":"ann"}'));
  await until('both commands', () => recorder.calls.length === 2);
  for (const socket of sockets) socket.destroy();
  expect(recorder.calls[0]).toEqual({ name: 'stop', body: { operator: 'ann', reason: '' } });
});

test('a command that hangs holds up no stop', async () => {
  const recorder = recordingTarget();
  recorder.answerWith((call) =>
    call.name === 'advance' ? new Promise(() => {}) : Promise.resolve(okReply('latched')),
  );
  const { socketPath } = await serve(recorder.target);
  const client = connectControl(socketPath);
  client.command('advance', {}, 60_000).catch(() => {});
  await until('the hanging command', () => recorder.calls.length === 1);
  expect((await client.sendStop({ operator: 'ann', reason: '' }).ack).message).toBe('latched');
  client.close();
});

test('what the daemon throws becomes an answer and a line in the log', async () => {
  const recorder = recordingTarget(() => {
    throw new Error('a bug');
  });
  recorder.answerWith(() => {
    throw new Error('another');
  });
  const { socketPath } = await serve(recorder.target);
  const heard = await speak(socketPath, 'GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(heard).toContain('"exit_code":1');
  expect(await speak(socketPath, post('/v1/disarm', '{}'))).toContain('"exit_code":1');
  expect(logged).toContain('CONTROL_FAILED');
});

test('hundreds of idle connections keep no stop out', async () => {
  const recorder = recordingTarget();
  const { socketPath } = await serve(recorder.target);
  const idle = Array.from({ length: 300 }, () => connect(socketPath));
  for (const socket of idle) socket.on('error', () => socket.destroy());
  await until('a reply', async () => (await speak(socketPath, post('/v1/stop', '{}'))).includes('did stop'));
  for (const socket of idle) socket.destroy();
});

test('a socket whose owner does not answer counts as running', async () => {
  const socketPath = join(dir.path, 's.sock');
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(socketPath, resolve));
  const { server } = await serve(undefined, socketPath);
  expect(server.ok ? '' : server.problem).toContain('already running');
  await new Promise((resolve) => mute.close(resolve));
});

import { afterEach, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { type Health, type MetricsServer, startMetricsServer } from '../../src/ops/metrics-server.ts';

const running: MetricsServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) if (server.ok) await server.close();
});

async function serve(port = 0, health: Health = { ok: true, text: 'ok' }, render = async () => 'a 1\n') {
  const server = await startMetricsServer({
    host: '127.0.0.1',
    port,
    render,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    health: () => health,
    ready: () => ({ ok: true, text: 'ready' }),
  });
  running.push(server);
  return server;
}

async function get(server: MetricsServer, path: string, method = 'GET') {
  if (!server.ok) throw new Error(server.problem);
  return fetch(`http://127.0.0.1:${server.port}${path}`, { method });
}

test('metrics and health are served to GET and HEAD, and nothing else is', async () => {
  const server = await serve();
  expect(await (await get(server, '/metrics')).text()).toBe('a 1\n');
  expect((await get(server, '/metrics')).headers.get('content-type')).toContain('version=0.0.4');
  const head = await get(server, '/metrics', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await get(server, '/healthz')).status).toBe(200);
  expect((await get(server, '/readyz')).status).toBe(200);
  expect((await get(server, '/')).status).toBe(404);
  expect((await get(server, '/metrics', 'POST')).status).toBe(405);
});

test('an engine that is dead is 503', async () => {
  const answer = await get(await serve(0, { ok: false, text: 'engine silent for 90 s' }), '/healthz');
  expect([answer.status, await answer.text()]).toEqual([503, 'engine silent for 90 s\n']);
});

test('a busy port is a problem in words with the temporary exit code', async () => {
  const first = await serve();
  const second = await serve(first.ok ? first.port : 0);
  expect(second).toMatchObject({ ok: false, exitCode: 75 });
  expect(second.ok ? '' : second.problem).toContain('is busy');
});

test('an address of another machine is a problem of the configuration', async () => {
  const server = await startMetricsServer({
    host: '192.0.2.1',
    port: 0,
    render: async () => '',
    contentType: 'text/plain',
    health: () => ({ ok: true, text: '' }),
    ready: () => ({ ok: true, text: '' }),
  });
  expect(server).toMatchObject({ ok: false, exitCode: 78 });
});

test('a failing render and garbage cost one answer only', async () => {
  const server = await serve(0, undefined, async () => {
    throw new Error('a bug');
  });
  expect((await get(server, '/metrics')).status).toBe(500);
  const port = server.ok ? server.port : 0;
  await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('\x00\x01garbage\r\n\r\n'));
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.on('close', resolve);
  });
  expect((await get(server, '/healthz')).status).toBe(200);
});

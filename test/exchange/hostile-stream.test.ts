/** A websocket server that sends what no exchange should: after each, everything is read again and the stream lives on. */
import { expect, test } from 'bun:test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../helpers/simulator.ts';
import { startWorld } from './world.ts';

/** Answers probes, and hands its newest connection to the test. */
async function hostileServer() {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const state: { socket: WebSocket | null; connections: number } = { socket: null, connections: 0 };
  server.on('connection', (socket) => {
    state.socket = socket;
    state.connections += 1;
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as { readonly id: number };
      socket.send(JSON.stringify({ result: [], id }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', () => resolve()));
  const { port } = http.address() as AddressInfo;
  return {
    state,
    url: `ws://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.close();
    },
  };
}

const raw = (socket: WebSocket, bytes: readonly number[]): void => {
  const under: unknown = Reflect.get(socket, '_socket');
  if (typeof under !== 'object' || under === null || !('write' in under)) throw new Error('no raw socket');
  (under.write as (bytes: Buffer) => void).call(under, Buffer.from(bytes));
};

const ATTACKS: readonly (readonly [string, (socket: WebSocket) => void])[] = [
  ['bytes that are no text', (socket) => socket.send(Buffer.from([1, 2, 3, 255]))],
  ['a line of 20 MB', (socket) => socket.send(`{"e":"${'x'.repeat(20_000_000)}"}`)],
  ['brackets that nest without end', (socket) => socket.send('['.repeat(200_000))],
  ['text that is not UTF-8', (socket) => raw(socket, [0x81, 0x03, 0xff, 0xfe, 0xfd])],
  ['reserved bits', (socket) => raw(socket, [0xf1, 0x01, 0x61])],
  ['half a frame and then nothing', (socket) => raw(socket, [0x81, 0x7e, 0x10])],
  [
    'one message in 2000 parts',
    (socket) => {
      for (let part = 0; part < 2000; part += 1) socket.send('x', { fin: part === 1999 });
    },
  ],
  [
    'lists instead of events',
    (socket) => {
      for (let n = 0; n < 5000; n += 1) socket.send('[]');
    },
  ],
  ['a close with a long reason', (socket) => socket.close(1008, 'x'.repeat(100))],
  ['the expiry of another key', (socket) => socket.send('{"e":"listenKeyExpired","listenKey":"other"}')],
];

for (const [name, attack] of ATTACKS) {
  test(`F38 hostile bytes: ${name} leads to a full read and a stream that is up`, async () => {
    await using server = await hostileServer();
    await using world = await startWorld({
      options: { wsUrl: server.url },
      timing: { probeMs: 100, silenceMs: 1000 },
    });
    const { events } = world;
    const resyncs = () => events.filter((one) => one.type === 'account_changed' && one.symbols.length === 0);
    const ups = () => events.filter(({ type }) => type === 'stream_up').length;
    const downs = () => events.filter(({ type }) => type === 'stream_down').length;
    await until(() => resyncs().length === 1 && server.state.socket, 'a first connection and its read');
    if (server.state.socket !== null) attack(server.state.socket);
    await until(() => resyncs().length > 1, 'a call for a full read');
    await until(() => ups() === downs() + 1, 'a stream that is up');
    expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
    expect(server.state.connections).toBeLessThanOrEqual(2);
  });
}

/** The last moments before a request's bytes leave, and where they may go: over real sockets. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { systemClock } from '../../src/engine/clock.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import type { ExchangeEvent } from '../../src/exchange/exchange.ts';
import { createWriteGuard, guardReads } from '../../src/exchange/guard.ts';
import { createDestination } from '../../src/exchange/hosts.ts';
import { createPause } from '../../src/exchange/pause.ts';
import { createWeightMeter } from '../../src/exchange/rate-limit.ts';
import { sendOnce } from '../../src/exchange/send-once.ts';
import { createFetch, perform } from '../../src/exchange/transport.ts';
import { hashWire } from '../../src/exchange/wire.ts';
import { permitFor } from './world.ts';

const HOST = 'https://fapi.binance.com';
const BAN = { httpStatus: 418, retryAfter: '60', text: '' };
const arrived: string[] = [];
let connections = 0;
let elsewhere = 0;
let other: Server;
let server: Server;

beforeAll(async () => {
  other = await listen(
    createServer((_request, response) => {
      elsewhere += 1;
      response.end('{"ok":true}');
    }),
  );
  server = await listen(
    createServer((request, response) => {
      arrived.push(`${request.method} ${request.url}`);
      if (request.url?.startsWith('/fapi/v1/time') === true)
        response.writeHead(302, { Location: `${originOf(other)}/fapi/v1/time` }).end();
      else response.end('{"ok":true}');
    }),
  );
  server.on('connection', () => {
    connections += 1;
  });
});
afterAll(() => {
  for (const one of [server, other]) {
    one.closeAllConnections();
    one.close();
  }
});

function transport() {
  const interlock = createInterlock();
  interlock.clearLatch();
  interlock.allowWrites(true);
  const pause = createPause(systemClock, 0);
  const events: ExchangeEvent[] = [];
  const deps = {
    destination: createDestination('sim', originOf(server)),
    pause,
    meter: createWeightMeter(systemClock.monoMs),
    clock: systemClock,
    timeoutMs: 1000,
    emit: (event: ExchangeEvent) => {
      events.push(event);
    },
  };
  const write = () => {
    const hash = hashWire({
      method: 'DELETE',
      path: '/fapi/v1/order',
      params: { symbol: 'B', orderId: '1' },
    });
    const url = `${HOST}/fapi/v1/order?symbol=B&orderId=1&recvWindow=3000`;
    const writing = createFetch(deps, createWriteGuard(interlock, systemClock, new Set()));
    const cancel = {
      kind: 'cancel',
      symbol: 'B',
      orderId: '1',
      clientOrderId: 'a',
      conditional: false,
    } as const;
    return perform(() => writing(url, { method: 'DELETE' }), {
      write: cancel,
      permit: permitFor(interlock, hash),
    });
  };
  const read = () => perform(() => createFetch(deps, guardReads)(`${HOST}/fapi/v1/time`, { method: 'GET' }));
  return { pause, events, write, read };
}

test('a ban that begins while the connection is made keeps the write from leaving', async () => {
  const { pause, events, write } = transport();
  const before = arrived.length;
  const writing = write();
  pause.note(BAN);
  expect(await writing).toMatchObject({ kind: 'none', sent: false, why: expect.stringContaining('418 ban') });
  expect(arrived).toHaveLength(before);
  expect(events).toEqual([]);
});

test('during a ban not even a connection is made', async () => {
  const { pause, write, read } = transport();
  pause.note(BAN);
  const before = connections;
  for (const call of [write, read]) expect(await call()).toMatchObject({ kind: 'none', sent: false });
  expect(connections).toBe(before);
});

test('a read that is sent elsewhere does not follow', async () => {
  const { read } = transport();
  expect(await read()).toMatchObject({ kind: 'none', sent: true });
  expect(elsewhere).toBe(0);
});

for (const [how, bytes] of [
  ['a length', 'Content-Length: 100\r\n\r\n{"orderId":1}'],
  ['more bytes than any answer has', `Content-Length: 2000000\r\n\r\n${' '.repeat(2_000_000)}`],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\nd\r\n{"orderId":1}\r\n'],
] as const)
  test(`a reply in ${how} that breaks off or does not end is no reply, however whole it looks`, async () => {
    const broken = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${bytes}`));
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = broken.address() as AddressInfo;
    const sending = sendOnce(new URL(`http://127.0.0.1:${port}/fapi/v1/order`), {
      method: 'POST',
      headers: {},
      body: '',
      signal: new AbortController().signal,
      mayLeave: () => null,
    });
    await expect(sending).rejects.toThrow();
    broken.close();
  });

async function listen(made: Server): Promise<Server> {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', () => resolve()));
  return made;
}

function originOf(made: Server): string {
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

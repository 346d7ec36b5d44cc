import { afterAll, expect, test } from 'bun:test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/engine/clock.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { createWriteGuard, guardReads } from '../../src/exchange/guard.ts';
import { createDestination } from '../../src/exchange/hosts.ts';
import { createPause } from '../../src/exchange/pause.ts';
import { createWeightMeter } from '../../src/exchange/rate-limit.ts';
import { createFetch, type FetchInit, perform } from '../../src/exchange/transport.ts';
import { hashWire } from '../../src/exchange/wire.ts';
import { permitFor } from './world.ts';

const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  response.writeHead(200, { 'x-mbx-used-weight-1m': '12' }).end('{"ok":true}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const HOST = 'https://fapi.binance.com';

function transport() {
  const interlock = createInterlock();
  interlock.clearLatch();
  interlock.allowWrites(true);
  const deps = {
    destination: createDestination('sim', origin),
    pause: createPause(systemClock, 0),
    meter: createWeightMeter(systemClock.monoMs),
    clock: systemClock,
    timeoutMs: 1000,
    emit: () => undefined,
  };
  const writing = createFetch(deps, createWriteGuard(interlock, systemClock, new Set()));
  return { interlock, reading: createFetch(deps, guardReads), writing };
}

const READER_NEVER = [
  'POST /fapi/v1/order',
  'DELETE /fapi/v1/order',
  'DELETE /fapi/v1/algoOrder',
  'DELETE /fapi/v1/allOpenOrders',
  'POST /fapi/v1/batchOrders',
  'POST /fapi/v1/leverage',
  'POST /fapi/v1/countdownCancelAll',
  'POST /sapi/v1/capital/withdraw/apply',
  'PUT /fapi/v1/order',
  'DELETE /fapi/v1/listenKey',
  'PATCH /fapi/v1/time',
];

for (const request of READER_NEVER) {
  test(`${request} never leaves through the transport that reads`, async () => {
    const [method = '', path = ''] = request.split(' ');
    const before = seen.length;
    const reply = await perform(() => transport().reading(`${HOST}${path}`, { method }));
    expect(reply).toMatchObject({ kind: 'none', sent: false });
    expect(seen).toHaveLength(before);
  });
}

const WRITER_NEVER = [
  'GET /fapi/v1/order',
  'POST /fapi/v1/algoOrder',
  'PUT /fapi/v1/order',
  'DELETE /fapi/v1/allOpenOrders',
  'DELETE /fapi/v1/algoOpenOrders',
  'POST /fapi/v1/batchOrders',
  'POST /fapi/v1/order/../batchOrders',
  'POST /fapi/v1/listenKey',
  'POST /dapi/v1/order',
];

for (const request of WRITER_NEVER) {
  test(`${request} never leaves through the transport that writes, even with a permit`, async () => {
    const { interlock, writing } = transport();
    const [method = '', path = ''] = request.split(' ');
    const url = `${HOST}${path}?recvWindow=3000`;
    const hash = hashWire({ method, path: new URL(url).pathname, params: {} });
    const before = seen.length;
    const write = { write: cancel, permit: permitFor(interlock, hash) };
    expect(await perform(() => writing(url, { method }), write)).toMatchObject({ kind: 'none', sent: false });
    expect(seen).toHaveLength(before);
  });
}

const cancel = { kind: 'cancel', symbol: 'B', orderId: '1', clientOrderId: 'a', conditional: false } as const;
const path = '/fapi/v1/order';
const params = { symbol: 'B', orderId: '1' };
const hash = hashWire({ method: 'DELETE', path, params });

const QUERIES = [
  { name: 'as promised', query: 'symbol=B&orderId=1&recvWindow=3000&timestamp=9', leaves: true },
  { name: 'with another order id', query: 'symbol=B&orderId=2&recvWindow=3000', leaves: false },
  { name: 'with a parameter more', query: 'symbol=B&orderId=1&extra=1&recvWindow=3000', leaves: false },
  { name: 'with a parameter less', query: 'symbol=B&recvWindow=3000', leaves: false },
  { name: 'with a parameter twice', query: 'symbol=B&orderId=2&orderId=1&recvWindow=3000', leaves: false },
  { name: 'with a recvWindow above 3 s', query: 'symbol=B&orderId=1&recvWindow=3001', leaves: false },
  { name: 'without a recvWindow', query: 'symbol=B&orderId=1', leaves: false },
];

for (const { name, query, leaves } of QUERIES) {
  test(`what really is about to be sent is held against the intent: ${name}`, async () => {
    const { interlock, writing } = transport();
    const before = seen.length;
    const write = { write: cancel, permit: permitFor(interlock, hash) };
    const reply = await perform(() => writing(`${HOST}${path}?${query}`, { method: 'DELETE' }), write);
    expect(reply.kind).toBe(leaves ? 'reply' : 'none');
    expect(seen.length - before).toBe(leaves ? 1 : 0);
  });
}

test('a write without a permit does not leave', async () => {
  const before = seen.length;
  const url = `${HOST}${path}?symbol=B&orderId=1&recvWindow=3000`;
  const reply = await perform(() => transport().writing(url, { method: 'DELETE' }));
  expect(reply).toMatchObject({ kind: 'none', sent: false, why: 'no permit' });
  expect(seen).toHaveLength(before);
});

test('a library that sends the same write twice gets through once', async () => {
  const { interlock, writing } = transport();
  const before = seen.length;
  const url = `${HOST}${path}?symbol=B&orderId=1&recvWindow=3000`;
  const twice = async (init: FetchInit) => {
    await writing(url, init);
    await writing(url, init);
  };
  const write = { write: cancel, permit: permitFor(interlock, hash) };
  await perform(() => twice({ method: 'DELETE' }), write);
  expect(seen.length - before).toBe(1);
});

const ELSEWHERE = [
  'https://evil.example/fapi/v1/time',
  'http://fapi.binance.com/fapi/v1/time',
  'https://fapi.binance.com:444/fapi/v1/time',
  'https://dapi.binance.com/dapi/v1/time',
];

for (const url of ELSEWHERE) {
  test(`a call to ${url} does not leave`, async () => {
    const before = seen.length;
    const reply = await perform(() => transport().reading(url, { method: 'GET' }));
    expect(reply).toMatchObject({ kind: 'none', sent: false });
    expect(seen).toHaveLength(before);
  });
}

const ORIGINS = [
  ['sim', 'http://127.0.0.1:1', true],
  ['sim', null, false],
  ['sim', 'https://fapi.binance.com', false],
  ['sim', 'https://127.0.0.1.evil.example', false],
  ['testnet', 'https://demo-fapi.binance.com', true],
  ['testnet', 'https://fapi.binance.com', false],
  ['testnet', 'http://demo-fapi.binance.com', false],
  ['mainnet', null, true],
  ['mainnet', 'https://fapi.binance.com', true],
  ['mainnet', 'http://127.0.0.1:1', false],
  ['mainnet', 'https://demo-fapi.binance.com', false],
] as const;

for (const [environment, restUrl, allowed] of ORIGINS) {
  test(`${environment} at ${restUrl} is ${allowed ? 'allowed' : 'refused'}`, () => {
    const make = () => createDestination(environment, restUrl);
    if (allowed) expect(make).not.toThrow();
    else expect(make).toThrow();
  });
}

test('reads stop while room for writes is left', () => {
  let now = 0;
  const meter = createWeightMeter(() => now);
  expect(meter.note('2161')).toBe(2161);
  expect(meter.take('/fapi/v1/openOrders', {})).toContain('2161');
  expect(meter.take('/fapi/v1/openOrders', { symbol: 'B' })).toBeNull();
  now = 60_000;
  expect(meter.take('/fapi/v1/openOrders', {})).toBeNull();
});

import { afterAll, expect, test } from 'bun:test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendOnce } from '../../src/exchange/send-once.ts';

let seen = 0;
const server = createServer((_request, response) => {
  seen += 1;
  response.end('{}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const target = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/fapi/v1/order?a=1`);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const once = (mayLeave: () => string | null, signal = new AbortController().signal) => ({
  method: 'POST',
  headers: {},
  body: '',
  signal,
  mayLeave,
});

test('a stop while the connection is being made keeps the request from leaving', async () => {
  let stopped = false;
  let asked = 0;
  const before = seen;
  const sending = sendOnce(
    target,
    once(() => {
      asked += 1;
      return stopped ? 'stop latched' : null;
    }),
  );
  stopped = true;
  await expect(sending).rejects.toThrow('stop latched');
  expect(asked).toBe(1);
  expect(seen).toBe(before);
});

test('a request that may leave is sent once and asked about once', async () => {
  let asked = 0;
  const before = seen;
  const reply = await sendOnce(
    target,
    once(() => {
      asked += 1;
      return null;
    }),
  );
  expect(reply).toMatchObject({ status: 200, text: '{}' });
  expect([asked, seen - before]).toEqual([1, 1]);
});

test('an abort before the connection stands sends nothing', async () => {
  const abort = new AbortController();
  const before = seen;
  const sending = sendOnce(
    target,
    once(() => null, abort.signal),
  );
  abort.abort();
  await expect(sending).rejects.toThrow();
  expect(seen).toBe(before);
});

import { afterAll, expect, test } from 'bun:test';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
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

/** Of nobody's authority: made for this test, good for nothing else. */
const SELF_SIGNED = {
  key: [
    `-----BEGIN ${'PRIVATE'} KEY-----`,
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg43vBd5iAlU3oAylk',
    'fKOWTiFOFjsWpVnIle6pRv+Rku2hRANCAARtg+9sjV1L0fvSpJbI4SZCRFbOjmLE',
    'YvRlMP8NHL984rYGHv4ksWVAaijhKk7Y62Yq2Ut2aQ0pbSk2GYEaj6+d',
    `-----END ${'PRIVATE'} KEY-----`,
  ].join('\n'),
  cert: [
    '-----BEGIN CERTIFICATE-----',
    'MIIBmzCCAUGgAwIBAgIUfCr7ljGmwY2YL1NjQpXlXJnfZ3cwCgYIKoZIzj0EAwIw',
    'FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEyMzMwNVoYDzIxMjYxMDMw',
    'MTIzMzA1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
    'PQMBBwNCAARtg+9sjV1L0fvSpJbI4SZCRFbOjmLEYvRlMP8NHL984rYGHv4ksWVA',
    'aijhKk7Y62Yq2Ut2aQ0pbSk2GYEaj6+do28wbTAdBgNVHQ4EFgQUlD3qfyTkkkAQ',
    'VuvNlwkpnZ9+CnQwHwYDVR0jBBgwFoAUlD3qfyTkkkAQVuvNlwkpnZ9+CnQwDwYD',
    'VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI',
    'zj0EAwIDSAAwRQIhAL0cGbzZ37izwkdsqdQS7KrvVlaG5r3fiW7Bu6hmXCloAiBk',
    '2nFBDp1Vu3ESRX9pgkb69WtrIWve3CQ9a5MsukW51g==',
    '-----END CERTIFICATE-----',
  ].join('\n'),
};

test('a server that proves nothing gets no write, whatever the environment says of certificates', async () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  let received = 0;
  const secure = createTlsServer(SELF_SIGNED, (_request, response) => {
    received += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', () => resolve()));
  try {
    const url = new URL(`https://localhost:${(secure.address() as AddressInfo).port}/fapi/v1/order`);
    await expect(
      sendOnce(
        url,
        once(() => null),
      ),
    ).rejects.toThrow();
    expect(received).toBe(0);
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    secure.closeAllConnections();
    secure.close();
  }
});

import { expect, test } from 'bun:test';
import { sign, startTestSimulator, TEST_KEY } from '../helpers/simulator.ts';

const PATH = '/fapi/v1/openOrders';

test('a right signature is accepted', async () => {
  await using sim = await startTestSimulator();
  const reply = await sim.signed('GET', PATH);
  expect(reply).toMatchObject({ status: 200, body: [] });
});

test('a wrong secret is refused with -1022', async () => {
  await using sim = await startTestSimulator();
  const reply = await sim.signed('GET', PATH, {}, { apiSecret: 'another' });
  expect(reply).toMatchObject({ status: 400, body: { code: -1022 } });
});

test('a parameter changed after signing is refused with -1022', async () => {
  await using sim = await startTestSimulator();
  const query = sign({ symbol: 'BTCUSDT', timestamp: Date.now() }).replace('BTCUSDT', 'ETHUSDT');
  const reply = await sim.plain('GET', `${PATH}?${query}`, { 'X-MBX-APIKEY': TEST_KEY });
  expect(reply).toMatchObject({ status: 400, body: { code: -1022 } });
});

test('a missing key, a foreign key and a missing signature have their own codes', async () => {
  await using sim = await startTestSimulator();
  expect(await sim.plain('GET', PATH)).toMatchObject({ status: 401, body: { code: -2014 } });
  expect(await sim.signed('GET', PATH, {}, { apiKey: 'foreign' })).toMatchObject({
    status: 401,
    body: { code: -2015 },
  });
  const unsigned = await sim.plain('GET', `${PATH}?timestamp=${Date.now()}`, { 'X-MBX-APIKEY': TEST_KEY });
  expect(unsigned).toMatchObject({ status: 400, body: { code: -1102 } });
});

test.each([
  { what: 'as old as the window allows', offsetMs: -4000, code: undefined },
  { what: 'older than the window', offsetMs: -6000, code: -1021 },
  { what: 'a little ahead', offsetMs: 500, code: undefined },
  { what: 'over a second ahead', offsetMs: 3000, code: -1021 },
])('a timestamp $what is answered with $code', async ({ offsetMs, code }) => {
  await using sim = await startTestSimulator();
  const reply = await sim.signed('GET', PATH, { recvWindow: 5000 }, { timestamp: Date.now() + offsetMs });
  expect(Array.isArray(reply.body) ? undefined : reply.body['code']).toBe(code);
});

test('moving the exchange clock makes a right timestamp wrong', async () => {
  await using sim = await startTestSimulator();
  await sim.setClockOffset(60_000);
  expect(await sim.signed('GET', PATH)).toMatchObject({ status: 400, body: { code: -1021 } });
  await sim.setClockOffset(0);
  expect(await sim.signed('GET', PATH)).toMatchObject({ status: 200 });
});

test('an unknown path is answered with -5000 and the request log keeps neither key nor signature', async () => {
  await using sim = await startTestSimulator();
  expect(await sim.plain('GET', '/fapi/v1/nothing')).toMatchObject({ status: 404, body: { code: -5000 } });
  await sim.signed('GET', PATH, { symbol: 'BTCUSDT' });
  const text = JSON.stringify(await sim.log());
  expect(text).toContain('BTCUSDT');
  expect(text).not.toContain('signature');
  expect(text).not.toContain(TEST_KEY);
});

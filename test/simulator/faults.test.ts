import { expect, test } from 'bun:test';
import { request } from 'node:http';
import { sign, startTestSimulator, TEST_KEY, type TestSimulator, until } from '../helpers/simulator.ts';

const ORDER = '/fapi/v1/order';
const LIMIT = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: '40000',
  quantity: '0.002',
};
const WRITE = { method: 'POST', path: ORDER };

test.each([
  { kind: 'hang_before', executed: 0, ends: 'hang' },
  { kind: 'reset', executed: 0, ends: 'cut' },
  { kind: 'execute_then_drop', executed: 1, ends: 'cut' },
  { kind: 'execute_then_hang', executed: 1, ends: 'hang' },
  { kind: 'headers_then_hang', executed: 1, ends: 'hang' },
  { kind: 'headers_then_drop', executed: 1, ends: 'cut' },
])(
  '$kind: the write is executed $executed times and the reply ends in a $ends',
  async ({ kind, executed, ends }) => {
    await using sim = await startTestSimulator();
    await sim.fault({ kind, match: WRITE });
    const outcome = sendOnce(sim);
    await until(async () => (await sim.writes()).length === 1, 'the write');
    expect(await Promise.race([outcome, hangs(sim, kind)])).toBe(ends);
    expect((await sim.state()).orders).toHaveLength(executed);
    expect(await sim.writes()).toMatchObject([{ executed: executed === 1, fault: kind }]);
  },
);

test.each([
  { kind: 'truncated', body: /^\{"orderId":[^}]*$/ },
  { kind: 'html', body: /^<!DOCTYPE html>/ },
  { kind: 'empty', body: /^$/ },
  { kind: 'empty_object', body: /^\{\}$/ },
])('$kind: the write is executed and the 200 says nothing', async ({ kind, body }) => {
  await using sim = await startTestSimulator();
  await sim.fault({ kind, match: WRITE });
  expect(await sendOnce(sim)).toMatch(body);
  expect((await sim.state()).orders).toHaveLength(1);
});

test('a status fault answers as told and leaves the order alone unless it is to be executed', async () => {
  await using sim = await startTestSimulator();
  const unknown = { kind: 'status', match: WRITE, status: 503, code: -1006, msg: 'Unknown error' };
  await sim.fault({ ...unknown, headers: { 'Retry-After': '3' } });
  const first = await sim.signed('POST', ORDER, LIMIT);
  expect(first).toMatchObject({ status: 503, body: { code: -1006 } });
  expect(first.headers.get('retry-after')).toBe('3');
  expect((await sim.state()).orders).toHaveLength(0);
  await sim.fault({ ...unknown, executed: true });
  expect(await sim.signed('POST', ORDER, LIMIT)).toMatchObject({ status: 503 });
  expect((await sim.state()).orders).toHaveLength(1);
});

test('wrong_reply is about another symbol, partial_page loses half, patch replaces fields', async () => {
  await using sim = await startTestSimulator();
  await sim.fault({ kind: 'wrong_reply', match: WRITE });
  const wrong = await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'mine' });
  expect(wrong.body).toMatchObject({ symbol: 'LTCUSDT', clientOrderId: 'not_yours' });
  await sim.placeStray('BTCUSDT');
  await sim.fault({ kind: 'partial_page', match: { path: 'openOrders' } });
  expect((await sim.signed('GET', '/fapi/v1/openOrders')).body).toHaveLength(1);
  await sim.fault({ kind: 'patch', match: { path: 'openOrders' }, patch: { price: 'NaN' } });
  const patched = await sim.signed('GET', '/fapi/v1/openOrders');
  expect(patched.body.map((row) => row['price'])).toEqual(['NaN', 'NaN']);
});

test('stale shows the account as it was when the fault was set', async () => {
  await using sim = await startTestSimulator();
  await sim.fault({ kind: 'stale', match: { method: 'GET', path: ORDER } });
  await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'mine' });
  const query = { symbol: 'BTCUSDT', origClientOrderId: 'mine' };
  expect(await sim.signed('GET', ORDER, query)).toMatchObject({ status: 400, body: { code: -2013 } });
  expect(await sim.signed('GET', ORDER, query)).toMatchObject({ status: 200 });
});

test('delay executes at once and answers later; delay_before executes later', async () => {
  await using sim = await startTestSimulator();
  await sim.fault({ kind: 'delay', match: WRITE, delayMs: 300 });
  let answered = false;
  const late = sim.signed('POST', ORDER, LIMIT).then(() => {
    answered = true;
  });
  await until(async () => (await sim.state()).orders.length === 1, 'the order');
  expect(answered).toBe(false);
  await late;
  await sim.fault({ kind: 'delay_before', match: WRITE, delayMs: 300 });
  const second = sim.signed('POST', ORDER, LIMIT);
  await until(async () => (await sim.writes()).length === 2, 'the write');
  expect((await sim.state()).orders).toHaveLength(1);
  await second;
  expect((await sim.state()).orders).toHaveLength(2);
});

test('a fault hits only what it matches, after what it skips, as often as it is told', async () => {
  await using sim = await startTestSimulator();
  const match = { path: 'openOrders', symbol: 'BTCUSDT' };
  await sim.fault({ kind: 'status', status: 500, match, skip: 1, times: 2 });
  const statuses = [];
  for (let n = 0; n < 4; n++) {
    const reply = await sim
      .signed('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })
      .catch(() => undefined);
    statuses.push(reply?.status);
  }
  expect(statuses).toEqual([200, undefined, undefined, 200]);
  expect(await sim.signed('GET', '/fapi/v1/openOrders', { symbol: 'ETHUSDT' })).toMatchObject({
    status: 200,
  });
});

/** Sends one order without any client-side repeat, and tells how it ended. */
function sendOnce(sim: TestSimulator): Promise<string> {
  const { port } = sim.simulator;
  const body = sign({ ...LIMIT, timestamp: Date.now() });
  return new Promise((resolve) => {
    const headers = { 'X-MBX-APIKEY': TEST_KEY, 'Content-Type': 'application/x-www-form-urlencoded' };
    const sent = request(
      { port, host: '127.0.0.1', path: ORDER, method: 'POST', headers, agent: false },
      (reply) => {
        let text = '';
        reply.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        reply.on('end', () => resolve(reply.complete ? text : 'cut'));
        reply.on('error', () => resolve('cut'));
      },
    );
    sent.on('error', () => resolve('cut'));
    sent.end(body);
  });
}

/** Resolves to "hang" when the request was taken and nothing more came for a while. */
async function hangs(sim: TestSimulator, kind: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, kind.endsWith('drop') || kind === 'reset' ? 3000 : 200));
  return (await sim.writes()).length === 1 ? 'hang' : 'resent';
}

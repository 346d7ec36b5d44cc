import { expect, test } from 'bun:test';
import { createLimits } from '../../src/simulator/limits.ts';
import { startTestSimulator } from '../helpers/simulator.ts';

const AT = 1_800_000_000_000;

test('open orders of all symbols weigh 40, of one symbol 1, and the headers add up', async () => {
  await using sim = await startTestSimulator({ now: () => AT });
  const used = async (params: Readonly<Record<string, unknown>>) =>
    (await sim.signed('GET', '/fapi/v1/openOrders', params, { timestamp: AT })).headers.get(
      'x-mbx-used-weight-1m',
    );
  expect(await used({})).toBe('40');
  expect(await used({ symbol: 'BTCUSDT' })).toBe('41');
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.002' };
  const placed = await sim.signed('POST', '/fapi/v1/order', order, { timestamp: AT });
  expect(placed.headers.get('x-mbx-order-count-10s')).toBe('1');
  expect(placed.headers.get('x-mbx-order-count-1m')).toBe('1');
});

test('over the weight of a minute the answer is 429 with Retry-After', async () => {
  await using sim = await startTestSimulator({ now: () => AT + 15_000 });
  const dual = () => sim.signed('GET', '/fapi/v1/positionSide/dual', {}, { timestamp: AT + 15_000 });
  for (let n = 0; n < 80; n++) expect((await dual()).status).toBe(200);
  const refused = await dual();
  expect(refused).toMatchObject({ status: 429, body: { code: -1003 } });
  expect(refused.headers.get('retry-after')).toBe('45');
});

test('the weight limit holds to the last unit and starts anew with the next minute', () => {
  const limits = createLimits();
  expect(limits.charge({ weight: 2400, orders: 0 }, AT).refusal).toBeUndefined();
  expect(limits.charge({ weight: 1, orders: 0 }, AT).refusal?.status).toBe(429);
  expect(limits.charge({ weight: 1, orders: 0 }, AT + 60_000).refusal).toBeUndefined();
});

test('going on after 429 is answered with a ban that names its end', () => {
  const limits = createLimits();
  limits.charge({ weight: 2401, orders: 0 }, AT);
  const answers = Array.from({ length: 20 }, () => limits.charge({ weight: 1, orders: 0 }, AT));
  expect(answers.at(-1)).toMatchObject({ refusal: { status: 418 }, headers: { 'Retry-After': '120' } });
  expect(limits.charge({ weight: 1, orders: 0 }, AT + 119_000).refusal?.status).toBe(418);
  expect(limits.charge({ weight: 1, orders: 0 }, AT + 120_000).refusal).toBeUndefined();
});

test('the 301st order within ten seconds is refused with -1015', () => {
  const limits = createLimits();
  const answers = Array.from({ length: 301 }, () => limits.charge({ weight: 0, orders: 1 }, AT));
  expect(answers[299]?.refusal).toBeUndefined();
  expect(answers[300]?.refusal).toMatchObject({ status: 429, code: -1015 });
});

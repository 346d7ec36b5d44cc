import { expect, test } from 'bun:test';
import { createWeightMeter, WEIGHT_RESERVE } from '../../src/exchange/rate-limit.ts';
import { WEIGHT_LIMIT } from '../../src/exchange/weights.ts';
import { startWorld, strayCancel } from './world.ts';

const ALL_ORDERS = ['/fapi/v1/openOrders', {}] as const;
const ONE_ORDER = ['/fapi/v1/order', { symbol: 'BTCUSDT' }] as const;

function meter() {
  let nowMs = 0;
  const one = createWeightMeter(() => nowMs);
  return {
    ...one,
    at: (ms: number) => {
      nowMs = ms;
    },
    /** Reads all orders until it is refused; returns how often it was not. */
    drain: () => {
      let taken = 0;
      while (one.take(...ALL_ORDERS) === null) taken += 1;
      return taken;
    },
  };
}

test('pictures stop at the reserve, and say so', () => {
  const { drain, take } = meter();
  expect(drain()).toBe((WEIGHT_LIMIT - WEIGHT_RESERVE) / 40);
  expect(take(...ALL_ORDERS)).toBe('request weight 2200 of 2400 used, 200 kept for writes');
});

test.each([
  ['the order that a cancel is aimed at', ONE_ORDER],
  ['a conditional order', ['/fapi/v1/algoOrder', { algoId: '1' }]],
  ['the position that a flatten is aimed at', ['/fapi/v3/positionRisk', { symbol: 'BTCUSDT' }]],
  ['its price', ['/fapi/v1/premiumIndex', { symbol: 'BTCUSDT' }]],
  ['the clock', ['/fapi/v1/time', {}]],
] as const)('%s is still read when pictures are not', (_what, [path, params]) => {
  const { drain, take } = meter();
  drain();
  expect(take(path, params)).toBeNull();
});

test('the reserve ends too', () => {
  const { drain, take } = meter();
  drain();
  for (let n = 0; n < WEIGHT_RESERVE; n += 1) expect(take(...ONE_ORDER)).toBeNull();
  expect(take(...ONE_ORDER)).not.toBeNull();
});

test('no 60 seconds hold more than the limit, whichever minute the exchange counts by', () => {
  const { at, drain } = meter();
  at(59_000);
  const first = drain();
  at(61_000);
  expect(drain()).toBe(0);
  at(118_999);
  expect(drain()).toBe(0);
  at(119_000);
  expect(drain()).toBe(first);
});

test('what the exchange says counts, with what left since', () => {
  const { note, take, drain } = meter();
  expect(note('2100')).toBe(2100);
  expect(take(...ALL_ORDERS)).toBeNull();
  expect(take(...ALL_ORDERS)).toBeNull();
  expect(take(...ALL_ORDERS)).toBe('request weight 2180 of 2400 used, 200 kept for writes');
  expect(drain()).toBe(0);
});

test('a reply that was under way says less than what left: it frees nothing', () => {
  const { note, take, drain } = meter();
  drain();
  note('40');
  expect(take(...ALL_ORDERS)).not.toBeNull();
});

test('what the exchange said a minute ago no longer counts', () => {
  const { at, note, drain } = meter();
  note('2399');
  expect(drain()).toBe(0);
  at(60_000);
  expect(drain()).toBeGreaterThan(0);
});

test.each([null, '', '-5', '1e9', '12 ', 'NaN', '99999999'])('%p teaches nothing', (header) => {
  const { note, drain } = meter();
  expect(note(header)).toBeNull();
  expect(drain()).toBe(55);
});

test('when pictures have used up their share, the read before a cancel and the cancel itself go out at once', async () => {
  await using world = await startWorld();
  const cancel = await strayCancel(world);
  let pictures = 0;
  while ((await world.exchange.observe({ symbols: [] })).complete) pictures += 1;
  expect(pictures).toBeGreaterThan(20);
  expect(await world.exchange.queryOrder(cancel)).toMatchObject({ kind: 'found' });
  expect(await world.exchange.dispatch(cancel, world.permit(cancel))).toMatchObject({ status: 'EXECUTED' });
  expect((await world.sim.log()).filter(({ status }) => status === 429)).toEqual([]);
});

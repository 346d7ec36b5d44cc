import { expect, test } from 'bun:test';
import { eventReadGapMs, planReads } from '../../src/exchange/read-plan.ts';
import { endpointOf, weightOf } from '../../src/exchange/weights.ts';
import { startWorld } from './world.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `S${n}USDT`);

/** Orders cost 1 + 1 a symbol or 40 + 40 at once, positions 5, prices 1 a symbol or 10 at once. */
test.each([
  [1, 'by_symbol', 'by_symbol', 2 + 5 + 1],
  [2, 'by_symbol', 'by_symbol', 4 + 5 + 2],
  [9, 'by_symbol', 'by_symbol', 18 + 5 + 9],
  [10, 'by_symbol', 'all', 20 + 5 + 10],
  [39, 'by_symbol', 'all', 78 + 5 + 10],
  [40, 'all', 'all', 80 + 5 + 10],
  [41, 'all', 'all', 80 + 5 + 10],
  [100, 'all', 'all', 80 + 5 + 10],
] as const)('%i symbols: orders %s, prices %s, weight %i', (count, orders, prices, weight) => {
  expect(planReads(names(count))).toEqual({ orders, prices, weight });
});

test('a plan never costs more than the other way of reading its orders', () => {
  for (let count = 1; count <= 120; count += 1) {
    const rest = weightOf('positionRisk', false) + Math.min(count, weightOf('premiumIndex', false));
    expect(planReads(names(count)).weight).toBe(Math.min(2 * count, 80) + rest);
  }
});

test('a sweep that is due reads everything even for one symbol, and nothing to read by symbol is a sweep', () => {
  expect(planReads(names(1), true)).toEqual({ orders: 'all', prices: 'by_symbol', weight: 80 + 5 + 1 });
  expect(planReads([])).toEqual({ orders: 'all', prices: 'by_symbol', weight: 80 + 5 });
});

test.each([
  [1, 2000],
  [39, 4650],
  [100, 4750],
])('pictures of %i symbols that events ask for are at least %i ms apart', (count, gapMs) => {
  expect(eventReadGapMs(names(count))).toBe(gapMs);
  expect((60_000 / gapMs) * planReads(names(count)).weight).toBeLessThanOrEqual(1200);
});

test.each([
  ['/fapi/v1/openOrders', 'openOrders'],
  ['/fapi/v3/positionRisk', 'positionRisk'],
  ['/fapi/v1/positionSide/dual', 'positionSide/dual'],
  ['/sapi/v1/account/apiRestrictions', 'account/apiRestrictions'],
])('%s is the endpoint %s', (path, endpoint) => {
  expect(endpointOf(path)).toBe(endpoint);
});

test('a planned picture sends exactly the calls that its weight counts, and each tells the time of the exchange', async () => {
  await using world = await startWorld();
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  await world.exchange.observe({ symbols });
  const from = (await world.sim.log()).length;
  const seen = await world.exchange.observe({ symbols });
  const calls = (await world.sim.log()).slice(from).filter(({ method }) => method === 'GET');
  const weight = calls.reduce(
    (total, { path, params }) => total + weightOf(endpointOf(path), 'symbol' in params),
    0,
  );
  expect(weight).toBe(planReads(symbols).weight);
  expect(seen.complete).toBe(true);
  for (const symbol of symbols)
    for (const endpoint of ['openOrders', 'openAlgoOrders', 'premiumIndex'])
      expect(seen.reads.filter((one) => one.endpoint === endpoint && one.symbol === symbol)).toHaveLength(1);
  expect(seen.reads.map(({ took }) => typeof took?.serverMs)).toEqual(seen.reads.map(() => 'number'));
});

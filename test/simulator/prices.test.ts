import { expect, test } from 'bun:test';
import { BigNumber } from 'bignumber.js';
import { createPrices } from '../../src/simulator/prices.ts';
import { startTestSimulator } from '../helpers/simulator.ts';

test('the same seed gives the same prices over the wire, another seed other ones', async () => {
  const pathOf = async (seed: number) => {
    await using sim = await startTestSimulator({ seed, priceStepMs: 0 });
    await sim.step(500);
    return (await sim.state()).prices;
  };
  expect(await pathOf(7)).toEqual(await pathOf(7));
  expect(await pathOf(7)).not.toEqual(await pathOf(8));
});

test('prices stay whole multiples of the tick and near where they started', () => {
  const prices = createPrices(3);
  for (let n = 0; n < 20_000; n++) prices.step();
  const last = prices.last('BTCUSDT');
  expect(last.mod('0.1').isZero()).toBe(true);
  expect(
    last
      .minus(43_000)
      .abs()
      .lt(43_000 * 0.02),
  ).toBe(true);
});

test('a frozen price stands still while the others move', () => {
  const prices = createPrices(3);
  prices.freeze('BTCUSDT', true);
  prices.set('BTCUSDT', new BigNumber('41000'));
  for (let n = 0; n < 50; n++) expect(prices.step()).not.toContain('BTCUSDT');
  expect(prices.last('BTCUSDT').toFixed()).toBe('41000');
  expect(prices.last('ETHUSDT').eq(2300)).toBe(false);
});

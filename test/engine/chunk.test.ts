import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ChunkLimits, firstChunk } from '../../src/engine/chunk.ts';
import { compareDecimals, decimal, product, roundUp } from '../../src/engine/decimal.ts';
import { plan } from '../../src/engine/plan.ts';
import type { SymbolRules } from '../../src/engine/types.ts';
import { flattenMismatch, rules } from '../helpers/engine-world.ts';

const limits: ChunkLimits = { maxNotionalUsdt: '100', orderType: 'limit', maxSlippageBps: 50 };
const chunk = (size: string, change: Partial<SymbolRules> = {}, more: Partial<ChunkLimits> = {}) =>
  firstChunk(
    size,
    { markPrice: '10000', rules: { ...rules(), minNotional: '5', ...change } },
    { ...limits, ...more },
  );

describe('the part of a position that is closed first', () => {
  test.each<[string, string, string | null, Partial<SymbolRules>, Partial<ChunkLimits>]>([
    ['all of it at the cap', '0.010', '0.010', {}, {}],
    ['all of it below the cap', '0.003', '0.003', {}, {}],
    ['what fits the cap with the slippage bound as headroom', '0.011', '0.009', {}, {}],
    ['the same of a large one', '7.123', '0.009', {}, {}],
    ['less, so that the rest is no dust', '0.011', '0.006', { minQuantity: '0.005' }, {}],
    ['less, so that the rest is worth enough', '0.011', '0.007', { minNotional: '30' }, {}],
    ['no more than the largest order', '0.010', '0.004', { maxQuantity: '0.004' }, {}],
    ['in whole steps of it', '0.010', '0.004', { maxQuantity: '0.0047' }, {}],
    ['the largest market order', '0.010', '0.002', { marketMaxQuantity: '0.002' }, { orderType: 'market' }],
    ['not bound by the other type of order', '0.010', '0.010', { marketMaxQuantity: '0.002' }, {}],
    ['nothing when one step is above the cap', '0.5', null, {}, { maxNotionalUsdt: '9' }],
    ['nothing when the smallest order is above the cap', '0.5', null, { minNotional: '150' }, {}],
    ['nothing when the largest order is below the smallest', '0.5', null, { minQuantity: '0.1' }, {}],
  ])('is %s (%s)', (_, size, expected, change, more) => {
    expect(chunk(size, change, more)).toBe(expected);
  });

  test('taken again and again closes all, each part within cap, step, smallest and largest order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 5, max: 30 }),
        fc.integer({ min: 110, max: 900 }),
        (steps, minSteps, minNotional, cap) => {
          const size = decimal('0.001').times(steps + minSteps);
          const own = {
            ...rules(),
            minQuantity: decimal('0.001').times(minSteps).toFixed(),
            minNotional: String(minNotional),
            maxQuantity: '0.040',
          };
          let left = size;
          for (let round = 0; round < 500 && left.isGreaterThan(0); round += 1) {
            const at = { markPrice: '10000', rules: own };
            const part = firstChunk(left.toFixed(), at, { ...limits, maxNotionalUsdt: String(cap) });
            if (part === null) throw new Error(`nothing of ${left.toFixed()} fits ${cap}`);
            expect(compareDecimals(roundUp(product(part, '10000'), 2), String(cap))).toBeLessThanOrEqual(0);
            expect(compareDecimals(part, own.minQuantity)).toBeGreaterThanOrEqual(0);
            expect(compareDecimals(part, own.maxQuantity)).toBeLessThanOrEqual(0);
            expect(decimal(part).modulo('0.001').isZero()).toBe(true);
            left = left.minus(part);
          }
          expect(left.isZero()).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a plan', () => {
  const inputs = {
    prices: new Map([['BTCUSDT', { markPrice: '10000' }]]),
    rules: new Map([['BTCUSDT', rules()]]),
  };
  const planned = (amount: string, chunks: ChunkLimits | null) =>
    plan([flattenMismatch(amount)], { ...inputs, chunks })[0];

  test('takes a position apart only when it is told to, and counts the part alone', () => {
    expect(planned('-0.100', null)).toMatchObject({ side: 'BUY', quantity: '0.1', notionalUsdt: '1000' });
    expect(planned('-0.100', limits)).toMatchObject({ side: 'BUY', quantity: '0.009', notionalUsdt: '90' });
    expect(planned('-0.100', limits)?.id).toBe(planned('-0.100', null)?.id ?? '');
  });

  test('counts the whole position when no part fits, so that the cap blocks it', () => {
    const none = { ...limits, maxNotionalUsdt: '9' };
    expect(planned('0.100', none)).toMatchObject({ quantity: '0.1', notionalUsdt: '1000' });
  });

  test('takes nothing apart without a price or without rules', () => {
    const without = plan([flattenMismatch('0.100')], { ...inputs, prices: new Map(), chunks: limits })[0];
    expect(without).toMatchObject({ quantity: '0.1', notionalUsdt: null });
    const unruled = plan([flattenMismatch('0.100')], { ...inputs, rules: new Map(), chunks: limits })[0];
    expect(unruled).toMatchObject({ quantity: '0.1', notionalUsdt: '1000' });
  });
});

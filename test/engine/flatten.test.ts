import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type FlattenRequest, flattenTerms } from '../../src/engine/flatten.ts';
import { flattenMismatch, observedPosition, planned, rules } from '../helpers/engine-world.ts';

function request(amount: string, change: Partial<FlattenRequest> = {}): FlattenRequest {
  return {
    action: planned(flattenMismatch(amount)),
    position: observedPosition(amount),
    positionMode: 'one_way',
    markPrice: '60000',
    rules: rules(),
    maxSlippageBps: 50,
    orderType: 'limit',
    ...change,
  };
}
const terms = (asked: FlattenRequest) => {
  const result = flattenTerms(asked);
  return result.kind === 'ok' ? result.terms : null;
};
const reason = (asked: FlattenRequest) => {
  const result = flattenTerms(asked);
  return result.kind === 'ok' ? null : result.reason;
};

describe('a flatten', () => {
  test('of a long sells it, reduce-only, at most 50 bps below the mark price', () => {
    expect(terms(request('0.0105'))).toEqual({
      kind: 'flatten',
      symbol: 'BTCUSDT',
      side: 'SELL',
      positionSide: 'BOTH',
      quantity: '0.01',
      orderType: 'LIMIT',
      price: '59700',
      reduceOnly: true,
    });
  });

  test('of a short buys it back', () => {
    expect(terms(request('-0.01'))).toMatchObject({ side: 'BUY', price: '60300', quantity: '0.01' });
  });

  test('rounds its price towards the mark price', () => {
    expect(terms(request('0.01', { markPrice: '60000.03' }))?.price).toBe('59700.1');
    expect(terms(request('-0.01', { markPrice: '60000.03' }))?.price).toBe('60300');
  });

  test('is a market order without a price on request', () => {
    expect(terms(request('0.01', { orderType: 'market' }))).toMatchObject({
      orderType: 'MARKET',
      price: null,
    });
  });

  test('names the position side and no reduce-only in hedge mode', () => {
    const short = { positionSide: 'SHORT' } as const;
    const asked = request('-0.01', {
      action: planned(flattenMismatch('-0.01', short)),
      position: observedPosition('-0.01', short),
      positionMode: 'hedge',
    });
    expect(terms(asked)).toMatchObject({ side: 'BUY', positionSide: 'SHORT', reduceOnly: false });
  });

  test('takes no more than is there now, and no more than was planned', () => {
    const plan = planned(flattenMismatch('0.01'));
    expect(terms(request('0.01', { action: plan, position: observedPosition('0.004') }))?.quantity).toBe(
      '0.004',
    );
    expect(terms(request('0.01', { action: plan, position: observedPosition('0.4') }))?.quantity).toBe(
      '0.01',
    );
  });
});

describe('a flatten is refused', () => {
  const plan = planned(flattenMismatch('0.01'));
  const cases: readonly (readonly [string, Partial<FlattenRequest>, string])[] = [
    ['when the position is flat', { position: observedPosition('0') }, 'flat'],
    ['when it changed sides', { position: observedPosition('-0.01') }, 'changed sides'],
    ['below one step', { position: observedPosition('0.0009') }, 'below one step'],
    ['below the smallest order', { rules: { ...rules(), minQuantity: '0.02' } }, 'smallest order'],
    ['above the largest order', { rules: { ...rules(), maxQuantity: '0.009' } }, 'largest order'],
    [
      'above the largest market order',
      { orderType: 'market', rules: { ...rules(), marketMaxQuantity: '0.009' } },
      'largest order',
    ],
    ['for another symbol', { position: observedPosition('0.01', { symbol: 'ETHUSDT' }) }, 'planned for'],
    ['with the rules of another symbol', { rules: rules('ETHUSDT') }, 'rules of'],
    [
      'for another position side',
      { position: observedPosition('0.01', { positionSide: 'LONG' }) },
      'position side',
    ],
    ['when the mode is not known', { positionMode: null }, 'not known'],
    ['when the mode does not fit', { positionMode: 'hedge' }, 'does not fit'],
    ['at a price of zero', { markPrice: '0' }, 'mark price'],
    ['at a price below zero', { markPrice: '-1' }, 'mark price'],
    ['with a bound of everything', { maxSlippageBps: 10_000 }, 'slippage'],
    ['with a negative bound', { maxSlippageBps: -1 }, 'slippage'],
  ];
  for (const [when, change, words] of cases) {
    test(when, () => expect(reason(request('0.01', { action: plan, ...change }))).toContain(words));
  }

  test('by the gate that stands for it where the position or the rules are not what was planned with', () => {
    const gateOf = (change: Partial<FlattenRequest>) => {
      const result = flattenTerms(request('0.01', { action: plan, ...change }));
      return result.kind === 'impossible' ? result.gate : 'terms';
    };
    expect(gateOf({ rules: { ...rules(), maxQuantity: '0.009' } })).toBe('notional_exceeds_limit');
    expect(gateOf({ rules: { ...rules(), minQuantity: '0.02' } })).toBe('not_confirmed');
    expect(gateOf({ position: observedPosition('0.0009') })).toBe('not_confirmed');
    expect(gateOf({ markPrice: '0' })).toBe(undefined);
  });

  test('with a sign that its side can not have in hedge mode', () => {
    const long = { positionSide: 'LONG' } as const;
    const asked = request('-0.01', {
      action: planned(flattenMismatch('-0.01', long)),
      position: observedPosition('-0.01', long),
      positionMode: 'hedge',
    });
    expect(reason(asked)).toContain('wrong sign');
  });

  test('with a slippage bound that is not a number', () => {
    expect(() => flattenTerms(request('0.01', { maxSlippageBps: Number.NaN }))).toThrow(TypeError);
  });
});

test('for any position and plan a flatten shrinks the position, never flips it, and stays within its bound', () => {
  const steps = fc.integer({ min: -200_000, max: 200_000 }).map((count) => (count / 10_000).toFixed(4));
  const marks = fc.integer({ min: 1, max: 10_000_000 }).map((count) => (count / 100).toFixed(2));
  let made = 0;
  fc.assert(
    fc.property(
      steps,
      steps,
      marks,
      fc.integer({ min: 0, max: 500 }),
      (before, now, markPrice, maxSlippageBps) => {
        if (Number(before) === 0) return;
        const action = planned(flattenMismatch(before));
        const order = terms({
          ...request(before),
          action,
          position: observedPosition(now),
          markPrice,
          maxSlippageBps,
        });
        if (order === null) return;
        made += 1;
        const left = Number(now) + (order.side === 'BUY' ? 1 : -1) * Number(order.quantity);
        expect(Math.abs(left)).toBeLessThan(Math.abs(Number(now)));
        expect(left * Number(now)).toBeGreaterThanOrEqual(-1e-9);
        const bound = Number(markPrice) * (1 + ((order.side === 'BUY' ? 1 : -1) * maxSlippageBps) / 10_000);
        const beyond = order.side === 'BUY' ? Number(order.price) - bound : bound - Number(order.price);
        expect(beyond).toBeLessThanOrEqual(1e-6);
      },
    ),
    { numRuns: 2000 },
  );
  expect(made).toBeGreaterThan(200);
});

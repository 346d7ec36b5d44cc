import { expect, test } from 'bun:test';
import { plan } from '../../src/engine/plan.ts';
import type { Mismatch } from '../../src/engine/types.ts';
import { cancelMismatch, flattenMismatch, observedOrder, rules } from '../helpers/engine-world.ts';

const inputs = {
  prices: new Map([['BTCUSDT', { markPrice: '60000.01' }]]),
  rules: new Map([['BTCUSDT', rules()]]),
};

test('a cancel names both ids of the order and costs nothing', () => {
  const [action] = plan([cancelMismatch(1, { conditional: true })], inputs);
  expect(action).toMatchObject({
    action: 'cancel',
    clientOrderId: observedOrder(1).clientOrderId,
    orderId: '9001',
    conditional: true,
    notionalUsdt: '0',
    quantity: null,
  });
});

test('a flatten closes the side that is open, at a notional rounded up to cents', () => {
  const [long, short] = plan([flattenMismatch('0.0015'), flattenMismatch('-0.002')], inputs);
  expect(long).toMatchObject({ side: 'SELL', quantity: '0.001', notionalUsdt: '60.01' });
  expect(short).toMatchObject({ side: 'BUY', quantity: '0.002', notionalUsdt: '120.01' });
});

test('a rest below one step, which no order closes, costs nothing, or the write would look like a price that jumped', () => {
  const coarse = { ...inputs, rules: new Map([['BTCUSDT', rules('BTCUSDT', '0.002')]]) };
  const [action] = plan([flattenMismatch('-0.003')], coarse);
  expect(action).toMatchObject({ quantity: '0.002', notionalUsdt: '120.01' });
  const chunks = { maxNotionalUsdt: '1000', orderType: 'limit', maxSlippageBps: 50 } as const;
  expect(plan([flattenMismatch('-0.003')], { ...coarse, chunks })[0]).toMatchObject({
    quantity: '0.002',
    notionalUsdt: '120.01',
  });
});

test('a flatten without a usable price has no notional', () => {
  for (const markPrice of ['0', '-1', 'NaN', '']) {
    const [action] = plan([flattenMismatch('1')], {
      ...inputs,
      prices: new Map([['BTCUSDT', { markPrice }]]),
    });
    expect(action?.notionalUsdt).toBeNull();
  }
  expect(plan([flattenMismatch('1')], { ...inputs, prices: new Map() })[0]?.notionalUsdt).toBeNull();
});

test('what is only reported is not planned, the rest keeps its order and says when it is the canary', () => {
  const canary = cancelMismatch(2, { synthetic: true });
  const actions = plan(
    [{ ...cancelMismatch(1), remediation: 'report' }, canary, flattenMismatch('1')],
    inputs,
  );
  expect(actions.map((one) => [one.action, one.synthetic])).toEqual([
    ['cancel', true],
    ['flatten', false],
  ]);
  expect(actions[0]?.id).toBe(`cancel:${canary.key.replace('ORDER_EXISTS_UNEXPECTED:', '')}`);
});

test('an ordinary order and a conditional one under the same ids are two items', () => {
  const actions = plan([cancelMismatch(1), cancelMismatch(1, { conditional: true })], inputs);
  expect(new Set(actions.map(({ id }) => id)).size).toBe(2);
});

test('an order is one item whatever is wrong with it, so that its failures stay counted when that changes', () => {
  const stray = cancelMismatch(1);
  const ghost: Mismatch = {
    ...stray,
    type: 'ORDER_STATUS_DIVERGENCE',
    key: stray.key.replace(stray.type, 'ORDER_STATUS_DIVERGENCE'),
  };
  const [first, second] = plan([stray, ghost], inputs);
  expect(first?.id).toBe(second?.id ?? '');
  expect(plan([cancelMismatch(2)], inputs)[0]?.id).not.toBe(first?.id ?? '');
});

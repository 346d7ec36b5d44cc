import { expect, test } from 'bun:test';
import type { WriteRequest } from '../../src/exchange/exchange.ts';
import { hashWire, type PositionMode, refuseWrite, wireRequest } from '../../src/exchange/wire.ts';
import { flattenOf } from './world.ts';

const cancel = {
  kind: 'cancel',
  symbol: 'BTCUSDT',
  orderId: '8389765000001',
  clientOrderId: 'grinder_1_BTCUSDT_3_1700000000_7',
  conditional: false,
} as const;

const limit = { orderType: 'LIMIT', price: '60000.0' } as const;
const limitOnWire = { type: 'LIMIT', timeInForce: 'IOC', price: '60000.0' };
const common = {
  symbol: 'BTCUSDT',
  quantity: '0.010',
  newClientOrderId: 'grc_1',
  newOrderRespType: 'RESULT',
};

const TABLE: readonly {
  readonly name: string;
  readonly write: WriteRequest;
  readonly mode: PositionMode | null;
  readonly wire: unknown;
}[] = [
  {
    name: 'a cancel names both ids and needs no position mode',
    write: cancel,
    mode: null,
    wire: {
      method: 'DELETE',
      path: '/fapi/v1/order',
      params: { symbol: 'BTCUSDT', orderId: cancel.orderId, origClientOrderId: cancel.clientOrderId },
    },
  },
  {
    name: 'a conditional cancel goes to algoOrder with both of its ids',
    write: { ...cancel, conditional: true },
    mode: 'hedge',
    wire: {
      method: 'DELETE',
      path: '/fapi/v1/algoOrder',
      params: { symbol: 'BTCUSDT', algoId: cancel.orderId, clientAlgoId: cancel.clientOrderId },
    },
  },
  {
    name: 'a one-way flatten is a reduce-only IOC without positionSide',
    write: flattenOf(limit),
    mode: 'one_way',
    wire: {
      method: 'POST',
      path: '/fapi/v1/order',
      params: { ...common, ...limitOnWire, side: 'SELL', reduceOnly: 'true' },
    },
  },
  {
    name: 'a hedge flatten names its side and is not reduceOnly',
    write: flattenOf({ ...limit, side: 'BUY', positionSide: 'SHORT' }),
    mode: 'hedge',
    wire: {
      method: 'POST',
      path: '/fapi/v1/order',
      params: { ...common, ...limitOnWire, side: 'BUY', positionSide: 'SHORT' },
    },
  },
  {
    name: 'a market flatten has neither price nor timeInForce',
    write: flattenOf(),
    mode: 'one_way',
    wire: {
      method: 'POST',
      path: '/fapi/v1/order',
      params: { ...common, type: 'MARKET', side: 'SELL', reduceOnly: 'true' },
    },
  },
];

for (const { name, write, mode, wire } of TABLE) {
  test(name, () => {
    expect(wireRequest(write, mode)).toEqual(wire as ReturnType<typeof wireRequest>);
  });
}

const REFUSED: readonly [string, WriteRequest, PositionMode | null][] = [
  ['a flatten without a known position mode', flattenOf(), null],
  ['a flatten of a side without a known position mode', flattenOf({ positionSide: 'LONG' }), null],
  ['BOTH in hedge mode', flattenOf(), 'hedge'],
  ['LONG in one-way mode', flattenOf({ positionSide: 'LONG' }), 'one_way'],
  ['a BUY that would open a LONG', flattenOf({ positionSide: 'LONG', side: 'BUY' }), 'hedge'],
  ['a SELL that would open a SHORT', flattenOf({ positionSide: 'SHORT', side: 'SELL' }), 'hedge'],
  ['a quantity of zero', flattenOf({ quantity: '0' }), 'one_way'],
  ['a negative quantity', flattenOf({ quantity: '-1' }), 'one_way'],
  ['a quantity that is no figure', flattenOf({ quantity: 'NaN' }), 'one_way'],
  ['a LIMIT without a price', flattenOf({ orderType: 'LIMIT' }), 'one_way'],
  ['a MARKET with a price', flattenOf({ price: '1' }), 'one_way'],
  ['an id the exchange would not accept', { ...cancel, clientOrderId: 'a&orderId=1' }, null],
  ['an order id that is no number', { ...cancel, orderId: '1&symbol=X' }, null],
  ['a symbol with an ampersand', { ...cancel, symbol: 'BTC&USDT' }, null],
];

for (const [name, write, mode] of REFUSED) {
  test(`${name} is refused`, () => {
    expect(refuseWrite(write, mode)).not.toBeNull();
    expect(() => wireRequest(write, mode)).toThrow(TypeError);
  });
}

test('the hash ignores order and what signing adds, and nothing else', () => {
  const wire = wireRequest(cancel, null);
  const signed = { recvWindow: '3000', ...wire.params, timestamp: '1', signature: 'x' };
  expect(hashWire({ ...wire, params: signed })).toBe(hashWire(wire));
  const reversed = Object.fromEntries(Object.entries(wire.params).reverse());
  expect(hashWire({ ...wire, params: reversed })).toBe(hashWire(wire));
  expect(hashWire({ ...wire, params: { ...wire.params, extra: '1' } })).not.toBe(hashWire(wire));
  expect(hashWire({ ...wire, params: { ...wire.params, orderId: '1' } })).not.toBe(hashWire(wire));
  expect(hashWire({ ...wire, method: 'POST' })).not.toBe(hashWire(wire));
  expect(hashWire({ ...wire, path: '/fapi/v1/allOpenOrders' })).not.toBe(hashWire(wire));
});

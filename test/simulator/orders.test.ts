import { expect, test } from 'bun:test';
import { startTestSimulator } from '../helpers/simulator.ts';

const ORDER = '/fapi/v1/order';
const LIMIT = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: '40000',
  quantity: '0.002',
};
const MARKET = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.002' };

test('an order is placed, found by both ids, cancelled, and still found afterwards', async () => {
  await using sim = await startTestSimulator();
  const placed = await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'mine' });
  expect(placed).toMatchObject({
    status: 200,
    body: { status: 'NEW', clientOrderId: 'mine', price: '40000.0' },
  });
  const byClient = { symbol: 'BTCUSDT', origClientOrderId: 'mine' };
  const byId = { symbol: 'BTCUSDT', orderId: placed.body['orderId'] };
  expect((await sim.signed('GET', ORDER, byClient)).body).toEqual(
    (await sim.signed('GET', ORDER, byId)).body,
  );
  expect((await sim.signed('DELETE', ORDER, byClient)).body).toMatchObject({ status: 'CANCELED' });
  expect((await sim.signed('GET', ORDER, byId)).body).toMatchObject({ status: 'CANCELED' });
  expect(await sim.signed('DELETE', ORDER, byClient)).toMatchObject({ status: 400, body: { code: -2011 } });
});

test('a cancel that names two orders at once is refused', async () => {
  await using sim = await startTestSimulator();
  await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'one' });
  const two = await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'two' });
  const mixed = { symbol: 'BTCUSDT', orderId: two.body['orderId'], origClientOrderId: 'one' };
  expect(await sim.signed('DELETE', ORDER, mixed)).toMatchObject({ body: { code: -2011 } });
});

test.each([
  { what: 'an unlisted symbol', change: { symbol: 'NOPEUSDT' }, code: -1121 },
  { what: 'no side', change: { side: '' }, code: -1102 },
  { what: 'an unknown type', change: { type: 'ICEBERG' }, code: -1116 },
  { what: 'a conditional type', change: { type: 'STOP_MARKET' }, code: -4120 },
  { what: 'too many digits in the quantity', change: { quantity: '0.0021' }, code: -1111 },
  { what: 'too many digits in the price', change: { price: '40000.05' }, code: -1111 },
  { what: 'quantity zero', change: { quantity: '0' }, code: -4003 },
  { what: 'a notional below the smallest', change: { quantity: '0.001' }, code: -4164 },
  { what: 'a price far above the mark', change: { price: '50000' }, code: -4016 },
  { what: 'a client id of 37 characters', change: { newClientOrderId: 'x'.repeat(37) }, code: -4015 },
  { what: 'a position side in one-way mode', change: { positionSide: 'LONG' }, code: -4061 },
  { what: 'more margin than there is', change: { quantity: '9' }, code: -2019 },
  { what: 'reduce-only without a position', change: { reduceOnly: 'true' }, code: -2022 },
  { what: 'post-only that would cross', change: { timeInForce: 'GTX', price: '43500' }, code: -5022 },
  { what: 'FOK that would rest', change: { timeInForce: 'FOK' }, code: -5021 },
])('$what is refused with $code', async ({ change, code }) => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  expect(await sim.signed('POST', ORDER, { ...LIMIT, ...change })).toMatchObject({
    status: 400,
    body: { code },
  });
  expect((await sim.state()).orders).toEqual([]);
});

test('a client id is refused while its order is open, and free again after that', async () => {
  await using sim = await startTestSimulator();
  await sim.signed('POST', ORDER, { ...LIMIT, newClientOrderId: 'mine' });
  const again = { ...LIMIT, newClientOrderId: 'mine' };
  expect(await sim.signed('POST', ORDER, again)).toMatchObject({ status: 400, body: { code: -4116 } });
  await sim.signed('DELETE', ORDER, { symbol: 'BTCUSDT', origClientOrderId: 'mine' });
  expect(await sim.signed('POST', ORDER, again)).toMatchObject({ status: 200 });
});

test('a reduce-only order larger than the position closes it and never turns it round', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  await sim.setPosition('BTCUSDT', '0.001');
  const sell = { ...MARKET, side: 'SELL', quantity: '0.005', reduceOnly: 'true', newOrderRespType: 'RESULT' };
  expect(await sim.signed('POST', ORDER, sell)).toMatchObject({
    status: 200,
    body: { executedQty: '0.001' },
  });
  expect((await sim.state()).positions).toEqual([]);
});

test('a reduce-only order on the side of the position is refused', async () => {
  await using sim = await startTestSimulator();
  await sim.setPosition('BTCUSDT', '-0.002');
  const sell = { ...MARKET, side: 'SELL', reduceOnly: 'true' };
  expect(await sim.signed('POST', ORDER, sell)).toMatchObject({ status: 400, body: { code: -2022 } });
});

test('in hedge mode reduceOnly is refused and the position side alone closes', async () => {
  await using sim = await startTestSimulator({ hedgeMode: true, priceStepMs: 0 });
  await sim.setPosition('BTCUSDT', '0.002', 'LONG');
  const close = { ...MARKET, side: 'SELL', positionSide: 'LONG' };
  expect(await sim.signed('POST', ORDER, { ...close, reduceOnly: 'true' })).toMatchObject({
    body: { code: -1106 },
  });
  expect(await sim.signed('POST', ORDER, { ...MARKET, side: 'SELL' })).toMatchObject({
    body: { code: -4061 },
  });
  expect(await sim.signed('POST', ORDER, { ...close, quantity: '0.003' })).toMatchObject({
    body: { code: -2022 },
  });
  expect(await sim.signed('POST', ORDER, close)).toMatchObject({ status: 200, body: { status: 'FILLED' } });
  expect((await sim.signed('GET', '/fapi/v1/positionSide/dual')).body).toEqual(
    expect.objectContaining({ dualSidePosition: true }),
  );
});

test('an IOC order takes what the book offers and expires with the rest', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  await sim.setPosition('BTCUSDT', '0.004');
  await sim.setLiquidity('BTCUSDT', '0.003');
  const sell = {
    ...LIMIT,
    side: 'SELL',
    price: '42900',
    quantity: '0.004',
    timeInForce: 'IOC',
    reduceOnly: 'true',
  };
  expect((await sim.signed('POST', ORDER, sell)).body).toMatchObject({
    status: 'EXPIRED',
    executedQty: '0.003',
  });
  expect((await sim.state()).positions).toMatchObject([{ positionAmt: '0.001' }]);
});

test('a conditional order waits outside the book and becomes an order at its trigger', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  await sim.setPosition('BTCUSDT', '0.002');
  const stop = {
    algoType: 'CONDITIONAL',
    symbol: 'BTCUSDT',
    side: 'SELL',
    type: 'STOP_MARKET',
    closePosition: 'true',
  };
  const path = '/fapi/v1/algoOrder';
  expect(await sim.signed('POST', path, { ...stop, triggerPrice: '44000' })).toMatchObject({
    body: { code: -2021 },
  });
  const placed = await sim.signed('POST', path, { ...stop, triggerPrice: '42000', clientAlgoId: 'stop' });
  expect(placed).toMatchObject({ status: 200, body: { algoStatus: 'NEW', clientAlgoId: 'stop' } });
  expect((await sim.signed('GET', '/fapi/v1/openOrders')).body).toHaveLength(0);
  expect((await sim.signed('GET', '/fapi/v1/openAlgoOrders')).body).toHaveLength(1);
  await sim.setPrice('BTCUSDT', '41990');
  expect((await sim.signed('GET', path, { clientAlgoId: 'stop' })).body).toMatchObject({
    algoStatus: 'TRIGGERED',
  });
  expect((await sim.state()).positions).toEqual([]);
});

test('a batch answers each order on its own, and cancel-all empties the symbol', async () => {
  await using sim = await startTestSimulator();
  const rows = [
    { ...LIMIT, newClientOrderId: 'a' },
    { ...LIMIT, newClientOrderId: 'b', quantity: '0' },
  ];
  const placed = await sim.signed('POST', '/fapi/v1/batchOrders', { batchOrders: JSON.stringify(rows) });
  expect(placed.body).toMatchObject([{ status: 'NEW' }, { code: -4003 }]);
  const all = await sim.signed('DELETE', '/fapi/v1/allOpenOrders', { symbol: 'BTCUSDT' });
  expect(all.body).toMatchObject({ code: 200 });
  expect((await sim.state()).orders).toEqual([]);
  expect((await sim.writes()).map(({ path, executed }) => [path, executed])).toEqual([
    ['/fapi/v1/batchOrders', true],
    ['/fapi/v1/allOpenOrders', true],
  ]);
});

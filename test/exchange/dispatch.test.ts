import { expect, test } from 'bun:test';
import { systemClock } from '../../src/engine/clock.ts';
import { flattenOf, startWorld, strayCancel } from './world.ts';

test('a cancel by both ids removes the order and says so', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  const result = await world.exchange.dispatch(write, world.permit(write));
  expect(result).toMatchObject({ status: 'EXECUTED', orderId: write.orderId, orderStatus: 'CANCELED' });
  const [sent, ...more] = await world.sim.writes();
  expect(more).toEqual([]);
  expect(sent).toMatchObject({
    method: 'DELETE',
    path: '/fapi/v1/order',
    params: { symbol: 'BTCUSDT', orderId: write.orderId, origClientOrderId: write.clientOrderId },
  });
  expect(Number(sent?.params['recvWindow'])).toBeLessThanOrEqual(3000);
  expect(world.events.filter((event) => event.type === 'write_sent')).toHaveLength(1);
});

test('a cancel whose two ids belong to different orders removes neither', async () => {
  await using world = await startWorld();
  const first = await strayCancel(world);
  const second = await strayCancel(world);
  const write = { ...first, clientOrderId: second.clientOrderId };
  const result = await world.exchange.dispatch(write, world.permit(write));
  expect(result).toMatchObject({ status: 'UNKNOWN', code: -2011 });
  expect((await world.sim.state()).orders).toHaveLength(2);
});

test('a conditional order is cancelled where conditional orders are', async () => {
  await using world = await startWorld();
  const price = Number((await world.sim.state()).prices['BTCUSDT']);
  await world.sim.placeOrder({
    symbol: 'BTCUSDT',
    clientOrderId: 'stop_1',
    type: 'STOP_MARKET',
    side: 'SELL',
    quantity: '0.010',
    triggerPrice: String(Math.floor(price * 0.9)),
  });
  const seen = await world.exchange.observe({ symbols: [] });
  const order = seen.orders.find((row) => row.conditional);
  if (order === undefined) throw new Error('expected a conditional order');
  const { symbol, orderId, clientOrderId } = order;
  const write = { kind: 'cancel', symbol, orderId, clientOrderId, conditional: true } as const;
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({
    status: 'EXECUTED',
    orderId,
  });
  expect((await world.sim.state()).algoOrders).toEqual([]);
});

test('a one-way flatten closes the position and can only reduce it', async () => {
  await using world = await startWorld();
  await world.sim.setPosition('BTCUSDT', '0.010');
  await world.exchange.observe({ symbols: [] });
  const price = (Number((await world.sim.state()).prices['BTCUSDT']) * 0.98).toFixed(1);
  const write = flattenOf({ orderType: 'LIMIT', price });
  const result = await world.exchange.dispatch(write, world.permit(write));
  expect(result).toMatchObject({ status: 'EXECUTED', orderStatus: 'FILLED', executedQuantity: '0.010' });
  expect((await world.sim.state()).positions).toEqual([]);
  const again = { ...write, clientOrderId: 'grc_2' };
  expect(await world.exchange.dispatch(again, world.permit(again))).toMatchObject({
    status: 'REJECTED',
    code: -2022,
  });
});

test('a hedge flatten closes its own side and leaves the other', async () => {
  await using world = await startWorld({ simulator: { hedgeMode: true } });
  await world.sim.setPosition('BTCUSDT', '0.010', 'LONG');
  await world.sim.setPosition('BTCUSDT', '-0.020', 'SHORT');
  await world.exchange.observe({ symbols: [] });
  const write = flattenOf({ positionSide: 'SHORT', side: 'BUY', quantity: '0.020' });
  const result = await world.exchange.dispatch(write, world.permit(write));
  expect(result).toMatchObject({ status: 'EXECUTED', executedQuantity: '0.020' });
  expect((await world.sim.state()).positions).toMatchObject([{ positionSide: 'LONG', positionAmt: '0.010' }]);
  const [sent] = await world.sim.writes();
  expect(sent?.params['reduceOnly']).toBeUndefined();
});

test('a flatten before the position mode is known is not sent', async () => {
  await using world = await startWorld();
  const write = flattenOf();
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'NOT_SENT' });
  expect(await world.sim.writes()).toEqual([]);
});

test('without a writer nothing is sent, whatever the permit says', async () => {
  await using world = await startWorld({ live: false });
  const write = await strayCancel(world);
  world.interlock.allowWrites(true);
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'NOT_SENT' });
  await world.exchange.setWriter(true);
  await world.exchange.setWriter(false);
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'NOT_SENT' });
  expect(await world.sim.writes()).toEqual([]);
  expect((await world.sim.state()).orders).toHaveLength(1);
});

test('a writer whose write switch is off sends nothing', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  world.interlock.allowWrites(false);
  expect(await world.exchange.dispatch(write, world.permit(write))).toEqual({
    status: 'NOT_SENT',
    message: 'not armed',
  });
  expect(await world.sim.writes()).toEqual([]);
});

const LAST_MOMENT = [
  { name: 'a stop', message: 'stop latched', act: 'setLatch' },
  { name: 'something that gets worse', message: 'permit void', act: 'advance' },
] as const;

for (const { name, message, act } of LAST_MOMENT) {
  test(`${name} while ccxt is still preparing the request keeps it from leaving`, async () => {
    await using world = await startWorld();
    const write = await strayCancel(world);
    const dispatched = world.exchange.dispatch(write, world.permit(write));
    world.interlock[act]();
    expect(await dispatched).toMatchObject({ status: 'NOT_SENT', message: expect.stringContaining(message) });
    expect(await world.sim.writes()).toEqual([]);
    expect(world.events.filter((event) => event.type === 'write_sent')).toEqual([]);
  });
}

test('a permit that has expired sends nothing', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  const permit = world.permit(write, { deadlineMonoMs: systemClock.monoMs() });
  expect(await world.exchange.dispatch(write, permit)).toMatchObject({ status: 'NOT_SENT' });
  expect(await world.sim.writes()).toEqual([]);
});

test('F42 suspend: a permit that expired while the machine slept sends nothing', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  const permit = world.permit(write, { deadlineMs: systemClock.wallMs() });
  expect(await world.exchange.dispatch(write, permit)).toEqual({
    status: 'NOT_SENT',
    message: 'permit expired',
  });
  expect(await world.sim.writes()).toEqual([]);
});

test('a request that differs from its intent is not sent', async () => {
  await using world = await startWorld();
  const promised = await strayCancel(world);
  const write = await strayCancel(world);
  expect(await world.exchange.dispatch(write, world.permit(promised))).toEqual({
    status: 'NOT_SENT',
    message: 'request differs from its intent',
  });
  expect(await world.sim.writes()).toEqual([]);
});

test('a permit sends once, at the same time and later', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  const permit = world.permit(write);
  const results = await Promise.all([
    world.exchange.dispatch(write, permit),
    world.exchange.dispatch(write, permit),
  ]);
  expect(results.map((result) => result.status).sort()).toEqual(['EXECUTED', 'NOT_SENT']);
  await world.exchange.setWriter(false);
  await world.exchange.setWriter(true);
  expect(await world.exchange.dispatch(write, permit)).toMatchObject({ status: 'NOT_SENT' });
  expect(await world.sim.writes()).toHaveLength(1);
});

import { expect, test } from 'bun:test';
import { connectCcxt, startTestSimulator, until } from '../helpers/simulator.ts';

test('ccxt loads the markets, the delivery contract too', async () => {
  await using sim = await startTestSimulator();
  const exchange = await connectCcxt(sim.simulator);
  const markets = await exchange.loadMarkets();
  expect(Object.keys(markets)).toContain('BTC/USDT:USDT-261225');
  expect(markets['BTC/USDT:USDT']).toMatchObject({ id: 'BTCUSDT', precision: { amount: 0.001, price: 0.1 } });
  await exchange.close();
});

test('ccxt places, reads and cancels an order by its client order id', async () => {
  await using sim = await startTestSimulator();
  const exchange = await connectCcxt(sim.simulator);
  const symbol = 'BTC/USDT:USDT';
  const placed = await exchange.createOrder(symbol, 'limit', 'buy', 0.002, 40_000, { clientOrderId: 'mine' });
  expect(placed).toMatchObject({ status: 'open', clientOrderId: 'mine', price: 40_000 });
  expect(await exchange.fetchOpenOrders(symbol)).toHaveLength(1);
  expect(await exchange.fetchOpenOrders()).toHaveLength(1);
  expect(await exchange.fetchOrder(undefined, symbol, { clientOrderId: 'mine' })).toMatchObject({
    id: placed['id'],
    status: 'open',
    remaining: 0.002,
  });
  const canceled = await exchange.cancelOrder(undefined, symbol, { clientOrderId: 'mine' });
  expect(canceled).toMatchObject({ status: 'canceled' });
  expect(await exchange.fetchOpenOrders()).toEqual([]);
  expect((await sim.writes()).map((entry) => entry.method)).toEqual(['POST', 'DELETE']);
  await exchange.close();
});

test('ccxt sees conditional orders only when it asks for them, and cancels them by client id', async () => {
  await using sim = await startTestSimulator();
  const exchange = await connectCcxt(sim.simulator);
  const symbol = 'ETH/USDT:USDT';
  await exchange.createOrder(symbol, 'market', 'sell', 0.05, undefined, {
    stopLossPrice: 2000,
    clientOrderId: 'stop_1',
  });
  expect(await exchange.fetchOpenOrders()).toEqual([]);
  const waiting = await exchange.fetchOpenOrders(undefined, undefined, undefined, { trigger: true });
  expect(waiting).toMatchObject([{ clientOrderId: 'stop_1', symbol, triggerPrice: 2000 }]);
  await exchange.cancelOrder(undefined, symbol, { clientOrderId: 'stop_1', trigger: true });
  expect(await exchange.fetchOpenOrders(symbol, undefined, undefined, { trigger: true })).toEqual([]);
  await exchange.close();
});

test('ccxt reads positions, position mode and mark price', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const exchange = await connectCcxt(sim.simulator);
  await sim.setPosition('SOLUSDT', '-0.5');
  expect(await exchange.fetchPositions()).toMatchObject([
    { symbol: 'SOL/USDT:USDT', side: 'short', contracts: 0.5, hedged: false },
  ]);
  expect(await exchange.fetchPositionMode()).toMatchObject({ hedged: false });
  expect(await exchange.fetchMarkPrice('SOL/USDT:USDT')).toMatchObject({ markPrice: 98 });
  const closed = await exchange.createOrder('SOL/USDT:USDT', 'market', 'buy', 0.5, undefined, {
    reduceOnly: true,
  });
  expect(closed).toMatchObject({ status: 'closed', filled: 0.5, reduceOnly: true });
  expect(await exchange.fetchPositions()).toEqual([]);
  await exchange.close();
});

test('ccxt keeps the error classes of the exchange', async () => {
  await using sim = await startTestSimulator();
  const exchange = await connectCcxt(sim.simulator);
  const symbol = 'BTC/USDT:USDT';
  const order = (params: object) =>
    exchange.createOrder(symbol, 'market', 'buy', 0.002, undefined, { ...params });
  await expect(order({ reduceOnly: true })).rejects.toThrow('"code":-2022');
  await expect(exchange.cancelOrder(undefined, symbol, { clientOrderId: 'nobody' })).rejects.toThrow(
    '"code":-2011',
  );
  await expect(exchange.fetchOrder(undefined, symbol, { clientOrderId: 'nobody' })).rejects.toThrow(
    '"code":-2013',
  );
  await exchange.close();
});

test('ccxt hears orders over the websocket', async () => {
  await using sim = await startTestSimulator();
  const exchange = await connectCcxt(sim.simulator);
  const heard = exchange.watchOrders();
  await until(async () => (await sim.state()).connections === 1, 'the websocket');
  const id = await sim.placeStray('BTCUSDT');
  expect(await heard).toMatchObject([{ clientOrderId: id, symbol: 'BTC/USDT:USDT', status: 'open' }]);
  await exchange.close();
});

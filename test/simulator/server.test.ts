import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { startTestSimulator, until } from '../helpers/simulator.ts';

test('a client that leaves mid-request and one with a strange path do no harm', async () => {
  await using sim = await startTestSimulator();
  await sendRaw(
    sim.simulator.port,
    'POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf',
  );
  await sendRaw(sim.simulator.port, 'GET // HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(async () => (await sim.plain('GET', '/fapi/v1/ping')).status === 200, 'an answer');
});

test('a taken port is an error at the start, and a closed simulator frees its port', async () => {
  const first = await startTestSimulator();
  const { port } = first.simulator;
  await expect(startTestSimulator({ port })).rejects.toThrow();
  await first.simulator.close();
  await using second = await startTestSimulator({ port });
  expect(second.simulator.restUrl).toBe(`http://127.0.0.1:${port}`);
});

test('the control side says what it expected', async () => {
  await using sim = await startTestSimulator();
  await expect(sim.setPosition('NOPEUSDT', '1')).rejects.toThrow('a listed symbol');
  await expect(sim.setPrice('BTCUSDT', 'NaN')).rejects.toThrow('a decimal number');
  await expect(sim.trader('pause')).rejects.toThrow('has no trader');
  await expect(sim.fault({ kind: 'unheard_of' })).rejects.toThrow('400');
});

test('conditional orders and protective orders can be placed from the control side', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  await sim.setPosition('BTCUSDT', '0.002');
  await sim.placeOrder({ symbol: 'BTCUSDT', side: 'SELL', triggerPrice: '40000', closePosition: true });
  const resting = {
    symbol: 'BTCUSDT',
    side: 'SELL',
    price: '44000',
    quantity: '0.002',
    clientOrderId: 'close_1',
  };
  await sim.placeOrder({ ...resting, reduceOnly: true });
  const { orders, algoOrders } = await sim.state();
  expect(orders).toMatchObject([{ clientOrderId: 'close_1', reduceOnly: true }]);
  expect(algoOrders).toMatchObject([{ orderType: 'STOP_MARKET', closePosition: true }]);
  await sim.setPosition('BTCUSDT', '0');
  expect((await sim.state()).orders).toEqual([]);
});

test('a resting order can be filled in part from the control side', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const id = await sim.placeStray('ETHUSDT');
  await sim.fill(id, '0.004');
  const { orders, positions } = await sim.state();
  expect(orders).toMatchObject([{ status: 'PARTIALLY_FILLED', executedQty: '0.004' }]);
  expect(positions).toMatchObject([{ symbol: 'ETHUSDT', positionAmt: '0.004' }]);
});

function sendRaw(port: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, () => setTimeout(() => socket.destroy(), 50));
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
}

import { expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { compareWithReads } from '../../src/daemon/comparing.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { createCcxtExchange } from '../../src/exchange/ccxt.ts';
import { scratch } from '../engine/durable.ts';
import { session, text } from '../engine/feed-lines.ts';
import { exchangeOptions, QUICK } from '../exchange/world.ts';
import { startTestSimulator } from '../helpers/simulator.ts';
import { coreIn } from './core.ts';

const STOP = 'grinder_1_BTCUSDT_1_1700000000_1';

/** A core over the real exchange path, whose engine believes in a live stop order. */
async function believing(directory: string) {
  const sim = await startTestSimulator({ priceStepMs: 0 });
  const rig = coreIn(directory, {});
  const exchange = createCcxtExchange({
    options: exchangeOptions(sim),
    interlock: createInterlock(),
    clock: rig.clock,
    timing: QUICK,
  });
  const core = { ...rig.core, exchange };
  const price = Number((await sim.state()).prices['BTCUSDT']);
  const stop = { symbol: 'BTCUSDT', side: 'SELL', quantity: '0.010', clientOrderId: STOP, reduceOnly: true };
  await sim.placeOrder({ ...stop, type: 'STOP_MARKET', triggerPrice: String(Math.floor(price * 0.9)) });
  const order = {
    client_order_id: STOP,
    symbol: 'BTCUSDT',
    side: 'SELL',
    order_type: 'STOP_MARKET',
    price: '0',
    quantity: '0.010',
    reduce_only: true,
  };
  const engine = session('s', rig.clock.wallMs());
  appendFileSync(rig.feedPath, text(engine.checkpoint({ orders: [order] })), { mode: 0o600 });
  core.feed.poll();
  rig.clock.advance(60_000);
  const look = async () => {
    const seen = await exchange.observe({ symbols: ['BTCUSDT'] });
    rig.clock.advance(1000);
    return { shown: seen.orders.length, found: (await compareWithReads(core, seen)).mismatches };
  };
  const tellEnd = (): void => {
    appendFileSync(rig.feedPath, text(engine.end(STOP)));
    core.feed.poll();
  };
  const close = async (): Promise<void> => {
    await exchange.close();
    await sim.simulator.close();
  };
  return { sim, look, close, tellEnd, asked: () => core.vitals.targeted.size };
}

test('a conditional order that a list leaves out is asked for among conditional orders, and is not missing', async () => {
  using directory = scratch();
  const { sim, look, close } = await believing(directory.path);
  expect(await look()).toEqual({ shown: 1, found: [] });
  await sim.fault({ kind: 'status', status: 200, body: [], match: { path: 'openAlgoOrders' } });
  expect(await look()).toEqual({ shown: 0, found: [] });
  const asked = (await sim.log()).filter(({ path }) => /\/(algoOrder|order)$/.test(path));
  expect(asked.map(({ path, status }) => [path, status])).toEqual([['/fapi/v1/algoOrder', 200]]);
  await close();
});

test('a conditional order that was cancelled is missing', async () => {
  using directory = scratch();
  const { sim, look, close } = await believing(directory.path);
  await sim.cancelOrders({ clientOrderId: STOP });
  expect((await look()).found.map(({ type, clientOrderId }) => [type, clientOrderId])).toEqual([
    ['ORDER_MISSING_ON_EXCHANGE', STOP],
  ]);
  await close();
});

test('what was asked about an order is forgotten once the engine says that it ended', async () => {
  using directory = scratch();
  const { sim, look, close, tellEnd, asked } = await believing(directory.path);
  await sim.cancelOrders({ clientOrderId: STOP });
  expect((await look()).found).toHaveLength(1);
  expect(asked()).toBe(1);
  tellEnd();
  expect((await look()).found).toEqual([]);
  expect(asked()).toBe(0);
  await close();
});

import { expect, test } from 'bun:test';
import type { ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import { EMPTY_VIEW, hear, show } from '../../src/engine/view.ts';
import { takeSnapshot } from '../../src/engine/view-snapshot.ts';
import { DEFAULT_STREAM_TIMING, failuresAfter, retryDelayMs } from '../../src/exchange/stream.ts';
import { until } from '../helpers/simulator.ts';
import { startWorld, type World } from './world.ts';

const count = (world: World, type: string) => world.events.filter((event) => event.type === type).length;
/** Waits for the n-th connection, and for the full read it asks for to be gathered. */
const up = (world: World, times = 1) =>
  until(() => {
    const at = world.events.findLastIndex((event) => event.type === 'stream_up');
    const later = world.events.slice(at).some((event) => event.type === 'account_changed');
    return count(world, 'stream_up') >= times && later;
  }, `stream_up ${times}`);
const changed = (world: World, symbol: string) =>
  until(
    () => world.events.find((event) => event.type === 'account_changed' && event.symbols.includes(symbol)),
    `a change of ${symbol}`,
  );
const told = (world: World) =>
  world.events.flatMap((event) => (event.type === 'account_update' ? [event] : []));
const toldOrder = (world: World, clientOrderId: string, status: string): Promise<ObservedOrder> =>
  until(
    () =>
      told(world)
        .flatMap(({ orders }) => orders)
        .find((order) => order.clientOrderId === clientOrderId && order.status === status),
    `${clientOrderId} ${status}`,
  );
const toldPosition = (world: World, symbol: string, amount: string): Promise<ObservedPosition> =>
  until(
    () =>
      told(world)
        .flatMap(({ positions }) => positions)
        .find((position) => position.symbol === symbol && Number(position.amount) === Number(amount)),
    `${symbol} ${amount}`,
  );
const sorted = (order: ObservedOrder) => Object.entries(order).toSorted(([a], [b]) => (a < b ? -1 : 1));
const resync = (world: World, from: number) =>
  until(
    () =>
      world.events
        .slice(from)
        .find((event) => event.type === 'account_changed' && event.symbols.length === 0),
    'a call for a full read',
  );

test('connecting asks for a full read, since nobody listened before', async () => {
  await using world = await startWorld();
  await up(world);
  await resync(world, 0);
});

test('an order and a position are heard of with their symbols and the time of the event', async () => {
  await using world = await startWorld();
  await up(world);
  await world.sim.placeStray('ETHUSDT');
  const event = await changed(world, 'ETHUSDT');
  expect(event).toMatchObject({ type: 'account_changed' });
  expect('eventTimeMs' in event && event.eventTimeMs).toBeGreaterThan(1_600_000_000_000);
  await world.sim.setPosition('SOLUSDT', '1');
  await changed(world, 'SOLUSDT');
});

test('F39 flood: frames become a few events, and what was too much to keep asks for a full read', async () => {
  await using world = await startWorld();
  await up(world);
  const from = world.events.length;
  await world.sim.fault({ kind: 'flood', count: 5000 });
  await resync(world, from);
  expect(count(world, 'account_changed')).toBeLessThan(100);
  expect(told(world).length).toBeLessThan(100);
  expect(Math.max(0, ...told(world).map(({ orders }) => orders.length))).toBeLessThanOrEqual(1000);
  await world.sim.setPosition('ETHUSDT', '1');
  await toldPosition(world, 'ETHUSDT', '1');
});

test('an order is told as the exchange has it, from its beginning to its end', async () => {
  await using world = await startWorld();
  await up(world);
  const clientOrderId = await world.sim.placeStray('ETHUSDT');
  const [row] = (await world.sim.state()).orders;
  const update = await toldOrder(world, clientOrderId, 'NEW');
  expect(update).toMatchObject({ symbol: 'ETHUSDT', price: row?.price ?? '', quantity: row?.origQty ?? '' });
  expect(update).toMatchObject({
    filledQuantity: '0.000',
    conditional: false,
    orderId: String(row?.orderId),
  });
  const read = await world.exchange.observe({ symbols: ['ETHUSDT'] });
  expect(read.orders.map((order) => JSON.stringify(sorted(order)))).toEqual([JSON.stringify(sorted(update))]);
  await world.sim.cancelOrders({ clientOrderId });
  await toldOrder(world, clientOrderId, 'CANCELED');
});

test('a conditional order is told as the exchange has it', async () => {
  await using world = await startWorld();
  await up(world);
  await world.sim.placeOrder({
    symbol: 'BTCUSDT',
    side: 'SELL',
    triggerPrice: '1000',
    clientOrderId: 'stop-1',
  });
  const update = await toldOrder(world, 'stop-1', 'NEW');
  const read = await world.exchange.observe({ symbols: ['BTCUSDT'] });
  expect(read.orders.map((order) => JSON.stringify(sorted(order)))).toEqual([JSON.stringify(sorted(update))]);
});

test('a position is told as the exchange has it', async () => {
  await using world = await startWorld();
  await up(world);
  await world.sim.setPosition('ETHUSDT', '-2');
  const update = await toldPosition(world, 'ETHUSDT', '-2');
  const read = await world.exchange.observe({ symbols: ['ETHUSDT'] });
  expect(read.positions.filter(({ symbol }) => symbol === 'ETHUSDT')).toEqual([update]);
});

for (const [fault, kind] of [
  ['F34 duplicate', 'duplicate'],
  ['F35 reordered', 'reorder'],
] as const) {
  test(`${fault}: frames end in the same view`, async () => {
    await using world = await startWorld();
    await up(world);
    const base = await world.exchange.observe({ symbols: ['ETHUSDT'] });
    const from = world.events.length;
    await world.sim.fault({ kind, times: 0 });
    const kept = await world.sim.placeStray('ETHUSDT');
    const ended = await world.sim.placeStray('ETHUSDT');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await world.sim.cancelOrders({ clientOrderId: ended });
    await world.sim.setPosition('ETHUSDT', '2');
    await world.sim.clearFaults();
    await world.sim.setPosition('BTCUSDT', '1');
    await toldPosition(world, 'BTCUSDT', '1');
    await toldOrder(world, ended, 'CANCELED');
    const view = world.events
      .slice(from)
      .reduce(
        (known, event) => (event.type === 'account_update' ? hear(known, event) : known),
        takeSnapshot(EMPTY_VIEW, base).view,
      );
    const shown = show(view, base);
    expect(shown.orders.map(({ clientOrderId }) => clientOrderId)).toEqual([kept]);
    expect(shown.positions.map(({ symbol, amount }) => [symbol, Number(amount)]).sort()).toEqual([
      ['BTCUSDT', 1],
      ['ETHUSDT', 2],
    ]);
  });
}

test('a quiet account keeps its connection, since the server answers', async () => {
  await using world = await startWorld({ timing: { silenceMs: 100, probeMs: 20 } });
  await up(world);
  const before = (await world.sim.log()).length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(count(world, 'stream_down')).toBe(0);
  expect(count(world, 'stream_alive')).toBeGreaterThan(0);
  expect(await world.sim.log()).toHaveLength(before);
});

test('F33 silence: it is noticed, asks for a full read, and ends with a new connection', async () => {
  await using world = await startWorld();
  await up(world);
  await until(() => count(world, 'stream_alive') > 0, 'a first sign of life');
  const from = world.events.length;
  await world.sim.fault({ kind: 'silence' });
  await until(() => count(world, 'stream_down') > 0, 'stream_down');
  await resync(world, from);
  await world.sim.clearFaults();
  await up(world, 2);
  await world.sim.placeStray('ETHUSDT');
  await changed(world, 'ETHUSDT');
});

test('F33 silence: a server that is silent from the start is noticed too', async () => {
  await using world = await startWorld();
  await world.sim.fault({ kind: 'silence' });
  await world.sim.fault({ kind: 'drop' });
  await until(
    () => world.events.some((event) => event.type === 'stream_down' && event.why.startsWith('no frame')),
    'a silent connection to be given up',
  );
});

for (const [fault, kind] of [
  ['F37 disconnect', 'drop'],
  ['F36 listenKey expired', 'expire_listen_key'],
] as const) {
  test(`${fault}: the stream comes back`, async () => {
    await using world = await startWorld();
    await up(world);
    await world.sim.fault({ kind });
    await up(world, 2);
    expect(count(world, 'stream_down')).toBeGreaterThan(0);
    await world.sim.placeStray('ETHUSDT');
    await changed(world, 'ETHUSDT');
  });
}

test.each([
  ['never came up', null, 4],
  ['was dropped at once', 0, 4],
  ['was dropped before the longest delay had passed', 59_999, 4],
  ['lived for as long as the longest delay', 60_000, 0],
])('F37 disconnect: after three failures a connection that %s leaves %p', (_what, upMs, left) => {
  expect(failuresAfter(3, { why: '', upMs }, DEFAULT_STREAM_TIMING)).toBe(left);
});

test('F37 disconnect: a server that takes connections and drops them at once is asked less and less often', () => {
  const delays: number[] = [];
  let failures = 0;
  for (let spentMs = 0; spentMs < 300_000; spentMs += delays.at(-1) ?? 0) {
    failures = failuresAfter(failures, { why: '', upMs: 5 }, DEFAULT_STREAM_TIMING);
    delays.push(retryDelayMs(failures, DEFAULT_STREAM_TIMING));
  }
  expect(delays.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(delays.length).toBeLessThan(15);
});

test('connections that are refused are tried again', async () => {
  await using world = await startWorld();
  await up(world);
  await world.sim.fault({ kind: 'refuse', times: 2 });
  await world.sim.fault({ kind: 'drop' });
  await up(world, 2);
  expect(count(world, 'stream_down')).toBeGreaterThanOrEqual(3);
});

test('F38 malformed frame: one that is not JSON asks for a full read and breaks nothing', async () => {
  await using world = await startWorld();
  await up(world);
  await resync(world, 0);
  const from = world.events.length;
  await world.sim.fault({ kind: 'malformed' });
  await resync(world, from);
  await world.sim.placeStray('ETHUSDT');
  await changed(world, 'ETHUSDT');
  expect(count(world, 'stream_down')).toBe(0);
});

test('the listen key is extended at intervals', async () => {
  await using world = await startWorld({ timing: { renewMs: 100 } });
  await up(world);
  await until(
    async () => (await world.sim.log()).filter((entry) => entry.method === 'PUT').length >= 2,
    'two renewals',
  );
  expect(count(world, 'stream_down')).toBe(0);
});

test('F37 24 h limit: a connection is replaced before the exchange would end it', async () => {
  await using world = await startWorld({ timing: { lifeMs: 200 } });
  await up(world, 2);
});

/** Reads that lie: what the exchange answers is well formed and not true, over the real path. */
import { expect, test } from 'bun:test';
import { compare } from '../../src/engine/compare.ts';
import { prepareWrite } from '../../src/engine/prepare-write.ts';
import { answerOf, foldTargeted } from '../../src/engine/targeted.ts';
import type { Observation } from '../../src/engine/types.ts';
import { EMPTY_VIEW, hear, show } from '../../src/engine/view.ts';
import { takeSnapshot } from '../../src/engine/view-snapshot.ts';
import { clockSkew } from '../../src/gates/clock-skew.ts';
import {
  expectedOrder,
  expectedState,
  flattenMismatch,
  openInput,
  openWorld,
  options,
  planned,
} from '../helpers/engine-world.ts';
import { until } from '../helpers/simulator.ts';
import { startWorld, type World } from './world.ts';

const SYMBOLS = ['BTCUSDT'];
/** What the engine believes of so many orders that are live on the exchange. */
async function believed(world: World, count: number) {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await world.sim.placeStray('BTCUSDT'));
  const { orders } = await world.exchange.observe({ symbols: SYMBOLS });
  return expectedState(
    ids.map((clientOrderId, n) => {
      const row = orders.find((order) => order.clientOrderId === clientOrderId);
      if (row === undefined) throw new Error(`expected ${clientOrderId} to be read`);
      const { side, price, quantity } = row;
      return expectedOrder(n, { clientOrderId, side, price, quantity, readAtMonoMs: 0 });
    }),
  );
}
const optionsFor = (seen: Observation) => options({ now: { wallMs: 0, monoMs: seen.endedMonoMs + 60_000 } });
/** Asks for what a comparison wants to know, and compares again with the answers. */
async function compareAsking(
  world: World,
  expected: Awaited<ReturnType<typeof believed>>,
  seen: Observation,
) {
  const first = compare(expected, seen, optionsFor(seen));
  const reads = await Promise.all(
    first.queries.map(async (clientOrderId) => {
      const found = await world.exchange.queryOrder({
        symbol: 'BTCUSDT',
        clientOrderId,
        orderId: null,
        conditional: false,
      });
      const answer = found.kind === 'found' ? answerOf(found.order.status) : found.kind;
      const status = found.kind === 'found' ? found.order.status : null;
      return { clientOrderId, answer, status, readAtMonoMs: seen.endedMonoMs + 1 };
    }),
  );
  const targeted = foldTargeted(new Map(), { reads, observed: [] });
  return { asked: reads.length, ...compare(expected, seen, { ...optionsFor(seen), targeted }) };
}

test('F27 a lagging -2013: an order that the list shows is there, whatever a targeted read says', async () => {
  await using world = await startWorld();
  const expected = await believed(world, 2);
  await world.sim.fault({ kind: 'status', status: 400, code: -2013, match: { path: 'order' }, times: 0 });
  const seen = await world.exchange.observe({ symbols: SYMBOLS });
  const [id = ''] = expected.orders.keys();
  const asked = { symbol: 'BTCUSDT', clientOrderId: id, orderId: null, conditional: false };
  expect(await world.exchange.queryOrder(asked)).toEqual({ kind: 'not_found' });
  const denied = { clientOrderId: id, answer: 'not_found', status: null, readAtMonoMs: 1 } as const;
  const targeted = foldTargeted(new Map(), { reads: [denied, denied, denied], observed: [] });
  expect(compare(expected, seen, { ...optionsFor(seen), targeted }).mismatches).toEqual([]);
});

test('F28 partial page: orders that a list leaves out are asked for, and none is missing', async () => {
  await using world = await startWorld();
  const expected = await believed(world, 6);
  await world.sim.fault({ kind: 'partial_page', match: { path: 'openOrders' } });
  const seen = await world.exchange.observe({ symbols: SYMBOLS });
  expect(seen.orders).toHaveLength(3);
  const found = await compareAsking(world, expected, seen);
  expect([found.asked, found.mismatches]).toEqual([3, []]);
});

test('F28 partial page: an order that it leaves out and that is really gone is missing', async () => {
  await using world = await startWorld();
  const expected = await believed(world, 2);
  const [id = ''] = expected.orders.keys();
  await world.sim.cancelOrders({ clientOrderId: id });
  const seen = await world.exchange.observe({ symbols: SYMBOLS });
  const found = await compareAsking(world, expected, seen);
  expect(found.mismatches.map(({ type, clientOrderId }) => [type, clientOrderId])).toEqual([
    ['ORDER_MISSING_ON_EXCHANGE', id],
  ]);
});

test.each(['openOrders', 'openAlgoOrders'])(
  'a list of %s about another symbol is a failed read, and shows neither',
  async (path) => {
    await using world = await startWorld();
    const price = Number((await world.sim.state()).prices['BTCUSDT']);
    await world.sim.placeStray('BTCUSDT');
    await world.sim.placeOrder({
      symbol: 'BTCUSDT',
      side: 'SELL',
      triggerPrice: String(Math.floor(price * 0.9)),
      clientOrderId: 'stop-1',
    });
    await world.exchange.observe({ symbols: SYMBOLS });
    const patch = { symbol: 'ETHUSDT' };
    await world.sim.fault({ kind: 'patch', match: { path, symbol: 'BTCUSDT' }, patch });
    const seen = await world.exchange.observe({ symbols: SYMBOLS });
    expect(seen.complete).toBe(false);
    expect(seen.reads.filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
      { endpoint: path, outcome: 'unparsable', error: expect.stringContaining('found others') },
    ]);
    expect(seen.orders.map(({ symbol }) => symbol)).toEqual(['BTCUSDT']);
  },
);

test('F29 stale snapshot: what the stream told since is not undone by an older page', async () => {
  await using world = await startWorld();
  await until(() => world.events.some(({ type }) => type === 'stream_up'), 'the stream');
  const old = await world.sim.placeStray('BTCUSDT');
  await world.sim.setPosition('ETHUSDT', '1');
  const base = await world.exchange.observe({ symbols: SYMBOLS });
  await world.sim.fault({ kind: 'stale', match: { method: 'GET' }, times: 0 });
  const from = world.events.length;
  const placed = await world.sim.placeStray('BTCUSDT');
  await world.sim.cancelOrders({ clientOrderId: old });
  await world.sim.setPosition('ETHUSDT', '3');
  const told = () =>
    world.events.slice(from).flatMap((event) => (event.type === 'account_update' ? [event] : []));
  await until(
    () => told().some(({ positions }) => positions.some(({ amount }) => Number(amount) === 3)),
    'news',
  );
  const page = await world.exchange.observe({ symbols: SYMBOLS });
  expect(page.orders.map(({ clientOrderId }) => clientOrderId)).toEqual([old]);
  const view = told().reduce(hear, takeSnapshot(EMPTY_VIEW, base).view);
  const shown = show(takeSnapshot(view, page).view, page);
  expect(shown.orders.map(({ clientOrderId }) => clientOrderId)).toEqual([placed]);
  expect(shown.positions.map(({ amount }) => Number(amount))).toEqual([3]);
});

test.each([
  ['is flat', '0', 'is gone'],
  ['flipped', '-0.001', 'moved'],
  ['grew', '0.002', 'moved'],
  ['shrank', '0.0005', 'moved'],
])('F32 a position that %s between plan and send is not flattened', async (_what, amount, why) => {
  await using world = await startWorld();
  await world.sim.setPosition('BTCUSDT', '0.001');
  const { positions } = await world.exchange.observe({ symbols: SYMBOLS });
  const [position] = positions;
  if (position === undefined) throw new Error('expected a position');
  await until(() => Date.now() > position.updatedAtMs, 'the next millisecond');
  await world.sim.setPosition('BTCUSDT', amount);
  const action = planned(flattenMismatch('0.001', position));
  const prepared = await prepareWrite(action, {
    exchange: world.exchange,
    newClientOrderId: () => 'grc_1',
    flattenTerms: () => {
      throw new Error('no terms are asked for');
    },
  });
  expect(prepared).toMatchObject({ kind: 'blocked', text: expect.stringContaining(why) });
  expect(await world.sim.writes()).toEqual([]);
});

test.each([-20_000, -600, 600, 20_000])(
  'F40 skew: an exchange clock %i ms off closes the gate, and signed reads go on by its time',
  async (offsetMs) => {
    await using world = await startWorld();
    await world.sim.setClockOffset(offsetMs);
    const reading = await world.exchange.readClock();
    if (reading.kind !== 'ok') throw new Error(reading.error);
    expect(Math.abs(reading.offsetMs - offsetMs)).toBeLessThan(100);
    const clock = { offsetMs: reading.offsetMs, measuredAgeMs: 0, limitMs: 500, maxAgeMs: 60_000 };
    expect(clockSkew.judge(openInput({ world: openWorld({ clock }) }).world).open).toBe(false);
    expect((await world.exchange.observe({ symbols: SYMBOLS })).complete).toBe(true);
  },
);

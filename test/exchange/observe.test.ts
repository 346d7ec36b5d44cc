import { expect, test } from 'bun:test';
import { systemClock } from '../../src/engine/clock.ts';
import { until } from '../helpers/simulator.ts';
import { byClientId, startWorld } from './world.ts';

test('a picture holds orders, conditional orders, positions, prices and the position mode', async () => {
  await using world = await startWorld();
  const { sim, exchange } = world;
  const stray = await sim.placeStray('BTCUSDT');
  const price = Number((await sim.state()).prices['BTCUSDT']);
  await sim.placeOrder({
    symbol: 'BTCUSDT',
    clientOrderId: 'stop_1',
    type: 'STOP_MARKET',
    side: 'SELL',
    quantity: '0.010',
    triggerPrice: String(Math.floor(price * 0.9)),
    reduceOnly: true,
  });
  await sim.setPosition('ETHUSDT', '-1.500');
  const seen = await exchange.observe({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  expect(seen.reads.filter((read) => read.outcome !== 'ok')).toEqual([]);
  expect(seen.complete).toBe(true);
  expect(seen.positionMode).toBe('one_way');
  expect(byClientId(seen.orders, stray)).toMatchObject({
    symbol: 'BTCUSDT',
    conditional: false,
    status: 'NEW',
  });
  expect(byClientId(seen.orders, 'stop_1')).toMatchObject({ conditional: true, reduceOnly: true });
  expect(seen.positions).toMatchObject([{ symbol: 'ETHUSDT', positionSide: 'BOTH', amount: '-1.500' }]);
  expect(seen.prices.map((entry) => entry.symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(seen.endedMonoMs).toBeGreaterThanOrEqual(seen.startedMonoMs);
});

test('every read tells when it began, when it ended, and the time of the exchange', async () => {
  await using world = await startWorld();
  const beforeMs = systemClock.wallMs();
  const seen = await world.exchange.observe({ symbols: ['BTCUSDT'] });
  expect(seen.reads.length).toBeGreaterThan(4);
  for (const { took } of seen.reads) {
    expect(took?.startedMonoMs).toBeGreaterThanOrEqual(seen.startedMonoMs);
    expect(took?.endedMonoMs).toBeGreaterThanOrEqual(took?.startedMonoMs ?? Number.POSITIVE_INFINITY);
    expect(took?.endedMonoMs).toBeLessThanOrEqual(seen.endedMonoMs);
    expect(took?.serverMs).toBeGreaterThan(beforeMs - 2000);
  }
});

test('an empty account is complete and empty', async () => {
  await using world = await startWorld();
  const seen = await world.exchange.observe({ symbols: [] });
  expect(seen.complete).toBe(true);
  expect([seen.orders, seen.positions, seen.prices]).toEqual([[], [], []]);
});

test('in hedge mode each side of a position has its row', async () => {
  await using world = await startWorld({ simulator: { hedgeMode: true } });
  await world.sim.setPosition('BTCUSDT', '0.500', 'LONG');
  await world.sim.setPosition('BTCUSDT', '-0.200', 'SHORT');
  const seen = await world.exchange.observe({ symbols: ['BTCUSDT'] });
  expect(seen.positionMode).toBe('hedge');
  expect(seen.positions.map(({ positionSide, amount }) => [positionSide, amount]).sort()).toEqual([
    ['LONG', '0.500'],
    ['SHORT', '-0.200'],
  ]);
});

test('F31 unexpected hedge mode: the mode is remembered, and read again when positions contradict it', async () => {
  await using world = await startWorld();
  const { sim, exchange } = world;
  await exchange.observe({ symbols: [] });
  await exchange.observe({ symbols: [] });
  const modeReads = async () =>
    (await sim.log()).filter((entry) => entry.path.endsWith('/positionSide/dual')).length;
  expect(await modeReads()).toBe(1);
  await sim.setPosition('BTCUSDT', '0.100');
  await sim.fault({ kind: 'patch', match: { path: 'positionRisk' }, patch: { positionSide: 'LONG' } });
  const seen = await exchange.observe({ symbols: [] });
  expect(await modeReads()).toBe(2);
  expect(seen.positionMode).toBeNull();
  expect(seen.complete).toBe(false);
});

const FAULTS = [
  { name: 'a reset', fault: { kind: 'reset' }, outcome: 'failed' },
  { name: 'a hang', fault: { kind: 'hang_before' }, outcome: 'failed' },
  { name: 'headers and then nothing', fault: { kind: 'headers_then_hang' }, outcome: 'failed' },
  { name: 'a body cut short by the connection', fault: { kind: 'headers_then_drop' }, outcome: 'failed' },
  { name: 'half of the JSON', fault: { kind: 'truncated' }, outcome: 'unparsable' },
  { name: 'a web page', fault: { kind: 'html' }, outcome: 'unparsable' },
  { name: 'an empty body', fault: { kind: 'empty' }, outcome: 'unparsable' },
  { name: 'an empty object', fault: { kind: 'empty_object' }, outcome: 'unparsable' },
  { name: 'a 502', fault: { kind: 'status', status: 502, body: 'Bad Gateway' }, outcome: 'failed' },
  {
    name: 'an error code',
    fault: { kind: 'status', status: 400, code: -1000, msg: 'unknown' },
    outcome: 'failed',
  },
] as const;

for (const path of ['openOrders', 'openAlgoOrders', 'positionRisk', 'positionSide/dual']) {
  for (const { name, fault, outcome } of FAULTS) {
    test(`${name} from ${path} makes the picture incomplete`, async () => {
      await using world = await startWorld({ options: { requestTimeoutMs: 300 } });
      await world.sim.fault({ ...fault, match: { method: 'GET', path } });
      const seen = await world.exchange.observe({ symbols: [] });
      expect(seen.complete).toBe(false);
      const bad = seen.reads.filter((read) => read.outcome !== 'ok');
      expect(bad).toMatchObject([{ endpoint: path, outcome, source: 'rest' }]);
      expect(bad[0]?.error).not.toBe('');
    });
  }
}

const BAD_FIGURES = [
  { path: 'openOrders', patch: { origQty: 'NaN' } },
  { path: 'openOrders', patch: { price: '-1' } },
  { path: 'openOrders', patch: { origQty: '1e400' } },
  { path: 'openOrders', patch: { origQty: '99999999999999999999' } },
  { path: 'openOrders', patch: { executedQty: '99' } },
  { path: 'openOrders', patch: { side: 'HOLD' } },
  { path: 'openOrders', patch: { updateTime: -1 } },
  { path: 'positionRisk', patch: { positionAmt: 'NaN' } },
  { path: 'positionRisk', patch: { positionAmt: 0.1 } },
  { path: 'positionRisk', patch: { positionSide: null } },
] as const;

for (const { path, patch } of BAD_FIGURES) {
  test(`F30 bad figures: one row with ${JSON.stringify(patch)} makes the whole read of ${path} unparsable`, async () => {
    await using world = await startWorld();
    await world.sim.placeStray('BTCUSDT');
    await world.sim.setPosition('BTCUSDT', '0.100');
    await world.sim.fault({ kind: 'patch', match: { method: 'GET', path }, patch });
    const seen = await world.exchange.observe({ symbols: [] });
    expect(seen.complete).toBe(false);
    expect(seen.reads.find((read) => read.endpoint === path)?.outcome).toBe('unparsable');
    expect(path === 'openOrders' ? seen.orders : seen.positions).toEqual([]);
  });
}

test('a missing price is told and leaves the account picture complete', async () => {
  await using world = await startWorld();
  await world.sim.fault({ kind: 'patch', match: { path: 'premiumIndex' }, patch: { markPrice: '0' } });
  const seen = await world.exchange.observe({ symbols: ['BTCUSDT'] });
  expect(seen.complete).toBe(true);
  expect(seen.prices).toEqual([]);
  expect(seen.reads.find((read) => read.source === 'price')).toMatchObject({
    outcome: 'unparsable',
    symbol: 'BTCUSDT',
  });
});

test('many symbols are priced by one call, and an unknown one makes it partial', async () => {
  await using world = await startWorld();
  const names = Object.keys((await world.sim.state()).prices);
  const symbols = [...names, ...Array.from({ length: 10 }, (_, n) => `NOPE${n}USDT`)];
  const seen = await world.exchange.observe({ symbols });
  expect(seen.prices).toHaveLength(names.length);
  expect(seen.reads.filter((read) => read.source === 'price')).toMatchObject([{ outcome: 'partial' }]);
});

test('ids with escape sequences are escaped where they enter, ordinary ones stay raw', async () => {
  await using world = await startWorld();
  await world.sim.placeStray('BTCUSDT');
  await world.sim.fault({
    kind: 'patch',
    match: { path: 'openOrders' },
    patch: { clientOrderId: 'grinder_1_\u001b[2J\u202e' },
  });
  const seen = await world.exchange.observe({ symbols: [] });
  expect(seen.orders[0]?.clientOrderId).toBe('grinder_1_\\u{1b}[2J\\u{202e}');
});

test('F40 skew: a clock that is refused is measured again, and the next picture is complete', async () => {
  await using world = await startWorld();
  await world.sim.setClockOffset(-20_000);
  expect((await world.exchange.observe({ symbols: [] })).complete).toBe(false);
  await until(async () => (await world.exchange.observe({ symbols: [] })).complete, 'a complete picture');
});

test('the used weight is told', async () => {
  await using world = await startWorld();
  await world.exchange.observe({ symbols: [] });
  expect(world.events.some((event) => event.type === 'used_weight' && event.weight >= 100)).toBe(true);
});

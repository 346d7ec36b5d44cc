import { expect, test } from 'bun:test';
import { systemClock } from '../../src/engine/clock.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { startExchange } from '../../src/exchange/client.ts';
import type { ExchangeEvent, ExchangeOptions } from '../../src/exchange/exchange.ts';
import { spawnThread } from '../../src/exchange/spawn.ts';
import { hashWire, wireRequest } from '../../src/exchange/wire.ts';
import { startTestSimulator, TEST_SECRET, until } from '../helpers/simulator.ts';
import { exchangeOptions, flattenOf, permitFor } from './world.ts';

async function startThread(entry = './entry.ts', change: Partial<ExchangeOptions> = {}) {
  const sim = await startTestSimulator({ priceStepMs: 0 });
  const interlock = createInterlock();
  interlock.clearLatch();
  const url = new URL(entry, import.meta.url);
  const exchange = startExchange(exchangeOptions(sim, change), interlock, systemClock, (data) =>
    spawnThread('exchange', data, url),
  );
  const events: ExchangeEvent[] = [];
  exchange.subscribe((event) => events.push(event));
  return {
    sim,
    interlock,
    exchange,
    events,
    [Symbol.asyncDispose]: async () => {
      await exchange.close();
      await sim.simulator.close();
    },
  };
}

/** Waits for the stream, and for the call for a full read that follows it: it voids permits. */
const connected = (events: readonly ExchangeEvent[]) =>
  until(() => {
    const up = events.findIndex(({ type }) => type === 'stream_up');
    return up >= 0 && events.slice(up).some(({ type }) => type === 'account_changed');
  }, 'a stream');

test('what the thread hears of the account voids permits by itself, before anybody in control has looked', async () => {
  await using thread = await startThread();
  const { exchange, events, interlock, sim } = thread;
  await connected(events);
  const before = interlock.epoch();
  const epochAt = new Map<string, number>();
  exchange.subscribe(({ type }) => {
    if (!epochAt.has(type)) epochAt.set(type, interlock.epoch());
  });
  await sim.placeStray('BTCUSDT');
  await until(() => epochAt.has('account_update'), 'account_update');
  expect(epochAt.get('account_update')).toBeGreaterThan(before);
});

test('the thread observes, hears the stream, and writes in stage 4 alone', async () => {
  await using thread = await startThread();
  const { exchange, sim, interlock, events } = thread;
  await sim.setPosition('BTCUSDT', '0.010');
  const seen = await exchange.observe({ symbols: ['BTCUSDT'] });
  expect(seen.complete).toBe(true);
  // The times are control's: what was read before now is not from the future, nor from another clock's past.
  const nowMs = systemClock.monoMs();
  expect(nowMs - seen.endedMonoMs).toBeLessThan(2000);
  expect(seen.endedMonoMs - nowMs).toBeLessThan(2000);
  await connected(events);
  const write = flattenOf();
  const permit = () => permitFor(interlock, hashWire(wireRequest(write, 'one_way')));
  expect(await exchange.dispatch(write, permit())).toMatchObject({ status: 'NOT_SENT' });
  interlock.allowWrites(true);
  await exchange.setWriter(true);
  interlock.setLatch();
  expect(await exchange.dispatch(write, permit())).toMatchObject({
    status: 'NOT_SENT',
    message: 'stop latched',
  });
  interlock.clearLatch();
  expect(await exchange.dispatch(write, permit())).toMatchObject({ status: 'EXECUTED' });
  expect(await sim.writes()).toHaveLength(1);
  expect(events.filter((event) => event.type === 'write_sent')).toHaveLength(1);
});

test('the clock, the key, the rules and single orders can be asked for', async () => {
  await using thread = await startThread();
  const { exchange, sim } = thread;
  await sim.setClockOffset(700);
  const reading = await exchange.readClock();
  expect(reading.kind === 'ok' && Math.abs(reading.offsetMs - 700)).toBeLessThan(150);
  expect(await exchange.keyRights()).toMatchObject({ kind: 'ok', canTradeFutures: true, canWithdraw: false });
  const rules = await exchange.rules();
  expect(rules.kind === 'ok' && rules.rules.find((rule) => rule.symbol === 'BTCUSDT')).toMatchObject({
    stepSize: expect.any(String),
    marketMaxQuantity: expect.any(String),
  });
  const clientOrderId = await sim.placeStray('BTCUSDT');
  const asked = { symbol: 'BTCUSDT', clientOrderId, orderId: null, conditional: false };
  const found = await exchange.queryOrder(asked);
  expect(found).toMatchObject({ kind: 'found', order: { clientOrderId, status: 'NEW' } });
  expect(await exchange.queryOrder({ ...asked, clientOrderId: 'nobody' })).toEqual({ kind: 'not_found' });
  expect(await exchange.queryOrder({ ...asked, clientOrderId: 'nobody', conditional: true })).toEqual({
    kind: 'not_found',
  });
  await sim.fault({ kind: 'wrong_reply', match: { path: 'order' } });
  expect(await exchange.queryOrder(asked)).toMatchObject({ kind: 'failed' });
  await sim.setPosition('BTCUSDT', '-0.250');
  expect(await exchange.queryPosition('BTCUSDT')).toMatchObject({
    kind: 'ok',
    positions: [{ amount: '-0.250' }],
    prices: [{ symbol: 'BTCUSDT' }],
  });
});

test('a thread that dies fails every call as a value, tells so, and shows no secret', async () => {
  await using thread = await startThread('./dying-entry.ts');
  const { exchange, interlock, events } = thread;
  const write = flattenOf();
  const permit = permitFor(interlock, 'x');
  const pending = await Promise.all([
    exchange.observe({ symbols: [] }),
    exchange.dispatch(write, permit),
    exchange.readClock(),
    exchange.setWriter(true),
  ]);
  expect(pending[0].complete).toBe(false);
  expect(pending[0].reads).toMatchObject([{ outcome: 'failed' }]);
  expect(pending[1].status).toBe('UNKNOWN');
  expect(pending[2].kind).toBe('failed');
  await until(() => events.some((event) => event.type === 'thread_failed'), 'thread_failed');
  expect(await exchange.dispatch(write, permit)).toMatchObject({ status: 'NOT_SENT' });
  expect(
    await exchange.queryOrder({ symbol: 'B', clientOrderId: 'a', orderId: null, conditional: false }),
  ).toMatchObject({
    kind: 'failed',
  });
  expect(JSON.stringify([events, pending])).not.toContain(TEST_SECRET);
});

test('an address of another environment fails the thread before any call', async () => {
  await using thread = await startThread('./entry.ts', { environment: 'mainnet' });
  expect(await thread.exchange.readClock()).toMatchObject({ kind: 'failed' });
  await until(() => thread.events.some((event) => event.type === 'thread_failed'), 'thread_failed');
  expect(await thread.sim.log()).toEqual([]);
});

test('a thread that never answers is given up on closing', async () => {
  const thread = await startThread('./silent-entry.ts');
  const pending = thread.exchange.readClock();
  await thread[Symbol.asyncDispose]();
  expect(await pending).toMatchObject({ kind: 'failed' });
});

test('F66 a key of another environment is refused by name, not taken for one that is not told', async () => {
  await using thread = await startThread('./entry.ts', { apiKey: 'a-key-of-the-testnet' });
  expect(await thread.exchange.keyRights()).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('-2015'),
  });
  const picture = await thread.exchange.observe({ symbols: ['BTCUSDT'] });
  expect([picture.complete, picture.orders, picture.positions]).toEqual([false, [], []]);
});

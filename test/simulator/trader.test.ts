import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeedLine, feedLineSchema } from '../../src/engine/feed-schema.ts';
import type { TraderOptions } from '../../src/simulator/trader.ts';
import { startTestSimulator, until } from '../helpers/simulator.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trader-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the feed starts with a checkpoint that says 0 for every symbol, in a file only its owner reads', async () => {
  await using _sim = await startTestSimulator({ trader: options() });
  const [first] = feed();
  expect(first).toMatchObject({ type: 'checkpoint', seq: 1, account: 'sim', environment: 'sim', orders: [] });
  expect(
    first?.type === 'checkpoint' && first.positions.map(({ symbol, amount }) => [symbol, amount]),
  ).toEqual([
    ['BTCUSDT', '0'],
    ['ETHUSDT', '0'],
    ['SOLUSDT', '0'],
  ]);
  expect(statSync(options().feedPath).mode & 0o777).toBe(0o600);
});

test('after many fills and replacements the feed still tells exactly the open orders and positions', async () => {
  await using sim = await startTestSimulator({ trader: options({ requoteMs: 5 }), priceStepMs: 2 });
  await until(() => feed().filter((line) => line.type === 'position').length >= 6, 'six fills', 20_000);
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) await sim.freezePrice(symbol);
  await sim.trader('pause');
  const { orders, positions } = replay(feed());
  const state = await sim.state();
  expect([...orders.keys()].sort()).toEqual(state.orders.map((order) => order.clientOrderId).sort());
  const held = state.positions.map((row): [string, number] => [row.symbol, Number(row.positionAmt)]);
  const believed = [...positions].filter(([, amount]) => amount !== 0);
  expect(Object.fromEntries(believed)).toEqual(Object.fromEntries(held));
  expect(feed().map((line) => line.seq)).toEqual(feed().map((_, index) => index + 1));
}, 30_000);

test('every order is in the feed before the exchange knows it', async () => {
  await using sim = await startTestSimulator({ trader: options({ requoteMs: 5 }), priceStepMs: 0 });
  for (let n = 0; n < 20; n++) {
    const open = (await sim.state()).orders.map((order) => order.clientOrderId);
    const told = new Set(feed().flatMap((line) => (line.type === 'order' ? [line.client_order_id] : [])));
    expect(open.filter((id) => !told.has(id))).toEqual([]);
  }
});

test('a stray is open in the trader identity and unknown to the feed', async () => {
  await using sim = await startTestSimulator({ trader: options() });
  await sim.trader('stray');
  const { orders, traderClientOrderIds } = await sim.state();
  const strays = orders.filter((order) => !traderClientOrderIds.includes(order.clientOrderId));
  expect(strays).toHaveLength(1);
  expect(strays[0]?.clientOrderId).toMatch(/^grinder_1_(BTC|ETH)USDT_0_\d{10}_\d+$/);
  expect(readFileSync(options().feedPath, 'utf8')).not.toContain(`"${strays[0]?.clientOrderId}"`);
});

test('an unexpected position is on the symbol that is not traded, below 100 USDT, and denied by the feed', async () => {
  await using sim = await startTestSimulator({ trader: options() });
  await sim.trader('position');
  const { positions, prices } = await sim.state();
  expect(positions).toMatchObject([{ symbol: 'SOLUSDT' }]);
  const notional = Math.abs(Number(positions[0]?.positionAmt)) * Number(prices['SOLUSDT']);
  expect(notional).toBeGreaterThan(5);
  expect(notional).toBeLessThan(100);
  expect(replay(feed()).positions.get('SOLUSDT')).toBe(0);
});

test('heartbeats carry the exchange time of the last event of the whole account', async () => {
  await using sim = await startTestSimulator({ trader: options({ heartbeatMs: 5 }) });
  await sim.setClockOffset(50_000);
  await sim.placeStray('BTCUSDT');
  const [order] = (await sim.state()).orders.filter((each) => each.clientOrderId.includes('_BTCUSDT_0_'));
  await until(() => {
    const last = feed().at(-1);
    return last?.type === 'heartbeat' && last.applied_event_ms === order?.['updateTime'];
  }, 'a caught-up heartbeat');
});

test('a paused trader is silent and applies on resume what it missed', async () => {
  await using sim = await startTestSimulator({ trader: options({ heartbeatMs: 5 }), priceStepMs: 0 });
  await sim.trader('pause');
  const lines = feed().length;
  const [id] = (await sim.state()).traderClientOrderIds;
  await sim.cancelOrders({ clientOrderId: id ?? '' });
  expect(feed()).toHaveLength(lines);
  await sim.trader('resume');
  expect(feed().slice(lines)).toContainEqual(
    expect.objectContaining({ type: 'order_end', client_order_id: id, reason: 'CANCELED' }),
  );
});

test('a restart opens a new session, and an empty one forgets the orders that are live', async () => {
  await using sim = await startTestSimulator({ trader: options({ heartbeatMs: 0 }), priceStepMs: 0 });
  await sim.trader('restart');
  await sim.trader('restart', true);
  const [first, second, third] = feed().filter((line) => line.type === 'checkpoint');
  expect(new Set([first?.session_id, second?.session_id, third?.session_id]).size).toBe(3);
  expect([first, second, third].map((line) => line?.seq)).toEqual([1, 1, 1]);
  expect([second, third].map((line) => line?.orders.length)).toEqual([12, 0]);
  expect((await sim.state()).orders).toHaveLength(12);
});

test('a symbol whose ids can not fit is refused at the start', async () => {
  const trader = options({ symbols: ['1000SHIBUSDT'], prefix: 'a_long_prefix_' });
  await expect(startTestSimulator({ trader })).rejects.toThrow('at most 36 characters');
});

function options(change: Partial<TraderOptions> = {}): TraderOptions {
  const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
  return { feedPath: join(directory, 'feed.jsonl'), symbols, strategy: '1', prefix: 'grinder_', ...change };
}

function feed(): readonly FeedLine[] {
  const text = readFileSync(options().feedPath, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => feedLineSchema.parse(JSON.parse(line)));
}

function replay(lines: readonly FeedLine[]) {
  const orders = new Map<string, string>();
  const positions = new Map<string, number>();
  for (const line of lines) {
    if (line.type === 'checkpoint')
      for (const row of line.positions) positions.set(row.symbol, Number(row.amount));
    if (line.type === 'order') orders.set(line.client_order_id, line.quantity);
    if (line.type === 'order_end') orders.delete(line.client_order_id);
    if (line.type === 'position') positions.set(line.symbol, Number(line.amount));
  }
  return { orders, positions };
}

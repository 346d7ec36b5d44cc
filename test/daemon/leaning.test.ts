/** An order of the engine's that leans on a position keeps it, whoever tells that it does. */
import { expect, test } from 'bun:test';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import type { ObservedOrder } from '../../src/engine/types.ts';
import { liveOrder, livePosition, liveWorld, orderLine } from './live-world.ts';

const NOTHING = () => undefined;

async function flattenBeside(change: Partial<ObservedOrder>) {
  using world = liveWorld();
  await world.pass(20);
  world.account.orders = world.account.orders.map((order, index) =>
    index === 0 ? { ...order, ...change } : order,
  );
  world.account.positions = [livePosition(world, '0.001')];
  await world.pass(70);
  return [world.sent.map(({ kind }) => kind), world.reasons()];
}

test('a position that the engine denies is flattened beside its plain orders', async () => {
  expect((await flattenBeside({}))[0]).toEqual(['flatten']);
});

test.each([
  ['reduce-only', { reduceOnly: true }],
  ['close-position', { closePosition: true }],
  ['conditional', { conditional: true, orderType: 'STOP_MARKET' }],
] as const)(
  'it stays beside an expected order that the exchange shows as %s, although the feed does not say so',
  async (_, change) => {
    expect(await flattenBeside(change)).toEqual([[], ['flatten_side_effects']]);
  },
);

test('it stays beside one of which the feed alone says so, also when one checkpoint has left it out', async () => {
  using world = liveWorld();
  await world.pass(20);
  world.say({ type: 'order', ...orderLine(2, { reduce_only: true }) });
  world.account.positions = [livePosition(world, '0.001')];
  await world.pass(70);
  expect([world.sent, world.reasons()]).toEqual([[], ['flatten_side_effects']]);
  world.checkpoint({ orders: [orderLine(1)] });
  await world.pass(70);
  expect([world.sent, world.reasons()]).toEqual([[], ['flatten_side_effects']]);
});

test('one of ours that nobody expects, or that ended, holds up nothing', async () => {
  using world = liveWorld();
  await world.pass(20);
  world.account.orders = [...world.account.orders, liveOrder(world, 7, { reduceOnly: true })];
  world.account.positions = [livePosition(world, '0.001')];
  await world.pass(70);
  expect(world.sent.map(({ kind }) => kind)).toEqual(['flatten']);
});

test.each([
  ['reduce-only', { reduceOnly: true }, []],
  ['plain', {}, ['flatten']],
] as const)(
  'beside an expected order that the stream tells as %s during the read right before the flatten',
  async (_, change, kinds) => {
    using world = liveWorld();
    await world.pass(20);
    const { account, core } = world;
    account.positions = [livePosition(world, '0.001')];
    account.onRead = () => {
      if (account.orders.length > 2) return;
      world.say({ type: 'order', ...orderLine(3) });
      const order = liveOrder(world, 3, change);
      account.orders = [...account.orders, order];
      const heardAtMonoMs = core.clock.monoMs();
      onExchangeEvent(
        { core, runSoon: NOTHING, decideSoon: NOTHING, fatal: NOTHING },
        { type: 'account_update', orders: [order], positions: [], heardAtMonoMs },
      );
    };
    await world.pass(120);
    expect(account.orders).toHaveLength(3);
    expect(world.sent.map(({ kind }) => kind)).toEqual([...kinds]);
  },
);

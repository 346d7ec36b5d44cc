/** The read right before a write may lag behind the stream: what was heard and is newer counts (F35). */
import { describe, expect, test } from 'bun:test';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import type { AccountUpdate } from '../../src/engine/view.ts';
import type { ExchangeEvent } from '../../src/exchange/exchange.ts';
import { type LiveWorld, liveOrder, livePosition, liveWorld, strayUnheardOf } from './live-world.ts';

const NOTHING_MORE = { runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };

/** The stream tells it now. */
function hear(world: LiveWorld, told: Partial<AccountUpdate>): void {
  const heardAtMonoMs = world.core.clock.monoMs();
  happens(world, { type: 'account_update', orders: [], positions: [], heardAtMonoMs, ...told });
}

function happens({ core }: LiveWorld, event: ExchangeEvent): void {
  onExchangeEvent({ core, ...NOTHING_MORE }, event);
}

describe('a position that the stream tells anew during the read right before its flatten', () => {
  test.each(['0.001', '0.002', '-0.001', '0'])('as %p is not flattened by an older row', async (amount) => {
    using world = liveWorld();
    await world.pass(20);
    const { account } = world;
    account.positions = [livePosition(world, '0.001')];
    let asked = 0;
    account.onRead = () => {
      asked += 1;
      hear(world, { positions: [livePosition(world, amount)] });
    };
    await world.pass(75);
    expect(asked).toBeGreaterThan(0);
    expect(world.sent).toEqual([]);
  });

  test('with the time of the row itself is flattened: nothing newer was told', async () => {
    using world = liveWorld();
    await world.pass(20);
    const { account } = world;
    const row = livePosition(world, '0.001');
    account.positions = [row];
    account.onRead = () => hear(world, { positions: [row] });
    await world.pass(75);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['flatten']);
  });
});

describe('an order that the stream tells anew during the read right before its cancel', () => {
  test.each(['NEW', 'PARTIALLY_FILLED', 'CANCELED'] as const)(
    'as %p is not cancelled by what an older answer says',
    async (status) => {
      using world = liveWorld();
      await world.pass(20);
      const { account, hand } = world;
      const stray = strayUnheardOf(world);
      let asked = 0;
      account.onRead = () => {
        asked += 1;
        hear(world, { orders: [{ ...stray, status, updatedAtMs: hand.clock.wall }] });
      };
      await world.pass(30);
      expect(asked).toBeGreaterThan(0);
      expect(world.sent).toEqual([]);
    },
  );
});

describe('a stream that loses something during the read right before a write', () => {
  const lost: ExchangeEvent = { type: 'account_changed', symbols: [], eventTimeMs: 0 };

  test('leaves it to the next picture: nobody knows what it would have told', async () => {
    using world = liveWorld();
    happens(world, { type: 'stream_up', atMs: world.hand.clock.wall });
    await world.pass(20);
    const { account } = world;
    account.orders.push(liveOrder(world, 3));
    let reads = 0;
    account.onRead = () => {
      reads += 1;
      world.hand.clock.mono += 1;
      if (reads <= 2) happens(world, lost);
    };
    await world.pass(15);
    expect([reads, world.sent]).toEqual([1, []]);
    await world.pass(5);
    expect([reads, world.sent]).toEqual([2, []]);
    await world.pass(5);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['cancel']);
  });

  test('and is down keeps nothing from being written: reads alone are enough', async () => {
    using world = liveWorld();
    happens(world, { type: 'stream_down', atMs: world.hand.clock.wall, why: 'test' });
    await world.pass(20);
    world.account.orders.push(liveOrder(world, 3));
    world.account.onRead = () => {
      world.hand.clock.mono += 1;
      happens(world, lost);
    };
    await world.pass(20);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['cancel']);
  });
});

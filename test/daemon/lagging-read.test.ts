/** The read right before a write may lag behind the stream: what was heard and is newer counts (F35). */
import { describe, expect, test } from 'bun:test';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import type { AccountUpdate } from '../../src/engine/view.ts';
import { type LiveWorld, liveOrder, livePosition, liveWorld } from './live-world.ts';

const NOTHING_MORE = { runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };

/** The stream tells it now. */
function hear({ core }: LiveWorld, told: Partial<AccountUpdate>): void {
  onExchangeEvent(
    { core, ...NOTHING_MORE },
    { type: 'account_update', orders: [], positions: [], heardAtMonoMs: core.clock.monoMs(), ...told },
  );
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
      const { account, engine, hand } = world;
      const stray = liveOrder(world, 3);
      account.orders.push(stray);
      const appliedMs = hand.clock.wall;
      engine.appliedMs = () => appliedMs;
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

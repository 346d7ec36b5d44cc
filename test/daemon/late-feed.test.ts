/** A position record that comes late under healthy heartbeats must never cost the position (S27). */
import { describe, expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { stageContext } from '../../src/daemon/ceremony.ts';
import {
  clientId,
  type LiveWorld,
  liveOrder,
  livePosition,
  liveWorld,
  orderLine,
  strayUnheardOf,
} from './live-world.ts';

const isFresh = ({ core }: LiveWorld): boolean => stageContext(core).world.feedFresh;
const says = (world: LiveWorld, amount: string): void =>
  world.say({ type: 'position', symbol: 'BTCUSDT', amount });

test('an order that changed since the plan, at a time up to which the engine has applied nothing, is not cancelled', async () => {
  using world = liveWorld();
  await world.pass(20);
  const { account, engine, hand } = world;
  const stray = strayUnheardOf(world);
  // It is filled in part, or taken over by the engine, between the picture and the read right before the write.
  account.onRead = () => {
    const changed = { ...stray, filledQuantity: '0.001', updatedAtMs: hand.clock.wall };
    account.orders = account.orders.map((order) => (order.orderId === stray.orderId ? changed : order));
  };
  await world.pass(15);
  expect(world.sent).toEqual([]);
  await world.pass(5);
  expect(world.reasons()).toEqual(['expected_not_caught_up']);
  account.onRead = () => undefined;
  engine.appliedMs = () => hand.clock.wall;
  await world.pass(10);
  expect(world.sent).toHaveLength(1);
});

describe('a position record that is late while heartbeats say that all is applied', () => {
  for (let delay = 0; delay <= 30; delay += 1) {
    test(`F73 a late position record: by ${delay} s leads to no write, ever`, async () => {
      using world = liveWorld();
      await world.pass(20);
      world.account.positions = [livePosition(world, '0.001')];
      await world.pass(120, (second) => {
        if (second === delay + 1) says(world, '0.001');
      });
      expect(world.sent).toEqual([]);
      expect(world.core.vitals.stage.inForce).toBe(4);
      expect(world.core.vitals.decision?.mismatches).toEqual([]);
    });
  }

  test.each([1, 5, 12, 19, 26, 30])(
    'F73 a late position record by up to %p s leads to no write while it trades in and out all the time, checkpoints from its old belief included',
    async (delay) => {
      using world = liveWorld();
      await world.pass(20);
      const due = new Map<number, string>();
      let believed = '0';
      await world.pass(240, (second) => {
        if (second % 7 === 0) {
          const amount = world.account.positions.length === 0 ? '0.001' : '0';
          world.account.positions = amount === '0' ? [] : [livePosition(world, amount)];
          due.set(second + delay, amount);
        }
        const amount = due.get(second);
        if (amount !== undefined) {
          believed = amount;
          says(world, amount);
        }
        if (second % 9 === 0) world.checkpoint({ positions: [{ symbol: 'BTCUSDT', amount: believed }] });
      });
      expect(world.sent).toEqual([]);
    },
  );

  test('closes the gate by name', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    await world.pass(25);
    expect(world.reasons()).toEqual(['expected_not_caught_up']);
  });

  test('that never comes is flattened once the position has lain still for longer than a record may take', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    await world.pass(40);
    expect(world.sent).toEqual([]);
    await world.pass(30);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['flatten']);
  });
});

test('nothing is written while lines of the feed are not read yet, for one of them may tell of the position', async () => {
  // Three polls long.
  const backlog = `${' '.repeat(8 * 2 ** 20 - 1)}\n`.repeat(3);
  const stillFor = async (lateSecond: number) => {
    using world = liveWorld();
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    let sentAt = 0;
    const seen: unknown[] = [];
    await world.pass(70, (second) => {
      if (sentAt === 0 && world.sent.length > 0) sentAt = second - 1;
      if (second === lateSecond + 1) seen.push(...world.reasons(), isFresh(world));
      if (second !== lateSecond) return;
      appendFileSync(world.feedPath, backlog);
      says(world, '0.001');
    });
    return { sentAt, seen };
  };
  const { sentAt } = await stillFor(0);
  expect(sentAt).toBeGreaterThan(40);
  expect(await stillFor(sentAt)).toEqual({ sentAt: 0, seen: ['expected_state_stale', false] });
});

describe('a checkpoint that says 0 of a position which the engine said to hold', () => {
  const flat = { positions: [{ symbol: 'BTCUSDT', amount: '0' }] };
  const isDenied = async (world: LiveWorld): Promise<void> => {
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    says(world, '0.001');
    world.checkpoint(flat);
  };

  test('made before its record and written after it, costs it nothing: the next one tells', async () => {
    using world = liveWorld();
    await isDenied(world);
    await world.pass(200);
    expect(world.sent).toEqual([]);
    const [mismatch] = world.core.vitals.decision?.mismatches ?? [];
    expect([mismatch?.type, mismatch?.reportOnlyBecause]).toEqual([
      'POSITION_NONZERO_UNEXPECTED',
      'one word alone says 0: a checkpoint, or a record dated before what it denies',
    ]);
    world.checkpoint({ positions: [{ symbol: 'BTCUSDT', amount: '0.001' }] });
    await world.pass(60);
    expect([world.sent, world.core.vitals.decision?.mismatches]).toEqual([[], []]);
  });

  test('costs it nothing either where its record was lost and that checkpoint ends the fault', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    world.loseNumber();
    world.checkpoint(flat);
    await world.pass(200);
    expect(world.sent).toEqual([]);
    expect(world.core.vitals.decision?.mismatches[0]?.reportOnlyBecause).toStartWith('one word alone says 0');
    world.checkpoint(flat);
    await world.pass(60);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['flatten']);
  });

  test.each([
    ['a second one does', (world: LiveWorld) => world.checkpoint(flat)],
    ['a record of the position does', (world: LiveWorld) => says(world, '0')],
  ])('is believed once %s, half a minute later', async (_, say) => {
    using world = liveWorld();
    await isDenied(world);
    await world.pass(60);
    say(world);
    await world.pass(15);
    expect(world.sent.map(({ kind }) => kind)).toEqual(['flatten']);
  });
});

test('of two threads the slower one writes last what it said first: neither the order nor the position is lost', async () => {
  using world = liveWorld();
  await world.pass(20);
  const { account, hand } = world;
  const beforeMs = hand.clock.wall - 1;
  account.positions = [livePosition(world, '0.001')];
  account.orders = [...account.orders, liveOrder(world, 3)];
  says(world, '0.001');
  world.say({ type: 'order', ...orderLine(3) });
  world.say({ type: 'position', symbol: 'BTCUSDT', amount: '0', ts_ms: beforeMs });
  const end = { client_order_id: clientId(3), symbol: 'BTCUSDT', reason: 'REJECTED' };
  world.say({ type: 'order_end', ...end, ts_ms: beforeMs });
  await world.pass(120);
  expect(world.sent).toEqual([]);
  expect(world.core.vitals.decision?.mismatches.map(({ remediation }) => remediation)).toEqual([
    'report',
    'report',
  ]);
});

describe('a feed that is late as a whole', () => {
  test.each([1, 5, 10, 15, 20, 25, 29, 45, 90])(
    'by %p s makes no good order or position a target',
    async (lateSeconds) => {
      using world = liveWorld();
      const { engine, account } = world;
      // What the engine says reaches us later: heartbeats, orders and positions alike.
      engine.heartbeats = false;
      const queue: (() => void)[] = [];
      await world.pass(lateSeconds + 150, (second) => {
        const nowMs = world.hand.clock.wall;
        const stamp = { ts_ms: nowMs };
        const quotes = second % 20 === 0;
        const seq = 100 + second;
        if (quotes) account.orders = [...account.orders, liveOrder(world, seq)];
        if (second === 30) account.positions = [livePosition(world, '0.001')];
        queue[second] = () => {
          if (quotes) world.say({ type: 'order', ...orderLine(seq), ...stamp });
          if (second === 30) world.say({ type: 'position', symbol: 'BTCUSDT', amount: '0.001', ...stamp });
          world.say({ type: 'heartbeat', applied_event_ms: nowMs, ...stamp });
        };
        queue[second - lateSeconds]?.();
      });
      expect(world.sent).toEqual([]);
    },
    30_000,
  );
});

test.each([5, 15, 20, 25, 29])(
  'a feed that is late as a whole by %p s, with a record in it that is late by as much as it may be, costs no position',
  async (lateSeconds) => {
    using world = liveWorld();
    const { engine, account } = world;
    engine.heartbeats = false;
    const queue: (() => void)[] = [];
    await world.pass(150, (second) => {
      const ts_ms = world.hand.clock.wall;
      if (second === 60) account.positions = [livePosition(world, '0.001')];
      queue[second] = () => {
        if (second === 90) world.say({ type: 'position', symbol: 'BTCUSDT', amount: '0.001', ts_ms });
        world.say({ type: 'heartbeat', applied_event_ms: ts_ms, ts_ms });
      };
      queue[second - lateSeconds]?.();
    });
    expect(world.sent).toEqual([]);
    expect(world.core.vitals.decision?.mismatches).toEqual([]);
  },
);

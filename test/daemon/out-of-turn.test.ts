/** Lines of the engine that come in another order than what they tell of: nothing that it wants is lost by that (S27). */
import { describe, expect, test } from 'bun:test';
import { clientId, type LiveWorld, liveOrder, livePosition, liveWorld, orderLine } from './live-world.ts';

const END = {
  type: 'order_end',
  client_order_id: clientId(3),
  symbol: 'BTCUSDT',
  reason: 'EXPIRED',
} as const;
const FLAT = [{ symbol: 'BTCUSDT', amount: '0' }];

/** What is left to do once everything has had its time. */
async function later(world: LiveWorld): Promise<unknown> {
  await world.pass(120);
  const differing = (world.core.vitals.decision?.mismatches ?? []).map(({ remediation }) => remediation);
  return [world.sent.map(({ kind }) => kind), differing];
}

async function withOrder(say: (world: LiveWorld) => void) {
  using world = liveWorld();
  await world.pass(20);
  world.account.orders = [...world.account.orders, liveOrder(world, 3)];
  say(world);
  return await later(world);
}

async function withPosition(say: (world: LiveWorld) => void) {
  using world = liveWorld();
  await world.pass(20);
  world.account.positions = [livePosition(world, '0.001')];
  say(world);
  return await later(world);
}

describe('a conditional order that fired and rests on', () => {
  const conditional = { type: 'order', ...orderLine(3, { order_type: 'STOP' }) };
  const plain = { type: 'order', ...orderLine(3) };

  test('is not cancelled for the end of what it was, told after what it became', async () => {
    const told = await withOrder(({ say }) => {
      for (const line of [conditional, plain, plain, END]) say(line);
    });
    expect(told).toEqual([[], ['report']]);
  });

  test('is not cancelled for that either where a checkpoint told what it became', async () => {
    const told = await withOrder(({ say, checkpoint }) => {
      say(conditional);
      checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(3)] });
      say(END);
    });
    expect(told).toEqual([[], ['report']]);
  });

  test.each([
    ['it had become', [conditional, plain]],
    ['it waited', [conditional]],
  ])('is not cancelled for that either by an engine that began anew after %s', async (_, before) => {
    const told = await withOrder(({ say, newSession, checkpoint }) => {
      for (const line of before) say(line);
      newSession('again');
      checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(3)] });
      say(END);
    });
    expect(told).toEqual([[], ['report']]);
  });

  test('is cancelled where an engine that began anew knows nothing of it', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.account.orders = [...world.account.orders, liveOrder(world, 3)];
    world.say(conditional);
    world.say(plain);
    await world.pass(40);
    world.newSession('again');
    world.checkpoint();
    expect(await later(world)).toEqual([['cancel'], []]);
  });

  test.each([
    ['whose end as a conditional one was told before', [conditional, END, plain, END]],
    ['that was never conditional', [plain, END]],
  ])('is cancelled as one %s and that ended after', async (_, lines) => {
    const told = await withOrder(({ say }) => {
      for (const line of lines) say(line);
    });
    expect(told).toEqual([['cancel'], []]);
  });
});

describe('an order that a checkpoint made before its record leaves out', () => {
  const saidAt = (world: LiveWorld, tsMs: number): void => {
    const nowMs = world.hand.clock.wall;
    world.say({ type: 'order', ...orderLine(3) });
    world.checkpoint({ ts_ms: nowMs - 1 });
    world.say({ ...END, ts_ms: nowMs + tsMs });
  };

  test.each([-2, -1])('is not cancelled for an end dated %p ms from its record either', async (tsMs) => {
    expect(await withOrder((world) => saidAt(world, tsMs))).toEqual([[], ['report']]);
  });

  test('is cancelled for an end as old as its record, which is believed', async () => {
    expect(await withOrder((world) => saidAt(world, 0))).toEqual([['cancel'], []]);
  });
});

describe('a position that a checkpoint made before its record passes over', () => {
  const position = (amount: string) => ({ type: 'position', symbol: 'BTCUSDT', amount });
  const passedOver = (world: LiveWorld): void => {
    world.say(position('0.001'));
    world.checkpoint({ positions: [], ts_ms: world.hand.clock.wall - 1 });
  };

  test('is not flattened for a 0 dated before its record', async () => {
    const told = await withPosition((world) => {
      passedOver(world);
      world.say({ ...position('0'), ts_ms: world.hand.clock.wall - 2 });
    });
    expect(told).toEqual([[], ['report']]);
  });

  test('is not flattened for one that the next checkpoint alone says', async () => {
    const told = await withPosition((world) => {
      passedOver(world);
      world.checkpoint({ positions: [] });
      world.checkpoint({ positions: FLAT });
    });
    expect(told).toEqual([[], ['report']]);
  });

  test('is not flattened for one that was doubted before it was passed over', async () => {
    const told = await withPosition((world) => {
      world.say(position('0.001'));
      world.checkpoint({ positions: FLAT });
      world.checkpoint({ positions: [] });
      world.checkpoint({ positions: FLAT });
    });
    expect(told).toEqual([[], ['report']]);
  });

  test('is flattened for a 0 that a later record says', async () => {
    const told = await withPosition((world) => {
      passedOver(world);
      world.say(position('0'));
    });
    expect(told).toEqual([['flatten'], []]);
  });
});

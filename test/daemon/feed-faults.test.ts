/** What a broken, silent or foreign feed must never lead to: a write. Each with a stray on the account that a good feed would remove. */
import { describe, expect, test } from 'bun:test';
import { appendFileSync, chmodSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { text } from '../engine/feed-lines.ts';
import {
  clientId,
  type LiveWorld,
  liveOrder,
  livePosition,
  liveWorld,
  orderLine,
  truncate,
} from './live-world.ts';

const STRAY = 9;

/** Twenty seconds in which all is well, then a stray appears. */
async function withStray(config?: string): Promise<LiveWorld> {
  const world = liveWorld(config);
  await world.pass(20);
  addStray(world);
  return world;
}
function addStray(world: LiveWorld): void {
  world.account.orders = [...world.account.orders, liveOrder(world, STRAY)];
}
const ONE_WORD = 'one checkpoint alone leaves it out since the feed was broken or joined';
const because = (world: LiveWorld) =>
  world.core.vitals.decision?.mismatches.map(({ reportOnlyBecause }) => reportOnlyBecause);
const cancelled = (world: LiveWorld) => world.sent.map(({ kind }) => kind);

/** It is reported for as long as one checkpoint alone leaves it out, and cancelled once another one does. */
async function goesWithTheNextCheckpoint(world: LiveWorld): Promise<void> {
  await world.pass(120);
  expect([cancelled(world), because(world)]).toEqual([[], [ONE_WORD]]);
  world.checkpoint();
  await world.pass(30);
  expect(cancelled(world)).toEqual(['cancel']);
}

describe('a stray order', () => {
  test('is cancelled under a feed that is well', async () => {
    using world = await withStray();
    await world.pass(30);
    expect(cancelled(world)).toEqual(['cancel']);
  });

  test('F71 engine silent: it stays', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.engine.heartbeats = false;
    await world.pass(29);
    addStray(world);
    await world.pass(300);
    expect(world.sent).toEqual([]);
    expect(world.reasons()).toEqual(['expected_state_stale']);
  });

  test('F74 a gap in seq: it stays until a checkpoint, and another one half a minute later', async () => {
    using world = await withStray();
    world.loseNumber();
    await world.pass(60);
    expect([world.sent.length, ...world.reasons()]).toEqual([0, 'expected_state_stale']);
    world.checkpoint();
    await world.pass(15);
    world.checkpoint();
    await goesWithTheNextCheckpoint(world);
  });

  test.each([
    ['its record was torn by a power cut', (world: LiveWorld) => appendFileSync(world.feedPath, '{"torn":')],
    ['its record was lost with a number', (world: LiveWorld) => world.loseNumber()],
  ])('is a good order where %s and the checkpoint after it was made too soon: it stays', async (_, lose) => {
    using world = liveWorld();
    await world.pass(20);
    lose(world);
    world.say({ type: 'kill_switch', active: false });
    addStray(world);
    world.checkpoint();
    await world.pass(200);
    expect([cancelled(world), because(world)]).toEqual([[], [ONE_WORD]]);
    world.checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(STRAY)] });
    await world.pass(60);
    expect([world.sent, world.core.vitals.decision?.mismatches]).toEqual([[], []]);
  });

  test('stays where the feed is joined at a checkpoint in the midst of a session, until another one', async () => {
    using world = await withStray();
    // As after a rotation: the lines before are in a file that is not read.
    world.newSession('rotated');
    world.loseNumber();
    world.checkpoint();
    await goesWithTheNextCheckpoint(world);
  });

  test.each([{ account: 'other' }, { environment: 'mainnet' }])(
    'F75 a foreign feed: it stays under that of %p',
    async (foreign) => {
      using world = await withStray();
      world.checkpoint(foreign);
      await world.pass(120);
      expect(world.sent).toEqual([]);
    },
  );

  test('stays when a new session begins without a checkpoint', async () => {
    using world = await withStray();
    world.newSession('again');
    await world.pass(120);
    expect(world.sent).toEqual([]);
  });

  test.each([
    ['with a blank at its end', (id: string) => `${id} `],
    ['longer than the exchange takes', (id: string) => `${id}1234567890`],
    ['with a mark that nobody sees', (id: string) => `${id}\u200b`],
    ['with a letter of another script', (id: string) => id.replace('i', '\u0456')],
  ])(
    'the engine names an order by an id that no order can have, %s: none is taken for a stray',
    async (_, spoil) => {
      using world = liveWorld();
      await world.pass(20);
      world.say(orderLine(3, { type: 'order', client_order_id: spoil(clientId(3)) }));
      world.account.orders = [...world.account.orders, liveOrder(world, 3)];
      await world.pass(60);
      expect(world.sent).toEqual([]);
      expect(world.core.feed.state().fault).toContain('client_order_id');
      world.say({ type: 'order', ...orderLine(3) });
      world.checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(3)] });
      await world.pass(60);
      expect([world.sent, world.core.feed.state().fault]).toEqual([[], null]);
    },
  );

  test('F76 an engine clock an hour ahead: it stays', async () => {
    using world = await withStray();
    world.engine.tsShiftMs = 3_600_000;
    await world.pass(120);
    expect(world.sent).toEqual([]);
  });

  test('stays when the engine claims events of the future', async () => {
    using world = await withStray();
    world.engine.appliedMs = () => world.hand.clock.wall + 3_600_000;
    await world.pass(60);
    expect([world.sent.length, ...world.reasons()]).toEqual([0, 'expected_not_caught_up']);
  });

  test('stays when the engine has not applied what happened since', async () => {
    using world = liveWorld();
    const before = world.hand.clock.wall;
    world.engine.appliedMs = () => before;
    await world.pass(20);
    addStray(world);
    await world.pass(60);
    expect([world.sent.length, ...world.reasons()]).toEqual([0, 'expected_not_caught_up']);
  });

  test.each([
    ['the file is writable by others', (world: LiveWorld) => chmodSync(world.feedPath, 0o666)],
    ['its directory is writable by others', (world: LiveWorld) => chmodSync(dirname(world.feedPath), 0o777)],
    [
      'the file is a link',
      (world: LiveWorld) => {
        renameSync(world.feedPath, `${world.feedPath}.real`);
        symlinkSync(`${world.feedPath}.real`, world.feedPath);
      },
    ],
  ])('F77 a feed that others could write: it stays when %s as the daemon opens it', async (_what, spoil) => {
    using world = await withStray();
    // A rotation makes the daemon open it anew.
    renameSync(world.feedPath, `${world.feedPath}.1`);
    world.newSession('rotated');
    world.checkpoint();
    spoil(world);
    await world.pass(60);
    chmodSync(dirname(world.feedPath), 0o700);
    expect(world.sent).toEqual([]);
  });

  test('F70 truncated: it stays until the next checkpoint', async () => {
    using world = await withStray();
    truncate(world);
    await world.pass(60);
    expect([world.sent.length, ...world.reasons()]).toEqual([0, 'expected_state_stale']);
  });
});

describe('an engine that restarts', () => {
  test('F72 an empty checkpoint while orders are live costs none of them', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.newSession('amnesia');
    world.checkpoint({ orders: [], positions: [{ symbol: 'BTCUSDT', amount: '0' }] });
    await world.pass(300);
    expect(world.sent).toEqual([]);
    expect(world.core.vitals.stage.inForce).toBe(1);
    expect(world.core.vitals.massFound?.figure).toBe('2 of 2 unexpected, 0 match');
  });

  test('F72 orders taken up again within the settling time keep the stage', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.newSession('slow');
    world.checkpoint({ orders: [] });
    await world.pass(8);
    world.say({ type: 'order', ...orderLine(1) });
    world.say({ type: 'order', ...orderLine(2) });
    await world.pass(120);
    expect([world.sent.length, world.core.vitals.stage.inForce]).toEqual([0, 4]);
  });
});

test('an order that the engine ends on another symbol than it is on is not cancelled', async () => {
  using world = liveWorld();
  await world.pass(20);
  world.say({ type: 'order_end', client_order_id: clientId(1), symbol: 'ETHUSDT', reason: 'CANCELED' });
  await world.pass(60);
  expect(world.sent).toEqual([]);
  expect(world.core.feed.state().fault).toContain('was on BTCUSDT');
});

describe('an order that the engine wants and the feed does not carry', () => {
  test('two threads of the engine take one number, and the second line is passed over: its order stays', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.say({ type: 'order', ...orderLine(3) });
    const [last = ''] = readFileSync(world.feedPath, 'utf8').trim().split('\n').slice(-1);
    appendFileSync(world.feedPath, text({ ...JSON.parse(last), ...orderLine(4) }));
    world.account.orders = [...world.account.orders, liveOrder(world, 3), liveOrder(world, 4)];
    await world.pass(60);
    expect(world.sent).toEqual([]);
    expect(world.core.feed.state().fault).toContain('two lines took one number');
    world.checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(3), orderLine(4)] });
    await world.pass(60);
    expect([world.sent, world.core.feed.state().fault]).toEqual([[], null]);
  });

  test('a checkpoint is made while it is on its way, and leaves it out: it stays until the next one names it', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.say({ type: 'order', ...orderLine(3) });
    world.checkpoint();
    world.account.orders = [...world.account.orders, liveOrder(world, 3)];
    await world.pass(120);
    expect([world.sent.length, world.core.vitals.decision?.mismatches.map((one) => one.remediation)]).toEqual(
      [0, ['report']],
    );
    world.checkpoint({ orders: [orderLine(1), orderLine(2), orderLine(3)] });
    await world.pass(30);
    expect([world.sent, world.core.vitals.decision?.mismatches]).toEqual([[], []]);
  });

  test('an order that two checkpoints leave out is forgotten for good, and is cancelled', async () => {
    using world = liveWorld();
    await world.pass(20);
    world.say({ type: 'order', ...orderLine(3) });
    world.account.orders = [...world.account.orders, liveOrder(world, 3)];
    world.checkpoint();
    await world.pass(31);
    world.checkpoint();
    await world.pass(30);
    expect(cancelled(world)).toEqual(['cancel']);
  });
});

describe('an order whose id is made to look like ours', () => {
  test.each([
    'grinder_1_ETHUSDT_1_1700000000_1',
    'grinder_1_BTCUSDT_1_1700000000',
    'grinder_1_BTCUSDT_1_1700000000_1_',
    'grinder_\u0661_BTCUSDT_1_1700000000_1',
    'grinder_2_BTCUSDT_1_1700000000_1',
    'Grinder_1_BTCUSDT_1_1700000000_1',
    'grinder_1_BTCUSDT_1_1700000000_1\u001b[2J',
    'grc_1_BTCUSDT_1_1700000000_1',
    `${clientId(3)}\u200b`,
  ])('F78 a crafted id: %j is never touched', async (clientOrderId) => {
    using world = liveWorld();
    await world.pass(20);
    world.account.orders = [...world.account.orders, liveOrder(world, 3, { clientOrderId })];
    await world.pass(60);
    expect(world.sent).toEqual([]);
    expect(world.core.vitals.stage.inForce).toBe(4);
  });
});

describe('a position that nobody expects', () => {
  async function withPosition(config?: string, prepare: (world: LiveWorld) => void = () => undefined) {
    const world = liveWorld(config);
    prepare(world);
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    await world.pass(70);
    return { world, kinds: world.sent.map(({ kind }) => kind), reasons: world.reasons() };
  }

  test('is flattened when nothing leans on it', async () => {
    const { world, kinds } = await withPosition();
    using _ = world;
    expect(kinds).toEqual(['flatten']);
  });

  test.each([
    ['a reduce-only order', { reduce_only: true }],
    ['a stop', { order_type: 'STOP_MARKET' }],
    ['a type of order that is not known', { order_type: 'SOMETHING_NEW' }],
  ])('stays while the engine believes in %s on the symbol', async (_what, body) => {
    const { world, kinds, reasons } = await withPosition(undefined, (one) => {
      one.account.orders = [...one.account.orders, liveOrder(one, 3, { reduceOnly: 'reduce_only' in body })];
      one.say({ type: 'order', ...orderLine(3, body) });
    });
    using _ = world;
    expect([kinds, reasons]).toEqual([[], ['flatten_side_effects']]);
  });

  test.each(['web_12345', 'grinder_1_BTCUSDT_oops'])(
    "stays while %s, which isn't ours, is open on the symbol",
    async (clientOrderId) => {
      const { world, kinds, reasons } = await withPosition(undefined, (one) => {
        one.account.orders = [...one.account.orders, liveOrder(one, 3, { clientOrderId })];
      });
      using _ = world;
      expect([kinds, reasons]).toEqual([[], ['flatten_side_effects']]);
    },
  );

  test("stays when an order that isn't ours comes to its symbol while the position is read for the last time", async () => {
    using world = liveWorld();
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    const { core } = world;
    const deps = { core, runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };
    world.account.onRead = () => {
      const orders = [liveOrder(world, 3, { clientOrderId: 'web_12345' })];
      const heardAtMonoMs = core.clock.monoMs();
      onExchangeEvent(deps, { type: 'account_update', orders, positions: [], heardAtMonoMs });
    };
    await world.pass(50);
    expect(world.sent).toEqual([]);
    const last = world.core.journal.state().dispatches;
    expect(last).toEqual([]);
  });

  test('stays when its symbol is in a hedge group', async () => {
    const config = 'reconcile: {interval_ms: 5000, hedge_groups: [[ETHUSDT, BTCUSDT]]}';
    const { world, kinds, reasons } = await withPosition(config);
    using _ = world;
    expect([kinds, reasons]).toEqual([[], ['flatten_side_effects']]);
  });
});

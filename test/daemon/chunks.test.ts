/** A position above the cap: blocked as a whole, or closed in parts, each a write of its own with all that belongs to one. */
import { describe, expect, test } from 'bun:test';
import { gateWorld } from '../../src/daemon/world.ts';
import { decimal, product, sum } from '../../src/engine/decimal.ts';
import { tail } from '../../src/engine/journal-scan.ts';
import { rules } from '../helpers/engine-world.ts';
import { type LiveWorld, livePosition, liveWorld } from './live-world.ts';

const IN_CHUNKS = [
  'reconcile: {interval_ms: 5000, cooldown_seconds: 1, max_flatten_notional_usdt: 130}',
  'flatten: {in_chunks: true}',
].join('\n');

const flattens = (world: LiveWorld) =>
  world.sent.flatMap((write) => (write.kind === 'flatten' ? [write] : []));
const lines = (world: LiveWorld) => tail(world.core.places.auditPath, 2000).map((line) => JSON.parse(line));

async function withPosition(config: string, amount: string): Promise<LiveWorld> {
  const world = liveWorld(config);
  await world.pass(20);
  world.account.positions = [livePosition(world, amount)];
  return world;
}

/** As at the exchange: what moves a position moves its time. */
function touch(world: LiveWorld): void {
  world.account.positions = world.account.positions.map((row) => ({
    ...row,
    updatedAtMs: world.hand.clock.wall,
  }));
}

/** Below every cap in USDT, and above what one order may be. */
const ROOMY = 'reconcile: {interval_ms: 5000, cooldown_seconds: 1, max_flatten_notional_usdt: 1000}';

async function withLargest(config: string, amount: string): Promise<LiveWorld> {
  const world = liveWorld(config);
  world.core.vitals.rules = new Map([
    ['BTCUSDT', { ...rules(), minQuantity: '0.002', maxQuantity: '0.003' }],
  ]);
  await world.pass(20);
  world.account.positions = [livePosition(world, amount)];
  return world;
}

describe("a position above the exchange's largest order", () => {
  test('is planned and blocked by name, and no write ever leaves', async () => {
    using world = await withLargest(ROOMY, '0.008');
    await world.pass(120);
    expect(world.sent).toEqual([]);
    expect(world.reasons()).toEqual(['notional_exceeds_limit']);
    const verdicts = world.core.vitals.decision?.planned[0]?.verdicts ?? [];
    expect(verdicts.find(({ gate }) => gate === 'notional_exceeds_limit')).toMatchObject({
      value: 'quantity 0.008',
      limit: '<= 0.003 max',
    });
    expect(world.core.journal.state().failuresByItem.size).toBe(0);
  });

  test('goes in parts no larger than that, and leaves no rest that is too small', async () => {
    using world = await withLargest(`${ROOMY}\nflatten: {in_chunks: true}`, '0.007');
    world.account.onDispatch = () => touch(world);
    await world.pass(300);
    expect(flattens(world).map(({ quantity }) => quantity)).toEqual(['0.003', '0.002', '0.002']);
    expect(world.account.positions).toEqual([]);
  });
});

test("a position below the exchange's smallest order is reported with that reason, and nothing is tried", async () => {
  using world = await withLargest(ROOMY, '0.001');
  await world.pass(120);
  expect([world.sent, world.reasons()]).toEqual([[], []]);
  expect(world.core.vitals.decision?.mismatches).toMatchObject([
    {
      type: 'POSITION_NONZERO_UNEXPECTED',
      remediation: 'report',
      reportOnlyBecause: "it is smaller than the exchange's smallest order of 0.002",
    },
  ]);
});

describe('a position above the cap', () => {
  test('is blocked by default, however long it stays', async () => {
    using world = await withPosition(
      'reconcile: {interval_ms: 5000, max_flatten_notional_usdt: 130}',
      '0.005',
    );
    await world.pass(120);
    expect(world.sent).toEqual([]);
    expect(world.reasons()).toEqual(['notional_exceeds_limit']);
  });

  test('goes in parts within the cap, each its own intent, read before and after, one a run', async () => {
    using world = await withPosition(IN_CHUNKS, '-0.005');
    world.account.onDispatch = () => touch(world);
    await world.pass(300);
    const sent = flattens(world);
    expect(sent.map(({ side, quantity }) => `${side} ${quantity}`)).toEqual([
      'BUY 0.002',
      'BUY 0.002',
      'BUY 0.001',
    ]);
    expect(new Set(sent.map(({ clientOrderId }) => clientOrderId)).size).toBe(3);
    for (const { quantity } of sent)
      expect(decimal(product(quantity, '60000')).isLessThanOrEqualTo(130)).toBe(true);
    expect(world.account.positions).toEqual([]);
    const audit = lines(world);
    const intents = audit.filter((line) => line.status === 'INTENT');
    expect(new Set(intents.map((line) => line.details.intent_id)).size).toBe(3);
    expect(new Set(intents.map((line) => line.run_id)).size).toBe(3);
    expect(audit.filter((line) => line.status === 'EXECUTED')).toHaveLength(3);
    expect(audit.filter((line) => line.details.verified === true)).toHaveLength(3);
    expect(gateWorld(world.core, world.core.feed.state()).day).toEqual({ calls: 3, notionalUsdt: '300' });
  });

  test('waits after a part until the position has lain still again: the engine may answer to it', async () => {
    using world = await withPosition(IN_CHUNKS, '0.005');
    await world.pass(45);
    for (let round = 0; round < 5 && world.sent.length === 0; round += 1) await world.pass(5);
    expect(world.sent).toHaveLength(1);
    touch(world);
    await world.pass(35);
    expect(world.sent).toHaveLength(1);
    expect(world.reasons()).toEqual(['expected_not_caught_up']);
    world.say({ type: 'position', symbol: 'BTCUSDT', amount: '0.003' });
    await world.pass(60);
    expect(world.sent).toHaveLength(1);
    expect(world.core.vitals.decision?.mismatches).toEqual([]);
  });

  test('is frozen by one part of unknown outcome', async () => {
    using world = await withPosition(IN_CHUNKS, '0.005');
    world.account.answer = () => ({ status: 'UNKNOWN', httpStatus: 504, code: null, message: 'timeout' });
    await world.pass(200);
    expect(world.sent).toHaveLength(1);
    expect(world.reasons()).toEqual(['unresolved_intent']);
  });

  test('takes no more than the day has, in calls and in notional', async () => {
    const budgets = [
      'max_calls_per_day: 2',
      'max_notional_per_day_usdt: 300',
      'max_notional_per_run_usdt: 70',
    ];
    for (const [budget, count] of [
      [0, 2],
      [1, 2],
      [2, 3],
    ] as const) {
      using world = await withPosition(`${IN_CHUNKS}\nbudgets: {${budgets[budget]}}`, '0.010');
      world.account.onDispatch = () => touch(world);
      await world.pass(budget === 2 ? 170 : 300);
      expect(flattens(world)).toHaveLength(count);
      const spent = sum(flattens(world).map(({ quantity }) => product(quantity, '60000')));
      expect(decimal(spent).isLessThanOrEqualTo(budget === 2 ? 210 : 300)).toBe(true);
      if (budget === 2) expect(flattens(world).every(({ quantity }) => quantity === '0.001')).toBe(true);
      else expect(world.reasons()).toEqual([budget === 0 ? 'max_calls_per_day' : 'max_notional_per_day']);
    }
  });

  test('ends with the arming when its executions are used up', async () => {
    using world = await withPosition(IN_CHUNKS, '0.010');
    world.account.onDispatch = () => touch(world);
    const { stage } = world.core.vitals;
    if (stage.lease === null) throw new Error('expected a lease');
    world.core.vitals.stage = { ...stage, lease: { ...stage.lease, executionsLeft: 2 } };
    await world.pass(300);
    expect(world.sent).toHaveLength(2);
    expect(world.core.vitals.stage.inForce).toBe(3);
  });
});

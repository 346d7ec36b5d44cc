/** What a dispatch costs, whatever came of it (S28): cooldown, calls, the lease's executions, and the patience with an item. */
import { describe, expect, test } from 'bun:test';
import { gateWorld } from '../../src/daemon/world.ts';
import type { DispatchResult } from '../../src/exchange/exchange.ts';
import { type LiveWorld, liveOrder, liveWorld } from './live-world.ts';

const ANSWERS: readonly (readonly [string, DispatchResult, number])[] = [
  ['executed', { status: 'EXECUTED', orderId: '1', executedQuantity: '0', orderStatus: 'CANCELED' }, 1],
  ['refused', { status: 'REJECTED', httpStatus: 400, code: -1121, message: 'no' }, 0],
  ['of unknown outcome', { status: 'UNKNOWN', httpStatus: null, code: null, message: 'timeout' }, 1],
];

const left = (world: LiveWorld) => world.core.vitals.stage.lease?.executionsLeft;
const at = ({ core }: LiveWorld) => gateWorld(core, core.feed.state());

/** One stray that nobody expects beside the two orders that match. */
async function oneWrite(world: LiveWorld, answer: DispatchResult): Promise<void> {
  world.account.answer = () => answer;
  world.account.orders = [...world.account.orders, liveOrder(world, 3)];
  for (let round = 0; round < 12 && world.sent.length === 0; round += 1) await world.pass(5);
}

describe('S28 a dispatch', () => {
  for (const [what, answer, executions] of ANSWERS) {
    test(`that was ${what} starts the cooldown, is a call, and takes ${executions} off the lease`, async () => {
      using world = liveWorld();
      await world.pass(20);
      const before = left(world) ?? 0;
      await oneWrite(world, answer);
      expect(world.sent).toHaveLength(1);
      expect(at(world).sinceLastWriteMs).toBeLessThan(10_000);
      expect(at(world).day?.calls).toBe(1);
      expect(left(world)).toBe(before - executions);
    });
  }

  test('that was not sent costs nothing', async () => {
    using world = liveWorld();
    await world.pass(20);
    const before = left(world);
    world.account.onDispatch = () => {
      world.core.interlock.advance();
      world.account.onDispatch = () => undefined;
      world.account.orders = [];
    };
    world.account.orders = [...world.account.orders, liveOrder(world, 3)];
    await world.pass(15);
    expect(world.sent).toEqual([]);
    expect(at(world)).toMatchObject({ sinceLastWriteMs: Number.POSITIVE_INFINITY, day: { calls: 0 } });
    expect(left(world)).toBe(before);
  });

  test('of unknown outcome ends the arming when it was the last one', async () => {
    using world = liveWorld('reconcile: {interval_ms: 5000}\narming: {max_executions: 1}');
    await world.pass(20);
    const { stage } = world.core.vitals;
    if (stage.lease === null) throw new Error('expected a lease');
    world.core.vitals.stage = { ...stage, lease: { ...stage.lease, executionsLeft: 1 } };
    await oneWrite(world, { status: 'UNKNOWN', httpStatus: null, code: null, message: 'timeout' });
    expect(world.sent).toHaveLength(1);
    expect(world.core.vitals.stage).toMatchObject({ inForce: 3, lease: null, request: { stage: 4 } });
    expect(world.hand.bench.writer).toBe(false);
  });
});

test('S28 an item that failed three times is for a person, and is not tried again', async () => {
  using world = liveWorld('reconcile: {interval_ms: 5000, cooldown_seconds: 1}');
  await world.pass(20);
  world.account.answer = () => ({ status: 'REJECTED', httpStatus: 400, code: -1121, message: 'no' });
  world.account.orders = [...world.account.orders, liveOrder(world, 3)];
  await world.pass(120);
  expect(world.sent).toHaveLength(3);
  expect(world.reasons()).toEqual(['unresolved_intent']);
});

describe('F20, F22 a refusal of the key or the address', () => {
  for (const [httpStatus, code] of [
    [401, -2015],
    [400, -1022],
    [403, null],
  ] as const)
    test(`${httpStatus} ${code}: stage 1 before the next action of the run, and an alarm`, async () => {
      using world = liveWorld('reconcile: {interval_ms: 5000}');
      await world.pass(20);
      world.account.answer = () => ({ status: 'REJECTED', httpStatus, code, message: 'no' });
      world.account.orders = [...world.account.orders, liveOrder(world, 3), liveOrder(world, 4)];
      await world.pass(60);
      expect(world.sent).toHaveLength(1);
      expect(world.core.vitals.stage).toMatchObject({ inForce: 1, lease: null });
      expect(world.core.vitals.stage.evidence.filter(({ stage }) => stage > 0)).toEqual([]);
      expect(world.hand.bench.lines.some((line) => line.startsWith('error WRITES_REFUSED'))).toBe(true);
    });
});

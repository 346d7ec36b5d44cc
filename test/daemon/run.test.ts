import { describe, expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { coveredFor } from '../../src/config/covered.ts';
import { sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { makeExecutor } from '../../src/daemon/executing.ts';
import { acknowledged, acknowledgements } from '../../src/daemon/prerequisites.ts';
import { observeOnly, reconcileOnce } from '../../src/daemon/run.ts';
import type { FinishedRun } from '../../src/daemon/tally.ts';
import type { ObservedOrder } from '../../src/engine/types.ts';
import type { Exchange, WriteRequest } from '../../src/exchange/exchange.ts';
import { entry, scratch } from '../engine/durable.ts';
import { MOVED_AT_MS, observation, observedOrder, rules } from '../helpers/engine-world.ts';
import { coreIn } from './core.ts';

/** A daemon in stage 4 under a feed that is read from a real file, over an exchange whose answers are set by hand. */
function live(directory: string, text = '') {
  const account = {
    orders: [] as ObservedOrder[],
    onObserve: (): void => undefined,
    onQuery: (): void => undefined,
    lies: false,
    /** No targeted read succeeds once something was sent. */
    isBlindAfterWrites: false,
    leads: true,
  };
  const sent: WriteRequest[] = [];
  // Something of the engine's that matches: a stray that stands alone is a mass mismatch.
  const quoted = observedOrder(90);
  const exchange: Partial<Exchange> = {
    observe: async () => {
      account.onObserve();
      const startedMonoMs = clock.monoMs();
      const orders = [...account.orders, quoted];
      const at = { startedMonoMs, endedMonoMs: startedMonoMs, endedAtMs: clock.wallMs() };
      return observation(orders, [], at);
    },
    queryOrder: async ({ orderId }) => {
      account.onQuery();
      if (account.isBlindAfterWrites && sent.length > 0) return { kind: 'failed', error: 'timeout' };
      const order = account.orders.find((one) => one.orderId === orderId);
      return order === undefined ? { kind: 'not_found' } : { kind: 'found', order };
    },
    dispatch: async (write) => {
      sent.push(write);
      if (write.kind === 'flatten') return { status: 'NOT_SENT', message: 'not played' };
      if (!account.lies) account.orders = account.orders.filter(({ orderId }) => orderId !== write.orderId);
      core.vitals.writesSent += 1;
      return { status: 'EXECUTED', orderId: write.orderId, executedQuantity: '0', orderStatus: 'CANCELED' };
    },
  };
  const { core, clock, feedPath } = coreIn(directory, { exchange, text, leads: () => account.leads });
  const { vitals } = core;
  const executor = makeExecutor(core);
  const runs: FinishedRun[] = [];
  let seq = 0;
  const feed = (line: object) => {
    seq += 1;
    const record = { session_id: 's', seq, ts_ms: clock.wallMs(), ...line };
    appendFileSync(feedPath, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  };
  const heartbeat = () => feed({ type: 'heartbeat', applied_event_ms: MOVED_AT_MS });
  const checkpoint = () =>
    feed({
      type: 'checkpoint',
      account: 'sim',
      environment: 'sim',
      orders: [{ ...expectedRecord(quoted), type: undefined }],
      positions: [],
      applied_event_ms: MOVED_AT_MS,
    });
  const run = async () => {
    vitals.clock = {
      kind: 'ok',
      offsetMs: 0,
      roundTripMs: 1,
      atMs: clock.wallMs(),
      atMonoMs: clock.monoMs(),
    };
    await reconcileOnce(core, executor, `r${runs.length}`, { runFinished: (one) => runs.push(one) });
    return runs.at(-1)?.tally;
  };
  const arm = () => {
    const { covered, version } = stageContext(core);
    const evidence = ([0, 1, 2, 3] as const).map((stage) => ({
      stage,
      passedAtMs: clock.wallMs(),
      covered: coveredFor(stage, covered),
      version,
    }));
    vitals.prerequisites = [];
    vitals.stage = { ...vitals.stage, evidence };
    sendStageEvent(core, { type: 'request', stage: 3, by: 'ann' });
    sendStageEvent(core, { type: 'confirm', by: 'ann', leaseMs: 3_600_000, maxExecutions: 10 });
    expect(vitals.stage.inForce).toBe(4);
  };
  vitals.rules = new Map([['BTCUSDT', rules()]]);
  checkpoint();
  core.feed.poll();
  arm();
  return { core, clock, account, sent, feed, heartbeat, run, runs, arm };
}

/** One read has shown what is there, and the next one confirms it. */
async function seenOnce(rig: ReturnType<typeof live>): Promise<void> {
  rig.clock.advance(1000);
  await rig.run();
  rig.clock.advance(15_000);
  rig.heartbeat();
}

const expectedRecord = (order: ObservedOrder) => ({
  type: 'order',
  client_order_id: order.clientOrderId,
  symbol: order.symbol,
  side: order.side,
  price: '60000',
  quantity: '0.01',
});

describe('a run in stage 4', () => {
  test('cancels a stray that two reads in a row showed', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    rig.clock.advance(1000);
    expect((await rig.run())?.blocked).toEqual({ not_confirmed: 1 });
    rig.clock.advance(15_000);
    rig.heartbeat();
    expect((await rig.run())?.executed.cancel).toBe(1);
    expect(rig.sent).toMatchObject([{ kind: 'cancel', orderId: '9001' }]);
  });

  test('raises an alarm when the exchange took a cancel and the order is still there', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    rig.account.lies = true;
    await seenOnce(rig);
    expect((await rig.run())?.executed.cancel).toBe(1);
    const note = rig.core.notebook.notes().findLast(({ text }) => text.startsWith('REMEDIATION_EXECUTED'));
    expect(note).toMatchObject({ level: 'alarm', unacknowledged: true });
    // Before what a line of the screen has no room for.
    expect(note?.text.slice(0, 60)).toContain('NOT VERIFIED: the order is NEW');
  });

  test('says of a cancel that the exchange took and no read could verify that nobody has seen it', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    await seenOnce(rig);
    rig.account.isBlindAfterWrites = true;
    expect((await rig.run())?.executed.cancel).toBe(1);
    const note = rig.core.notebook.notes().findLast(({ text }) => text.startsWith('REMEDIATION_EXECUTED'));
    expect(note).toMatchObject({ level: 'warn', unacknowledged: true });
    expect(note?.text.slice(0, 60)).toContain('NOT VERIFIED: not read: timeout');
    expect(rig.core.vitals.armedWork.lines.join()).toContain('NOT VERIFIED');
  });

  test('leaves to a person what failed three times, until they say by name that it may be tried again', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    rig.account.lies = true;
    const again = async () => {
      for (let second = 0; second < 75; second += 25) {
        rig.clock.advance(25_000);
        rig.heartbeat();
        await rig.run();
      }
    };
    for (let attempt = 0; attempt < 6; attempt += 1) await again();
    expect(rig.sent).toHaveLength(3);
    const [manual] = acknowledgements(rig.core);
    if (manual === undefined) throw new Error('expected something to acknowledge');
    expect(manual.why).toContain('failed 3 times');
    rig.core.journal.append(
      entry({ event_type: 'ACKNOWLEDGED', operator: 'ann', details: { ...acknowledged(rig.core, manual) } }),
    );
    expect(acknowledgements(rig.core)).toEqual([]);
    await again();
    expect(rig.sent).toHaveLength(4);
  });

  test('spares an order that the feed claims while the order before it is being canceled', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    const [first, second] = [observedOrder(1), observedOrder(2)];
    rig.account.orders = [first, second];
    await seenOnce(rig);
    let queries = 0;
    rig.account.onQuery = () => {
      queries += 1;
      // The gates are asked anew for the first action, and the feed is read for it: no tick sees the line again.
      if (queries === 1) {
        rig.feed(expectedRecord(second));
        rig.core.interlock.advance();
      }
    };
    const tally = await rig.run();
    expect(rig.sent).toMatchObject([{ orderId: first.orderId }]);
    expect(tally).toMatchObject({ executed: { cancel: 1 }, blocked: { not_confirmed: 1 } });
  });

  test('acts on nothing that only a silent feed made differ', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    for (let second = 0; second < 120; second += 30) {
      rig.clock.advance(31_000);
      expect((await rig.run())?.blocked).toEqual({ expected_state_stale: 1 });
    }
    // The engine wakes up: its first heartbeat comes before it has told what it did meanwhile.
    rig.heartbeat();
    expect((await rig.run())?.blocked).toEqual({ not_confirmed: 1 });
    expect(rig.sent).toEqual([]);
  });

  test('sends nothing when it slept during the targeted read, although the feed woke up before it', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    await seenOnce(rig);
    rig.account.onQuery = () => {
      rig.clock.advance(100_000);
      rig.heartbeat();
    };
    expect((await rig.run())?.blocked).toEqual({ not_armed: 1 });
    expect(rig.sent).toEqual([]);
    expect(rig.core.vitals.stage).toMatchObject({ inForce: 3, request: { stage: 4 } });
  });

  test('executes no more than the lease has left', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1), observedOrder(2), observedOrder(3)];
    const { lease } = rig.core.vitals.stage;
    if (lease === null) throw new Error('expected a lease');
    rig.core.vitals.stage = { ...rig.core.vitals.stage, lease: { ...lease, executionsLeft: 1 } };
    await seenOnce(rig);
    const tally = await rig.run();
    expect(rig.sent).toHaveLength(1);
    expect(tally).toMatchObject({ executed: { cancel: 1 }, blocked: { not_armed: 2 } });
    expect(rig.core.vitals.stage.inForce).toBe(3);
  });

  test('sends nothing that is not in its plan, and drops to stage 1 with the reason', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1), observedOrder(2)];
    await seenOnce(rig);
    // The order stays, so that nothing but the ledger keeps it from being canceled twice.
    rig.account.lies = true;
    const inner = makeExecutor(rig.core);
    // A fault between plan and write: one action comes twice.
    const faulty: typeof inner = {
      ...inner,
      execute: (request) => {
        const [first, second] = request.actions;
        if (first === undefined || second === undefined) throw new Error('expected two actions');
        return inner.execute({ ...request, actions: [second, second, first] });
      },
    };
    await reconcileOnce(rig.core, faulty, 'x', { runFinished: () => undefined });
    expect(rig.sent).toHaveLength(1);
    expect(rig.core.vitals.stage).toMatchObject({ inForce: 1, request: { stage: 1, by: 'breach' } });
    expect(rig.core.vitals.stage.evidence.filter(({ stage }) => stage > 0)).toEqual([]);
    expect(rig.core.interlock.writesAllowed()).toBe(false);
    const last = rig.core.journal.state().lastStageChange;
    expect(last?.details).toMatchObject({ to: 1, why: expect.stringContaining('not in the plan') });
  });

  test('sends nothing that a gate had blocked, though every gate would let it through by now', async () => {
    using directory = scratch();
    const rig = live(directory.path, 'reconcile: {max_orders_per_action: 1}');
    rig.account.orders = [observedOrder(1), observedOrder(2)];
    await seenOnce(rig);
    const inner = makeExecutor(rig.core);
    // A fault between plan and write: the action that the cap had blocked comes instead of the one it let through.
    const faulty: typeof inner = {
      ...inner,
      execute: (request) => {
        const { planned } = rig.core.vitals.decision ?? { planned: [] };
        const blocked = planned.filter(({ reason }) => reason === 'max_orders_reached');
        expect(blocked).toHaveLength(1);
        return inner.execute({ ...request, actions: blocked.map((one) => ({ ...one, reason: null })) });
      },
    };
    await reconcileOnce(rig.core, faulty, 'x', { runFinished: () => undefined });
    expect(rig.sent).toEqual([]);
    expect(rig.core.vitals.stage).toMatchObject({ inForce: 1, request: { by: 'breach' } });
  });

  test('sends nothing in the run in which it was entered: what that run saw was seen for another stage', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    await seenOnce(rig);
    sendStageEvent(rig.core, { type: 'lower', stage: 3, by: 'ann' });
    rig.account.onObserve = () =>
      sendStageEvent(rig.core, { type: 'confirm', by: 'ann', leaseMs: 3_600_000, maxExecutions: 10 });
    await rig.run();
    expect([rig.core.vitals.stage.inForce, rig.sent]).toEqual([4, []]);
    rig.account.onObserve = () => undefined;
    rig.clock.advance(1000);
    expect((await rig.run())?.executed.cancel).toBe(1);
  });

  test('sends nothing once the lock was lost, though nobody but the last question saw it', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    await seenOnce(rig);
    rig.account.onQuery = () => {
      rig.account.leads = false;
    };
    expect((await rig.run())?.blocked).toEqual({ not_leader: 1 });
    expect(rig.sent).toEqual([]);
  });

  test('carries out no plan that the audit did not take', async () => {
    using directory = scratch();
    const rig = live(directory.path);
    rig.account.orders = [observedOrder(1)];
    await seenOnce(rig);
    // As for a run whose line would be too long: refused, with a journal that stays healthy.
    const { journal } = rig.core;
    const refusing = { ...journal, appendAll: () => ({ ok: false, problem: 'line too long' }) as const };
    const core = { ...rig.core, journal: refusing };
    const runs: FinishedRun[] = [];
    await reconcileOnce(core, makeExecutor(core), 'x', { runFinished: (one) => runs.push(one) });
    expect(runs[0]?.decision.runnable).toHaveLength(1);
    expect(runs[0]?.tally.blocked).toEqual({ audit_unavailable: 1 });
    expect(rig.sent).toEqual([]);
  });

  test('begins nothing once stopped, at whatever read the stop falls', async () => {
    for (const at of [1, 2, 3] as const) {
      using directory = scratch();
      const rig = live(directory.path);
      rig.account.orders = [observedOrder(1), observedOrder(2)];
      await seenOnce(rig);
      let queries = 0;
      rig.account.onQuery = () => {
        queries += 1;
        if (queries === at) rig.core.interlock.setLatch();
      };
      await rig.run();
      // Read before and read after the first write, read before the second.
      expect(rig.sent).toHaveLength(at === 1 ? 0 : 1);
    }
  });
});

test('orders with our prefix that are not in our shape are told as long as they are there', async () => {
  using directory = scratch();
  const rig = live(directory.path);
  rig.account.orders = [observedOrder(1, { clientOrderId: 'grinder_what' })];
  await rig.run();
  expect(rig.core.notebook.alarms().join()).toContain('grinder_what');
  rig.account.orders = [];
  rig.clock.advance(1000);
  await observeOnly(rig.core);
  expect(rig.core.notebook.alarms()).toEqual([]);
});

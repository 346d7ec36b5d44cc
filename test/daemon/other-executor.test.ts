/** A second executor of the account, which no lock can see: its repair orders tell of it. */
import { describe, expect, test } from 'bun:test';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { observe } from '../../src/daemon/observing.ts';
import { recallOther } from '../../src/daemon/other-executor.ts';
import { initialVitals } from '../../src/daemon/vitals.ts';
import { gateWorld } from '../../src/daemon/world.ts';
import { newRepairClientOrderId } from '../../src/engine/repair-id.ts';
import type { ObservedOrder } from '../../src/engine/types.ts';
import { notLeader } from '../../src/gates/not-leader.ts';
import { intentEntry } from '../engine/durable.ts';
import { observation, observedOrder } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';
import { livePosition, liveWorld } from './live-world.ts';

const repair = (hand: Pick<HandCore, 'clock'>, aheadMs: number, change: Partial<ObservedOrder> = {}) =>
  observedOrder(1, {
    clientOrderId: newRepairClientOrderId(hand.clock.wall + aheadMs),
    status: 'FILLED',
    updatedAtMs: hand.clock.wall + aheadMs,
    ...change,
  });

/** Lets the user stream tell of orders. */
function hear({ core }: Pick<HandCore, 'core'>, ...orders: readonly ObservedOrder[]): void {
  const deps = { core, runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };
  onExchangeEvent(deps, { type: 'account_update', orders, positions: [], heardAtMonoMs: 0 });
}

const verdict = ({ core }: Pick<HandCore, 'core'>) => notLeader.judge(gateWorld(core, core.feed.state()));
const alarms = ({ core }: Pick<HandCore, 'core'>) =>
  core.notebook.alarms().filter((alarm) => alarm.includes('ANOTHER EXECUTOR'));

describe('a repair order that this process did not send', () => {
  test('closes the gate, names the order, holds at stage 1 and voids every permit, at once', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const epoch = hand.core.interlock.epoch();
    const order = repair(hand, 1);
    hear(hand, order);
    expect(verdict(hand)).toMatchObject({ open: false, value: expect.stringContaining('not ours: grc_') });
    expect(alarms(hand)).toEqual([expect.stringContaining(order.clientOrderId)]);
    expect(hand.core.vitals.stage.inForce).toBe(1);
    expect(hand.core.vitals.stage.lease).toBe(null);
    expect(hand.core.interlock.epoch()).toBeGreaterThan(epoch);
  });

  test('is seen in a read too, whatever its status', async () => {
    using hand = handCore();
    const order = repair(hand, 1, { status: 'NEW' });
    const exchange = { ...hand.core.exchange, observe: async () => observation([order]) };
    await observe({ ...hand.core, exchange });
    expect(verdict(hand).open).toBe(false);
  });

  test('stays so over a restart, until it is acknowledged by name; the same order then tells nothing new, another does', async () => {
    using hand = handCore();
    const { core, clock } = hand;
    const order = repair(hand, 1);
    hear(hand, order);
    const again = initialVitals({
      ...{
        settings: core.settings,
        journal: core.journal,
        clock,
        latch: null,
        metricsUrl: '',
        pausedUntilMs: 0,
      },
    });
    expect(again.otherExecutor?.clientOrderId).toBe(order.clientOrderId);
    core.notebook.alarm('other_executor', null);
    recallOther(core);
    expect(alarms(hand)).toHaveLength(1);

    const reply = await hand.command('ack', { operator: 'ann', item: 'other_executor' });
    expect(reply).toMatchObject({ exit_code: 0 });
    expect([alarms(hand), verdict(hand).open]).toEqual([[], true]);
    expect(core.journal.state().otherExecutor).toBe(null);
    hear(hand, order);
    expect(verdict(hand).open).toBe(true);
    hear(hand, repair(hand, 2));
    expect(verdict(hand).open).toBe(false);
  });

  test('is not acknowledged when the audit does not take it', async () => {
    using hand = handCore();
    hear(hand, repair(hand, 1));
    hand.bench.diskFails = true;
    const reply = await hand.command('ack', { operator: 'ann', item: 'other_executor' });
    expect([reply.exit_code === 0, verdict(hand).open]).toEqual([false, false]);
  });

  test('waits for the same order in the audit: an acknowledgement of another one clears nothing', () => {
    using hand = handCore();
    hear(hand, repair(hand, 1));
    const { journal } = hand.core;
    const details = { item: 'other_executor', client_order_id: 'grc_2' };
    journal.append({ ...intentEntry('x'), event_type: 'ACKNOWLEDGED', status: null, details });
    expect(journal.state().otherExecutor).not.toBe(null);
  });
});

describe('is no other executor:', () => {
  const quiet = (hand: HandCore, order: ObservedOrder): void => {
    hear(hand, order);
    expect([verdict(hand).open, alarms(hand)]).toEqual([true, []]);
  };

  test('an order of an earlier process, made before this one began, whatever the audit still knows', () => {
    using hand = handCore();
    quiet(hand, repair(hand, 0));
    quiet(hand, repair(hand, -86_400_000, { updatedAtMs: hand.clock.wall + 1000 }));
  });

  test('an order of an earlier process whose clock was ahead, while its write is still open in the audit', () => {
    using hand = handCore();
    const order = repair(hand, 60_000);
    hand.core.journal.append(intentEntry('i1', { repair_client_order_id: order.clientOrderId }));
    quiet(hand, order);
  });

  test('an order of an engine, of a stranger, or with our prefix inside', () => {
    using hand = handCore();
    for (const clientOrderId of ['grinder_1_BTCUSDT_1_1_1', 'x-grc_1', 'GRC_1', ''])
      quiet(hand, repair(hand, 1, { clientOrderId }));
  });

  test('an order with our prefix in a shape that no executor makes: whoever it is can not end an arming by it', () => {
    using hand = handCore();
    for (const clientOrderId of ['grc_by_hand', 'grc_', 'grc_zzzzzzzz_12', 'grc_1_BTCUSDT_1_1700000000_1'])
      quiet(hand, repair(hand, 1, { clientOrderId }));
  });

  test('a flatten of our own, from its first event on', async () => {
    using world = liveWorld('reconcile: {interval_ms: 5000}');
    await world.pass(20);
    world.account.positions = [livePosition(world, '0.001')];
    await world.pass(120);
    for (const write of world.sent)
      if (write.kind === 'flatten')
        hear(world, repair(world.hand, 0, { clientOrderId: write.clientOrderId }));
    expect(world.sent).toHaveLength(1);
    expect([verdict(world).open, alarms(world)]).toEqual([true, []]);
  });
});

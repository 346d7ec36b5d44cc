/** What the engine room says of itself: every document tells one story, whenever it is asked for. */
import { expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { coveredFor } from '../../src/config/covered.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { createEngineRoom } from '../../src/daemon/engine-room.ts';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { stop } from '../../src/daemon/stopping.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { scratch } from '../engine/durable.ts';
import { observation, observedOrder, rules } from '../helpers/engine-world.ts';
import { until } from '../helpers/simulator.ts';
import { coreIn } from './core.ts';

const CONFIG = 'reconcile: { interval_ms: 5000 }\nceremony: { auto_canary: false }\n';

/** A room in stage 3 after one run that found nothing; nothing beats but by `beat`. */
async function quietRoom(directory: string) {
  const bench = { breaks: false };
  const { core, latch, clock, feedPath } = coreIn(directory, {
    text: CONFIG,
    exchange: {
      observe: async () => {
        if (bench.breaks) throw new Error('a bug');
        const startedMonoMs = clock.monoMs();
        return observation([observedOrder(1)], [], {
          startedMonoMs,
          endedMonoMs: startedMonoMs,
          endedAtMs: clock.wallMs(),
        });
      },
    },
  });
  const { vitals } = core;
  const order = { client_order_id: observedOrder(1).clientOrderId, symbol: 'BTCUSDT', side: 'BUY' };
  const line = {
    session_id: 's',
    seq: 1,
    ts_ms: clock.wallMs(),
    type: 'checkpoint',
    account: 'sim',
    environment: 'sim',
    orders: [{ ...order, price: '60000', quantity: '0.01' }],
    positions: [{ symbol: 'BTCUSDT', amount: '0' }],
    applied_event_ms: 3000,
  };
  appendFileSync(feedPath, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  core.feed.poll();
  vitals.rules = new Map([['BTCUSDT', rules()]]);
  vitals.prerequisites = [];
  const { covered, version } = stageContext(core);
  const passedAtMs = clock.wallMs();
  const evidence = ([0, 1, 2] as const).map((stage) => ({
    stage,
    passedAtMs,
    covered: coveredFor(stage, covered),
    version,
  }));
  vitals.stage = { ...vitals.stage, evidence };
  sendStageEvent(core, { type: 'request', stage: 3, by: 'test' });
  expect(vitals.stage.inForce).toBe(3);
  const metrics = createMetrics({ clock, read: () => metricsView(core, core.settings) });
  const room = createEngineRoom(core, latch, metrics);
  const deps = {
    core,
    runSoon: () => undefined,
    decideSoon: room.eventRuns.soon,
    fatal: () => undefined,
  };
  onExchangeEvent(deps, { type: 'stream_up', atMs: 0 });
  clock.advance(1000);
  room.beat();
  await until(() => vitals.runs === 1 && room.scheduler.runningSince() === null, 'a run');
  clock.advance(1000);
  room.beat();
  const close = async () => {
    room.eventRuns.close();
    await room.scheduler.close();
  };
  return { bench, core, latch, clock, deps, metrics, room, close };
}

const stateOf = ({ gates }: StatusDocument, name: string) => gates.find(({ gate }) => gate === name)?.state;

test('a gate that a mismatch names as its reason is not open in the row beside it, before the next heartbeat either', async () => {
  using directory = scratch();
  const { core, clock, deps, room, close } = await quietRoom(directory.path);
  core.vitals.clock = {
    ...{ kind: 'ok', offsetMs: 0, roundTripMs: 1 },
    ...{ atMs: clock.wallMs(), atMonoMs: clock.monoMs() },
  };
  const before = room.status();
  expect([before.mismatches, stateOf(before, 'not_confirmed')]).toEqual([[], 'open']);
  const stray = observedOrder(2, { updatedAtMs: 2000 });
  const heardAtMonoMs = clock.monoMs();
  onExchangeEvent(deps, { type: 'account_update', orders: [stray], positions: [], heardAtMonoMs });
  await until(() => core.vitals.runs === 2, 'a decision');
  const after = room.status();
  const reason = after.mismatches[0]?.reason ?? '';
  expect(reason).toBe('not_armed');
  const closed = core.vitals.decision?.planned[0]?.verdicts.filter(({ open }) => !open) ?? [];
  expect(closed.map(({ gate }) => gate)).toContain('not_confirmed');
  for (const { gate } of closed) expect([gate, stateOf(after, gate)]).toEqual([gate, 'closed']);
  await close();
});

test('a stop and the rows that it closes are in one document', async () => {
  using directory = scratch();
  const { core, latch, room, close } = await quietRoom(directory.path);
  expect(stateOf(room.status(), 'stop_latched')).toBe('open');
  stop(core, latch, { by: 'op', reason: 'drill' });
  const after = room.status();
  expect(after).toMatchObject({ latch: { latched: true }, stage: { in_force: 0 } });
  for (const gate of ['stop_latched', 'action_is_none', 'dry_run', 'not_armed'])
    expect([gate, stateOf(after, gate)]).toEqual([gate, 'closed']);
  await close();
});

test('the alarm that runs fail stands until one goes well, whatever is decided on events meanwhile', async () => {
  using directory = scratch();
  const { bench, core, clock, deps, metrics, room, close } = await quietRoom(directory.path);
  const runIsOver = () => room.scheduler.runningSince() === null;
  bench.breaks = true;
  clock.advance(5000);
  room.beat();
  await until(runIsOver, 'the end of a run');
  expect(core.notebook.alarms()).toContain('a run failed: a bug');
  const told = await metrics.render();
  expect(told).toContain('grinder_reconcile_runs_total 2\n');
  expect(told).toContain('grinder_reconcile_runs_with_error_total 1\n');
  const heardAtMonoMs = clock.monoMs();
  const orders = [observedOrder(2, { updatedAtMs: 2000 })];
  onExchangeEvent(deps, { type: 'account_update', orders, positions: [], heardAtMonoMs });
  await until(() => core.vitals.runs === 2, 'a decision');
  expect(core.notebook.alarms()).toContain('a run failed: a bug');
  bench.breaks = false;
  clock.advance(5000);
  room.beat();
  await until(() => core.vitals.runs === 3 && runIsOver(), 'a run');
  expect(core.notebook.alarms()).not.toContain('a run failed: a bug');
  await close();
});

test('what a run let through is not said to be about to be executed once a stop or a lowering came', async () => {
  using directory = scratch();
  const { core, latch, clock, deps, room, close } = await quietRoom(directory.path);
  const stray = observedOrder(2, { updatedAtMs: 2000 });
  const heardAtMonoMs = clock.monoMs();
  onExchangeEvent(deps, { type: 'account_update', orders: [stray], positions: [], heardAtMonoMs });
  await until(() => core.vitals.runs === 2, 'a decision');
  const { decision } = core.vitals;
  if (decision === null) throw new Error('expected a decision');
  // As a run of stage 4 would have judged it.
  const planned = decision.planned.map((one) => ({
    ...one,
    reason: null,
    verdicts: one.verdicts.map((verdict) => ({ ...verdict, open: true })),
  }));
  core.vitals.decision = { ...decision, planned, runnable: planned };
  const reason = () => room.status().mismatches[0]?.reason;
  expect(reason()).toBe('not_armed');
  sendStageEvent(core, { type: 'request', stage: 2, by: 'op' });
  expect(reason()).toBe('dry_run');
  stop(core, latch, { by: 'op', reason: 'drill' });
  expect(reason()).toBe('stop_latched');
  await close();
});

test('a reason of the last run whose gate has opened since is no reason any more', async () => {
  using directory = scratch();
  const { core, clock, deps, room, close } = await quietRoom(directory.path);
  sendStageEvent(core, { type: 'request', stage: 2, by: 'op' });
  const stray = observedOrder(2, { updatedAtMs: 2000 });
  const heardAtMonoMs = clock.monoMs();
  onExchangeEvent(deps, { type: 'account_update', orders: [stray], positions: [], heardAtMonoMs });
  await until(() => core.vitals.runs === 2, 'a decision');
  expect(room.status().mismatches[0]?.reason).toBe('dry_run');
  sendStageEvent(core, { type: 'request', stage: 3, by: 'op' });
  const after = room.status();
  expect(stateOf(after, 'dry_run')).toBe('open');
  expect(after.mismatches[0]?.reason).toBe('not_armed');
  await close();
});

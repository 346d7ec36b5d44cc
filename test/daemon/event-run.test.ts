import { expect, test } from 'bun:test';
import { appendFileSync, readFileSync } from 'node:fs';
import { coveredFor } from '../../src/config/covered.ts';
import { sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { createEventRuns } from '../../src/daemon/event-run.ts';
import { makeExecutor } from '../../src/daemon/executing.ts';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { reconcileOnce } from '../../src/daemon/run.ts';
import type { FinishedRun } from '../../src/daemon/tally.ts';
import type { ObservedOrder, ObservedPosition, StageNumber } from '../../src/engine/types.ts';
import type { WriteRequest } from '../../src/exchange/exchange.ts';
import { scratch } from '../engine/durable.ts';
import {
  expectedOrder,
  observation,
  observedOrder,
  observedPosition,
  rules,
} from '../helpers/engine-world.ts';
import { until } from '../helpers/simulator.ts';
import { coreIn } from './core.ts';

const CONFIG = 'reconcile: { interval_ms: 5000 }\nceremony: { auto_canary: false }\n';

/** A daemon in a stage, its stream up, over an exchange whose account and frames are set by hand. */
async function listening(directory: string, stage: StageNumber = 4) {
  const account: { orders: ObservedOrder[]; positions: ObservedPosition[] } = { orders: [], positions: [] };
  const sent: WriteRequest[] = [];
  const { core, clock, feedPath } = coreIn(directory, {
    text: CONFIG,
    exchange: {
      observe: async () => {
        const startedMonoMs = clock.monoMs();
        const at = { startedMonoMs, endedMonoMs: startedMonoMs, endedAtMs: clock.wallMs() };
        return observation(account.orders, account.positions, at);
      },
      dispatch: async (write) => {
        sent.push(write);
        return { status: 'NOT_SENT', message: 'not played' };
      },
    },
  });
  const { vitals } = core;
  let seq = 0;
  const feed = (line: object) => {
    seq += 1;
    const record = { session_id: 's', seq, ts_ms: clock.wallMs(), ...line };
    appendFileSync(feedPath, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  };
  const runs: FinishedRun[] = [];
  const sink = { runFinished: (run: FinishedRun) => runs.push(run) };
  const asked = { reads: 0 };
  const eventRuns = createEventRuns({
    core,
    sink,
    nextRunId: () => `e${runs.length}`,
    failed: (error) => {
      throw error;
    },
  });
  const deps = {
    core,
    runSoon: () => {
      asked.reads += 1;
    },
    decideSoon: eventRuns.soon,
    fatal: () => undefined,
  };
  const hear = (orders: readonly ObservedOrder[], positions: readonly ObservedPosition[] = []) =>
    onExchangeEvent(deps, { type: 'account_update', orders, positions, heardAtMonoMs: clock.monoMs() });
  const executor = makeExecutor(core);
  const read = async () => {
    vitals.clock = {
      kind: 'ok',
      offsetMs: 0,
      roundTripMs: 1,
      atMs: clock.wallMs(),
      atMonoMs: clock.monoMs(),
    };
    await reconcileOnce(core, executor, `r${runs.length}`, sink);
  };
  const audit = () =>
    readFileSync(core.places.auditPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  vitals.rules = new Map([['BTCUSDT', rules()]]);
  feed({
    type: 'checkpoint',
    account: 'sim',
    environment: 'sim',
    orders: [
      {
        client_order_id: expectedOrder(1).clientOrderId,
        symbol: 'BTCUSDT',
        side: 'BUY',
        price: '60000',
        quantity: '0.01',
      },
    ],
    positions: [{ symbol: 'BTCUSDT', amount: '0' }],
    applied_event_ms: 1000,
  });
  core.feed.poll();
  account.orders = [observedOrder(1)];
  const { covered, version } = stageContext(core);
  const passedAtMs = clock.wallMs();
  vitals.prerequisites = [];
  const evidence = ([0, 1, 2, 3] as const).map((one) => ({
    stage: one,
    passedAtMs,
    covered: coveredFor(one, covered),
    version,
  }));
  vitals.stage = { ...vitals.stage, evidence };
  if (stage > 0) sendStageEvent(core, { type: 'request', stage: stage === 4 ? 3 : stage, by: 'ann' });
  if (stage === 4)
    sendStageEvent(core, { type: 'confirm', by: 'ann', leaseMs: 3_600_000, maxExecutions: 10 });
  expect(vitals.stage.inForce).toBe(stage);
  onExchangeEvent(deps, { type: 'stream_up', atMs: 0 });
  clock.advance(1000);
  await read();
  clock.advance(1000);
  const streamRuns = () => audit().filter(({ details }) => details?.source === 'stream');
  const decided = (count: number) => until(() => runs.length >= count, `${count} runs`);
  return {
    core,
    clock,
    account,
    sent,
    feed,
    runs,
    deps,
    hear,
    read,
    audit,
    streamRuns,
    decided,
    asked,
    eventRuns,
  };
}

const stray = observedOrder(2, { updatedAtMs: 2000 });
/** Long enough for a decision that must not come. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 40));

test('a stray order is decided on when it is told, written down as heard, and a read is asked for by another event', async () => {
  using dir = scratch();
  const { core, hear, runs, decided, streamRuns, audit, asked } = await listening(dir.path, 2);
  const before = asked.reads;
  hear([stray]);
  await decided(2);
  expect(core.vitals.decision?.mismatches.map(({ type }) => type)).toEqual(['ORDER_EXISTS_UNEXPECTED']);
  expect(runs[1]?.tally).toMatchObject({ planned: { cancel: 1 }, blocked: { dry_run: 1 } });
  expect(streamRuns()).toMatchObject([{ event_type: 'RECONCILE_RUN', details: { mismatches: 1 } }]);
  expect(audit().slice(-2)).toMatchObject([
    { status: 'PLANNED' },
    { status: 'BLOCKED', block_reason: 'dry_run' },
  ]);
  expect(asked.reads).toBe(before);
});

test('a decision on an event executes nothing, whatever was confirmed before, and confirms nothing', async () => {
  using dir = scratch();
  const { core, account, hear, read, runs, sent, feed } = await listening(dir.path, 4);
  account.orders = [observedOrder(1), stray];
  feed({ type: 'heartbeat', applied_event_ms: 2000 });
  await read();
  const { sightings, latestReadMonoMs } = core.vitals.confirm;
  const often = { firstMonoMs: 0, lastMonoMs: 60_000, completeReads: 5, stillSinceMonoMs: 0 };
  const confirmed = {
    latestReadMonoMs,
    sightings: new Map([...sightings].map(([key, one]) => [key, { ...one, ...often }])),
  };
  expect(sightings.size).toBe(1);
  core.vitals.confirm = confirmed;
  hear([observedOrder(3, { updatedAtMs: 2000 })]);
  await until(() => runs.length >= 3, 'a decision');
  expect(runs.at(-1)?.tally).toMatchObject({
    planned: { cancel: 2 },
    executed: { cancel: 0 },
    blocked: { not_confirmed: 2 },
  });
  expect(core.vitals.confirm).toBe(confirmed);
  expect(sent).toEqual([]);
});

test('an order that a run heard of and did not read is shown, and has not been seen', async () => {
  using dir = scratch();
  const { core, hear, read, decided } = await listening(dir.path, 2);
  hear([stray]);
  await decided(2);
  await read();
  expect(core.vitals.decision?.mismatches).toHaveLength(1);
  expect(core.vitals.confirm.sightings.size).toBe(0);
});

test('an order that the stream said has ended is no mismatch of a read that still shows it', async () => {
  using dir = scratch();
  const { core, account, hear, read } = await listening(dir.path, 2);
  hear([{ ...stray, status: 'CANCELED', updatedAtMs: 3000 }]);
  account.orders = [observedOrder(1), stray];
  await read();
  expect(core.vitals.decision?.mismatches).toEqual([]);
});

test('a decision that changes nothing is a run, and is neither written down nor planned anew', async () => {
  using dir = scratch();
  const { core, hear, runs, decided, audit } = await listening(dir.path, 2);
  hear([stray]);
  await decided(2);
  const lines = audit().length;
  hear([observedOrder(7, { clientOrderId: 'web_1', updatedAtMs: 2000 })]);
  await decided(3);
  expect(audit()).toHaveLength(lines);
  expect(runs[2]?.tally).toMatchObject({ planned: { cancel: 0 }, blocked: {} });
  expect(core.vitals.runs).toBe(3);
  expect(core.vitals.foreign).toEqual(new Map([['BTCUSDT', 1]]));
  expect(core.totals.all().planned).toBe(1);
});

test('a decision on an event stands for no run that is due', async () => {
  using dir = scratch();
  const { core, hear, decided } = await listening(dir.path, 1);
  const { runs, lastRunMonoMs } = core.vitals.stage.progress;
  hear([stray]);
  await decided(2);
  expect(core.vitals.decision?.mismatches).toHaveLength(1);
  expect(core.vitals.stage.progress).toMatchObject({ runs, lastRunMonoMs });
});

for (const [what, change] of [
  ['the stream is down', ({ deps }) => onExchangeEvent(deps, { type: 'stream_down', atMs: 0, why: 'x' })],
  [
    'the stream lost something',
    ({ deps }) => onExchangeEvent(deps, { type: 'account_changed', symbols: [], eventTimeMs: 0 }),
  ],
  ['the last complete read is too old', ({ clock }) => clock.advance(120_000)],
  [
    'the last read was not complete',
    ({ core }) => {
      core.vitals.observation = observation([], [], { complete: false });
    },
  ],
  ['the daemon is stopped', ({ core }) => sendStageEvent(core, { type: 'stop', by: 'ann' })],
] as readonly (readonly [string, (world: Awaited<ReturnType<typeof listening>>) => void])[]) {
  test(`nothing is decided while ${what}`, async () => {
    using dir = scratch();
    const world = await listening(dir.path, 2);
    const before = world.runs.length;
    change(world);
    world.hear([stray]);
    await aWhile();
    expect(world.runs).toHaveLength(before);
  });
}

test('after a hole the next complete read makes it whole again', async () => {
  using dir = scratch();
  const { deps, clock, read, hear, runs } = await listening(dir.path, 2);
  onExchangeEvent(deps, { type: 'account_changed', symbols: [], eventTimeMs: 0 });
  clock.advance(1);
  await read();
  hear([stray]);
  await until(() => runs.length >= 3, 'a decision');
});

test('nothing is decided while a run executes; it follows at once', async () => {
  using dir = scratch();
  const { core, hear, runs, decided } = await listening(dir.path, 2);
  core.vitals.executing = true;
  hear([stray]);
  await aWhile();
  expect(runs).toHaveLength(1);
  core.vitals.executing = false;
  await decided(2);
});

test('at most ten decisions begin within a second', async () => {
  using dir = scratch();
  const { hear, runs, decided, clock } = await listening(dir.path, 1);
  for (let at = 0; at < 10; at++) {
    hear([observedOrder(10 + at, { updatedAtMs: 2000 })]);
    await decided(at + 2);
  }
  hear([observedOrder(30, { updatedAtMs: 2000 })]);
  await aWhile();
  expect(runs).toHaveLength(11);
  clock.advance(1000);
  await decided(12);
});

test('a position is judged once the engine has seen the event that moved it', async () => {
  using dir = scratch();
  const { core, hear, runs, decided, feed } = await listening(dir.path, 2);
  hear([], [observedPosition('0.5', { updatedAtMs: 2000 })]);
  await decided(2);
  expect(core.vitals.decision?.mismatches).toEqual([]);
  feed({ type: 'heartbeat', applied_event_ms: 2000 });
  hear([observedOrder(1, { updatedAtMs: 2100 })]);
  await until(() => runs.length >= 3, 'a decision');
  expect(core.vitals.decision?.mismatches.map(({ type }) => type)).toEqual(['POSITION_NONZERO_UNEXPECTED']);
});

for (const [clientOrderId, orderType, words] of [
  ['autoclose-1700000000000000000', 'LIMIT', 'changed by a liquidation'],
  ['x', 'LIQUIDATION', 'changed by a liquidation'],
  ['adl_autoclose', 'MARKET', 'changed by auto-deleveraging'],
  ['settlement_autoclose-1', 'MARKET', 'changed by a settlement'],
  ['web_abc', 'MARKET', "changed by an order that is not the engine's (web_abc)"],
] as const) {
  test(`a position changed by ${clientOrderId} ${orderType} says so`, async () => {
    using dir = scratch();
    const { core, hear, decided, feed } = await listening(dir.path, 2);
    feed({ type: 'heartbeat', applied_event_ms: 2000 });
    const order = observedOrder(9, {
      clientOrderId,
      orderType,
      status: 'FILLED',
      filledQuantity: '0.01',
      updatedAtMs: 2000,
    });
    hear([order], [observedPosition('-0.01', { updatedAtMs: 2000 })]);
    await decided(2);
    expect(core.vitals.decision?.mismatches.map(({ detail }) => detail)).toEqual([
      expect.stringContaining(`expected 0, found -0.01; ${words}`),
    ]);
  });
}

test("a position that the engine's own order changed says nothing of it", async () => {
  using dir = scratch();
  const { core, hear, decided, feed } = await listening(dir.path, 2);
  feed({ type: 'heartbeat', applied_event_ms: 2000 });
  const filled = observedOrder(1, { status: 'FILLED', filledQuantity: '0.01', updatedAtMs: 2000 });
  hear([filled], [observedPosition('0.01', { updatedAtMs: 2000 })]);
  await decided(2);
  expect(core.vitals.decision?.mismatches.map(({ detail }) => detail)).toEqual(['expected 0, found 0.01']);
});

test('what stream and read disagree on is counted and noted', async () => {
  using dir = scratch();
  const { core, clock, hear, read } = await listening(dir.path, 1);
  hear([stray]);
  clock.advance(3000);
  await read();
  clock.advance(3000);
  await read();
  expect(core.vitals.disagreements).toMatchObject({ counts: { not_shown: 1 } });
  expect(core.notebook.notes().map(({ text }) => text)).toContainEqual(
    expect.stringContaining(`not_shown: told live, not shown: order ${stray.clientOrderId}`),
  );
});

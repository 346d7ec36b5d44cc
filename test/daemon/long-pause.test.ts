/** The daemon's whole engine room through long pauses, with a clock that moves when told: it beats, and nothing flaps. */
import { expect, test } from 'bun:test';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { createEngineRoom } from '../../src/daemon/engine-room.ts';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { stop } from '../../src/daemon/stopping.ts';
import { tellAlive } from '../../src/daemon/supervising.ts';
import { snapshotAgeMs } from '../../src/daemon/world.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { scratch } from '../engine/durable.ts';
import { observation } from '../helpers/engine-world.ts';
import { until } from '../helpers/simulator.ts';
import { coreIn } from './core.ts';

const CONFIG = 'ceremony: { auto_canary: false }\nexpected_state: { settle_ms: 0 }\n';
const DAY = 86_400_000;

/** An engine room in stage 1 over an exchange that answers, or that is banned; `step` lets time pass and looks. */
function room(directory: string) {
  const exchange = { banned: false, reads: 0 };
  const { core, latch, clock } = coreIn(directory, {
    text: CONFIG,
    exchange: {
      observe: async () => {
        exchange.reads += 1;
        const at = { startedMonoMs: clock.monoMs(), endedMonoMs: clock.monoMs(), endedAtMs: clock.wallMs() };
        if (!exchange.banned) return observation([], [], at);
        const report = { source: 'rest', endpoint: 'openOrders', symbol: null } as const;
        const reads = [{ ...report, outcome: 'failed' as const, error: 'exchange backoff' }];
        return observation([], [], { ...at, complete: false, reads });
      },
    },
  });
  const metrics = createMetrics({ clock, read: () => metricsView(core, core.settings) });
  const { beat, scheduler, eventRuns } = createEngineRoom(core, latch, metrics);
  core.vitals.prerequisites = [];
  sendStageEvent(core, { type: 'request', stage: 1, by: 'test' });
  const alive: string[] = [];
  const stages = new Set<number>();
  const supervisor = {
    ready: () => undefined,
    alive: (status: string) => void alive.push(status),
    stopping: () => undefined,
    close: () => undefined,
  };
  const step = async (ms: number): Promise<void> => {
    clock.advance(ms);
    beat();
    await until(() => scheduler.runningSince() === null, 'the run');
    tellAlive(core, scheduler, supervisor);
    stages.add(core.vitals.stage.inForce);
    expect(metricsView(core, core.settings).fresh).toBe(true);
  };
  const close = async (): Promise<void> => {
    eventRuns.close();
    await scheduler.close();
  };
  return { core, latch, clock, exchange, alive, stages, step, close };
}

test('F82 a ban of three days: the loop goes round, says that it lives, keeps its stage, and reads again at its end', async () => {
  using directory = scratch();
  const one = room(directory.path);
  await one.step(1000);
  one.exchange.banned = true;
  const deps = {
    core: one.core,
    runSoon: () => undefined,
    decideSoon: () => undefined,
    fatal: () => undefined,
  };
  onExchangeEvent(deps, { type: 'backoff', untilMs: one.clock.wallMs() + 3 * DAY, why: '418 ban' });
  const steps = (3 * DAY) / 900_000;
  for (let n = 0; n < steps; n += 1) await one.step(900_000);
  expect(one.alive).toHaveLength(1 + steps);
  expect([...one.stages]).toEqual([1]);
  expect(snapshotAgeMs(one.core)).toBeGreaterThan(2 * DAY);
  one.exchange.banned = false;
  await one.step(900_000);
  expect(snapshotAgeMs(one.core)).toBe(0);
  await one.close();
}, 60_000);

test('F82 ten minutes of STOP: it goes on reading, says that it lives, stays latched, and comes to its verdict once', async () => {
  using directory = scratch();
  const one = room(directory.path);
  await one.step(1000);
  stop(one.core, one.latch, { by: 'op', reason: 'drill' });
  const before = one.exchange.reads;
  const runs = one.core.vitals.runs;
  for (let second = 0; second < 600; second += 1) await one.step(1000);
  expect(one.alive).toHaveLength(601);
  expect(one.alive.at(-1)).toContain('LATCHED');
  expect([...one.stages]).toEqual([1, 0]);
  expect(one.exchange.reads - before).toBeGreaterThanOrEqual(19);
  expect(one.core.vitals.runs).toBe(runs);
  expect(one.core.vitals.latch?.verdict).toContain('STOPPED OK');
  expect(one.core.notebook.notes().filter(({ text }) => text.startsWith('STOPPED OK'))).toHaveLength(1);
  await one.close();
}, 60_000);

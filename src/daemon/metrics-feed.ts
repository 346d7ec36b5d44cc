/** What the metrics read at a scrape, from the daemon's vitals. */
import type { Settings } from '../config/load.ts';
import { leaseLeftMs } from '../engine/lease.ts';
import { buildInfo } from '../launch/build-info.ts';
import type { MetricsView } from '../ops/metrics-view.ts';
import { earned } from './ceremony.ts';
import { type Core, instant, type SourceState } from './core.ts';
import { budgetUsed, isFeedWell, openIntentsOf } from './world.ts';

/** The heartbeat comes four times a second; without one for this long the engine counts as dead. */
const SILENT_MS = 5000;
const RUN_OVERDUE_MS = 120_000;

/** Builds the view; before the daemon is composed nothing is known and nothing is fresh. */
export function metricsView(core: Core | null, settings: Settings): MetricsView {
  const config = {
    digest: settings.digest.slice(0, 12),
    version: buildInfo.version,
    runtime: buildInfo.runtime,
    environment: settings.exchange.environment,
  };
  if (core === null) return { ...NOTHING, config };
  const { vitals } = core;
  const now = instant(core.clock);
  const expected = core.feed.state();
  const used = budgetUsed(core);
  const source = (state: SourceState) => ({ up: state.up === true, lastSuccessAtMs: state.lastSuccessMs });
  return {
    fresh: isFresh(core),
    lastSnapshot:
      vitals.complete === null
        ? null
        : { atMs: vitals.complete.endedAtMs, atMonoMs: vitals.complete.startedMonoMs },
    lastRemediationAtMs: core.journal.state().lastWriteRunAtMs,
    stage: vitals.stage.inForce,
    stageRequested: vitals.stage.request.stage,
    stageEarned: earned(core),
    gatesClosed: new Set(
      (vitals.decision?.planned.length ?? 0) === 0
        ? []
        : (vitals.decision?.gates ?? []).filter(({ open }) => !open).map(({ gate }) => gate),
    ),
    armed: vitals.stage.inForce === 4,
    armingLeaseLeftMs: vitals.stage.lease === null ? null : leaseLeftMs(vitals.stage.lease, now),
    stopLatched: core.interlock.latched(),
    unresolvedIntents: openIntentsOf(core),
    alarms: core.notebook.alarms().length,
    sources: {
      rest: source(vitals.rest),
      ws: source(vitals.ws),
      price: source(vitals.price),
      expected: {
        up: isFeedWell(core) && expected.checkpoint !== null,
        lastSuccessAtMs: expected.lastLine?.tsMs ?? null,
      },
    },
    budget:
      used === null
        ? null
        : {
            callsUsedDay: used.calls,
            callsLimitDay: settings.budgets.maxCallsPerDay,
            notionalUsedDay: Number(used.notionalUsdt),
            notionalLimitDay: Number(settings.budgets.maxNotionalPerDayUsdt),
          },
    config,
  };
}

/** Alive: the heartbeat beats, and a loop that should run has finished a run not too long ago. */
function isFresh(core: Core): boolean {
  const { vitals, settings, clock } = core;
  const now = clock.monoMs();
  if (now - vitals.lastTickMonoMs > SILENT_MS) return false;
  if (vitals.stage.inForce === 0) return true;
  // Not since the stage's dwell began: that starts over whenever runs fail to come.
  const since = now - Math.max(vitals.lastRunEndMonoMs ?? core.startedMonoMs, vitals.loopSinceMonoMs);
  return since <= Math.max(3 * settings.reconcile.intervalMs, RUN_OVERDUE_MS);
}

const NOTHING: Omit<MetricsView, 'config'> = {
  fresh: false,
  lastSnapshot: null,
  lastRemediationAtMs: null,
  stage: 0,
  stageRequested: 0,
  stageEarned: 0,
  gatesClosed: new Set(),
  armed: false,
  armingLeaseLeftMs: null,
  stopLatched: false,
  unresolvedIntents: null,
  alarms: 0,
  sources: {
    rest: { up: false, lastSuccessAtMs: null },
    ws: { up: false, lastSuccessAtMs: null },
    price: { up: false, lastSuccessAtMs: null },
    expected: { up: false, lastSuccessAtMs: null },
  },
  budget: null,
};

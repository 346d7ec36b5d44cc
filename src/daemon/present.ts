/** Builds the one document that screens and scripts see, from the daemon's vitals. Names are mapped here, once. */

import { coveredFor } from '../config/covered.ts';
import type { StatusDocument } from '../control/protocol.ts';
import { MAY_STAY_INCONCLUSIVE } from '../engine/criteria.ts';
import { escapeText } from '../engine/escape.ts';
import { dwellFor } from '../engine/evidence.ts';
import { feedAgeMs } from '../engine/expected.ts';
import { leaseLeftMs } from '../engine/lease.ts';
import { currentCriteria, lowestHold, STAGE_NAMES } from '../engine/stages.ts';
import type { ExpectedState } from '../engine/types.ts';
import { approvalStatus } from './approval.ts';
import { earned, stageContext } from './ceremony.ts';
import { type Core, instant, type SourceState } from './core.ts';
import type { GateBoard } from './gate-board.ts';
import { missingFor, nextStep, openCriteria } from './next-step.ts';
import { acknowledgements } from './prerequisites.ts';
import { criteriaRows } from './present-criteria.ts';
import { mismatchesOf } from './present-mismatches.ts';
import { streamOf } from './present-stream.ts';
import { latchText } from './stopping.ts';
import {
  budgetUsed,
  feedFault,
  intentAgeMs,
  isFeedWell,
  olderMs,
  snapshotAgeMs,
  switchesOf,
} from './world.ts';

/** Presents the daemon as of now. */
export function present(core: Core, board: GateBoard, seq: number): StatusDocument {
  const { vitals, settings, totals } = core;
  const now = instant(core.clock);
  const switches = switchesOf(vitals.stage.inForce, settings.reconcile.action);
  return {
    schema_version: 1,
    seq,
    at_ms: now.nowMs,
    daemon: daemonOf(core, now.nowMonoMs),
    stage: stageOf(core),
    switches: {
      loop: switches.loop,
      action: switches.action,
      dry_run: switches.dryRun,
      allow_active_remediation: switches.allowActiveRemediation,
      armed: switches.armed,
      mainnet_trade: settings.wishes.mainnetTrade,
    },
    arming: {
      armed: switches.armed,
      lease_left_ms: vitals.stage.lease === null ? null : leaseLeftMs(vitals.stage.lease, now),
      executions_left: vitals.stage.lease?.executionsLeft ?? null,
    },
    approval: approvalStatus(core),
    latch: latchOf(core),
    snapshot: {
      age_ms: snapshotAgeMs(core),
      max_age_ms: settings.freshness.snapshotMaxAgeMs,
      complete: vitals.observation?.complete === true,
      open_orders: vitals.observation?.orders.filter(({ synthetic }) => !synthetic).length ?? 0,
    },
    stream: streamOf(core, now.nowMonoMs),
    sources: sourcesOf(core),
    run: {
      id: vitals.runId,
      count: vitals.runs,
      interval_ms: settings.reconcile.intervalMs,
      last_at_ms: vitals.lastRun?.nowMs ?? null,
      last_age_ms: vitals.lastRun === null ? null : olderMs(core, vitals.lastRun),
      last_duration_ms: vitals.lastRunDurationMs,
    },
    gates: [...board.rows()],
    counters: {
      ...totals.all(),
      last_run: totals.lastRun(),
      planned_per_minute: totals.plannedPerMinute(now.nowMonoMs),
      blocked_by_reason: { ...totals.blockedByReason() },
    },
    ...mismatchesOf(core.vitals, board),
    foreign_orders: Object.fromEntries(
      [...vitals.foreign].map(([symbol, count]) => [escapeText(symbol, 60), count]),
    ),
    unresolved: [...core.journal.state().openIntents.values()].map((intent) => ({
      intent_id: intent.intentId,
      symbol: intent.symbol,
      action: intent.action,
      age_ms: intentAgeMs(core, intent),
      state: intent.status,
    })),
    budgets: budgetsOf(core),
    acknowledgements: acknowledgements(core).map(({ item, why, doneBy }) => ({ item, why, done_by: doneBy })),
    prerequisites: (vitals.prerequisites ?? []).map((one) => ({ ...one })),
    kill_switch: core.feed.state().killSwitch,
    canary: vitals.canary !== null || vitals.canaryShown,
    alarms: [...core.notebook.alarms()],
    events: core.notebook.notes().map(({ seq: number, atMs, level, text, unacknowledged }) => ({
      seq: number,
      at_ms: atMs,
      level,
      text,
      unacknowledged,
    })),
    covered: { ...coveredFor(vitals.stage.inForce, stageContext(core).covered) },
  };
}

function daemonOf(core: Core, nowMonoMs: number): StatusDocument['daemon'] {
  const { identity, places, settings } = core;
  return {
    pid: identity.pid,
    host: identity.host,
    version: identity.version,
    commit: identity.commit,
    runtime: identity.runtime,
    packaging: identity.packaging,
    environment: settings.exchange.environment,
    account: identity.account,
    embedded_simulator: settings.embeddedSimulator,
    owned_by_terminal: identity.ownedByTerminal,
    uptime_ms: nowMonoMs - core.startedMonoMs,
    ready: core.vitals.ready,
    config_path: places.configPath,
    config_digest: settings.digest,
    socket: places.socketPath,
    state_dir: places.stateDir,
    audit_path: places.auditPath,
    log_path: places.logPath,
    metrics: core.vitals.metricsUrl,
  };
}

function stageOf(core: Core): StatusDocument['stage'] {
  const { stage } = core.vitals;
  const context = stageContext(core);
  const hold = lowestHold(context.holds);
  return {
    in_force: stage.inForce,
    name: STAGE_NAMES[stage.inForce] ?? '',
    since_ms: stage.sinceMs,
    requested: stage.request.stage,
    requested_by: stage.request.by,
    earned: earned(core),
    hold: hold === null ? null : { stage: hold.stage, because: hold.because },
    next: nextOf(core),
    next_step: nextStep(core),
    criteria: criteriaRows(stage, context),
  };
}

function nextOf(core: Core): StatusDocument['stage']['next'] {
  const { stage, latch } = core.vitals;
  if (stage.inForce === 4) return null;
  const next = ([1, 2, 3, 4] as const)[stage.inForce];
  const context = stageContext(core);
  const criteria = currentCriteria(stage, context).filter(({ id }) => !MAY_STAY_INCONCLUSIVE.has(id));
  const dwells = stage.inForce === 1 || stage.inForce === 2;
  const required = dwellFor(stage.inForce, stage.evidence, context, context.dwellMs);
  const reached = earned(core) >= next;
  const held = latch !== null || (lowestHold(context.holds)?.stage ?? 4) < next;
  const open = openCriteria(core);
  const missing = held || (!reached && open.length === 0) ? [missingFor(core, next)] : reached ? [] : open;
  return {
    stage: next,
    left_ms: !dwells ? null : reached ? 0 : Math.max(0, required - stage.progress.dwellMs),
    passed: criteria.filter(({ verdict }) => verdict === 'PASS').length,
    total: criteria.length,
    missing: [...missing],
  };
}

function latchOf({ vitals }: Core): StatusDocument['latch'] {
  const { latch } = vitals;
  if (latch === null)
    return {
      latched: false,
      id: null,
      by: '',
      reason: '',
      at_ms: null,
      durable: true,
      text: '',
      verdict: null,
    };
  const { id, by, reason, atMs, durable, verdict } = latch;
  return { latched: true, id, by, reason, at_ms: atMs, durable, text: latchText(latch), verdict };
}

function sourcesOf(core: Core): StatusDocument['sources'] {
  const { vitals } = core;
  const now = instant(core.clock);
  const expected = core.feed.state();
  const ageMs = feedAgeMs(expected, now);
  const problem = feedFault(core) ?? wordOn(expected);
  const one = (source: 'rest' | 'ws' | 'price', state: SourceState) => ({
    source,
    up: state.up,
    age_ms: successAgeMs(core, state),
    detail: escapeText(state.detail, 200),
  });
  const feedUp = isFeedWell(core) && expected.checkpoint !== null;
  return [
    one('rest', vitals.rest),
    one('ws', vitals.ws),
    one('price', vitals.price),
    { source: 'expected', up: feedUp, age_ms: ageMs, detail: escapeText(problem, 200) },
  ];
}

function wordOn({ checkpoint, settled, oneWordSince }: ExpectedState): string {
  if (checkpoint === null) return 'no checkpoint yet';
  if (!settled) return 'new session, settling';
  return oneWordSince === null
    ? ''
    : 'one checkpoint alone since it was broken or joined: what that leaves out is only reported until another, 30 s later';
}

function successAgeMs(core: Core, { lastSuccessMs, lastSuccessMonoMs }: SourceState): number | null {
  return lastSuccessMs === null || lastSuccessMonoMs === null
    ? null
    : olderMs(core, { nowMs: lastSuccessMs, nowMonoMs: lastSuccessMonoMs });
}

function budgetsOf(core: Core): StatusDocument['budgets'] {
  const { budgets } = core.settings;
  const used = budgetUsed(core);
  return {
    calls_used_day: used?.calls ?? budgets.maxCallsPerDay,
    calls_limit_day: budgets.maxCallsPerDay,
    notional_used_day: used?.notionalUsdt ?? budgets.maxNotionalPerDayUsdt,
    notional_limit_day: budgets.maxNotionalPerDayUsdt,
  };
}

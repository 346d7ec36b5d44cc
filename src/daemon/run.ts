/**
 * One run of the loop: observe, compare, plan, judge, write it down, execute what every gate lets through, count.
 * Nothing is sent or shown that was not first written.
 */
import type { AuditEntry } from '../engine/audit-record.ts';
import type { Comparison } from '../engine/compare.ts';
import { advanceConfirmations, confirmationOf } from '../engine/confirm.ts';
import { type Decision, decide } from '../engine/decide.ts';
import type { Executor } from '../engine/executor.ts';
import { withinLease } from '../engine/lease.ts';
import type { ExpectedState, JudgedAction, Observation } from '../engine/types.ts';
import { expectedStateStale } from '../gates/expected-state-stale.ts';
import { takeCanary } from './canary.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import { compareWithReads } from './comparing.ts';
import type { Core } from './core.ts';
import { type Execution, executeRunnable } from './executing.ts';
import { lowerForMass, noteMass } from './mass.ts';
import { observe } from './observing.ts';
import { noteStrangers } from './strangers.ts';
import { countByType, type RunSink, tallyOf } from './tally.ts';
import { gateWorld } from './world.ts';

/** Sightings further apart than this many intervals are not of one and the same mismatch. */
const GAP_INTERVALS = 3;

/** Runs once. Never rejects for what the exchange, the feed or the disk may do. */
export async function reconcileOnce(
  core: Core,
  executor: Executor,
  runId: string,
  sink: RunSink,
): Promise<void> {
  const { vitals, clock } = core;
  const startedMonoMs = clock.monoMs();
  const stageAtStart = vitals.stage.inForce;
  vitals.runId = runId;
  vitals.lastRunMs = clock.wallMs();
  const epoch = core.interlock.epoch();
  const seen = await observe(core);
  const canary = takeCanary(core);
  const observation: Observation = canary === null ? seen : { ...seen, orders: [...seen.orders, canary] };
  core.feed.poll();
  const comparison = await compareWithReads(core, observation);
  const expected = core.feed.state();
  const decision = decideNow(core, comparison, expected, observation);
  vitals.decision = decision;
  vitals.decidedAtMonoMs = clock.monoMs();
  const written = writeDown(core, decision, comparison, observation);
  lowerForMass(core);
  // A stage that moved while we were reading has other gates: what was judged is void, and the next run judges anew.
  const inStage4 = stageAtStart === 4 && vitals.stage.inForce === 4;
  // A plan that the audit did not take is not carried out, not even when the audit goes on to take other lines.
  const isWritten = written === decision.planned.length;
  const live = inStage4 && decision.runnable.length > 0 && isWritten;
  const actions = withinLease(decision.runnable, vitals.stage.lease);
  const execution: Execution = live
    ? await executeRunnable(core, executor, { actions, runId, epoch, observation })
    : { results: [], sent: 0, ...(isWritten ? {} : { untried: 'audit_unavailable' as const }) };
  rememberWaiting(core, decision, execution);
  const tally = tallyOf(decision, execution);
  core.totals.add(tally, clock.monoMs());
  const durationMs = clock.monoMs() - startedMonoMs;
  sink.runFinished({ decision, tally, durationMs, complete: seen.complete });
  vitals.runs += 1;
  vitals.lastRunDurationMs = durationMs;
  vitals.lastRunEndMonoMs = clock.monoMs();
  if (vitals.stage.inForce !== stageAtStart) return;
  const planned = decision.planned.length;
  sendStageEvent(core, {
    type: 'run',
    counts: {
      planned,
      plannedInAudit: written,
      blocked: stringCounts(tally.blocked),
      executed: tally.executed.cancel + tally.executed.flatten,
      executedUnplanned: execution.results.filter(
        (done) => !decision.runnable.some(({ action }) => action.id === done.action.id),
      ).length,
      writesSent: execution.sent,
      matched: comparison.matchedOrders + comparison.matchedPositions > 0,
    },
  });
}

/** Reads the exchange while stopped: no run is counted, nothing is planned; what differs is still seen. */
export async function observeOnly(core: Core): Promise<void> {
  const { vitals } = core;
  const observation = await observe(core);
  core.feed.poll();
  const comparison = await compareWithReads(core, observation);
  noteStrangers(core, comparison);
  vitals.decision = { mismatches: comparison.mismatches, planned: [], runnable: [], gates: [] };
  vitals.decidedAtMonoMs = core.clock.monoMs();
  if (comparison.mismatches.length > 0) vitals.mismatchSinceStop = true;
}

function decideNow(
  core: Core,
  comparison: Comparison,
  expected: ExpectedState,
  observation: Observation,
): Decision {
  const { vitals } = core;
  noteStrangers(core, comparison);
  noteMass(core, comparison, { observation, expected });
  const failures = core.journal.state().failuresByItem;
  const history = new Map(
    [...new Set([...failures.keys(), ...vitals.history.keys()])].map((id) => [
      id,
      { failures: failures.get(id) ?? 0, waitedRuns: vitals.history.get(id)?.waitedRuns ?? 0 },
    ]),
  );
  const world = gateWorld(core, expected);
  const { intervalMs, confirmAfterMs } = core.settings.reconcile;
  vitals.confirm = advanceConfirmations(vitals.confirm, comparison.mismatches, observation, {
    trusted: expectedStateStale.judge(world).open,
    maxGapMs: Math.max(GAP_INTERVALS * intervalMs, confirmAfterMs),
  });
  vitals.sinceLastWriteAtRunMs = world.sinceLastWriteMs;
  vitals.dayAtRun = world.day;
  return decide({
    mismatches: comparison.mismatches,
    world,
    rules: vitals.rules,
    confirmationOf: (key) => confirmationOf(vitals.confirm, key),
    history,
  });
}

/** After a run that executed, what had to wait has waited one run more. */
function rememberWaiting(core: Core, decision: Decision, execution: Execution): void {
  if (execution.results.length === 0) return;
  const tried = new Set(
    execution.results.filter(({ status }) => status !== 'blocked').map(({ action }) => action.id),
  );
  const before = core.vitals.history;
  core.vitals.history = new Map(
    decision.planned
      .filter(({ action }) => !tried.has(action.id))
      .map(({ action }) => [
        action.id,
        { failures: 0, waitedRuns: (before.get(action.id)?.waitedRuns ?? 0) + 1 },
      ]),
  );
}

/** Writes the run, its plan and its blocks to audit and log; returns how many plans the audit took. */
function writeDown(core: Core, decision: Decision, comparison: Comparison, observation: Observation): number {
  const { journal, notebook } = core;
  const base = entryBase(core);
  const counts = countByType(decision.mismatches);
  const symbols = [...new Set(decision.mismatches.map(({ symbol }) => symbol))].sort();
  const figures = {
    complete: observation.complete,
    mismatches: decision.mismatches.length,
    planned: decision.planned.length,
    matched_orders: comparison.matchedOrders,
    foreign_orders: [...comparison.foreignBySymbol.values()].reduce((total, count) => total + count, 0),
  };
  const run: AuditEntry = {
    ...base,
    event_type: 'RECONCILE_RUN',
    symbols,
    mismatch_counts: counts,
    details: figures,
  };
  // One sync for the whole run: a sync a line would hold up a stop for seconds when much is planned.
  const plans = decision.planned.flatMap((judged) => planEntries(core, base, judged));
  const isWritten = journal.appendAll([run, ...plans]).ok;
  notebook.log(
    'info',
    'RECONCILE_RUN',
    `run ${base.run_id}: ${figures.mismatches} mismatch(es), ${figures.planned} planned`,
    { run_id: base.run_id, stage: base.stage, ...figures },
  );
  for (const mismatch of decision.mismatches) {
    const { type, symbol, remediation, synthetic, detail } = mismatch;
    notebook.log('info', 'RECONCILE_MISMATCH', `${type} ${symbol}: ${detail}`, {
      run_id: base.run_id,
      type,
      symbol,
      remediation,
      synthetic,
    });
  }
  for (const { action, reason } of decision.planned) {
    const fields = {
      run_id: base.run_id,
      action: action.action,
      symbol: action.symbol,
      id: action.id,
      synthetic: action.synthetic,
    };
    notebook.log(
      'info',
      'REMEDIATION_PLANNED',
      `${action.action} ${action.symbol} ${action.clientOrderId ?? action.positionSide ?? ''}`,
      fields,
    );
    if (reason === null) continue;
    notebook.log('info', 'REMEDIATION_BLOCKED', `${action.action} ${action.symbol}: ${reason}`, {
      ...fields,
      reason,
    });
  }
  return isWritten ? decision.planned.length : 0;
}

/** The audit's lines of one planned action: its plan, and its block when there is one. */
function planEntries(
  core: Core,
  base: ReturnType<typeof entryBase>,
  { action, reason }: JudgedAction,
): readonly AuditEntry[] {
  const entry = {
    ...base,
    event_type: 'REMEDIATE_ATTEMPT' as const,
    action: action.action,
    symbols: [action.symbol],
    synthetic: action.synthetic,
    details: {
      action_id: action.id,
      client_order_id: action.clientOrderId,
      order_id: action.orderId,
      quantity: action.quantity,
      notional_usdt: action.notionalUsdt,
      mismatch: action.mismatch.type,
      config_digest: core.settings.digest,
    },
  };
  const plan: AuditEntry = { ...entry, status: 'PLANNED' };
  return reason === null ? [plan] : [plan, { ...entry, status: 'BLOCKED', block_reason: reason }];
}

function stringCounts(counts: Readonly<Partial<Record<string, number>>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [reason, count ?? 0]));
}

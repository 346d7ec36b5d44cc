/**
 * One run of the loop: observe, compare, plan, judge, write it down, execute what every gate lets through, count.
 * Nothing is sent or shown that was not first written.
 */
import type { Comparison } from '../engine/comparison.ts';
import { advanceConfirmations, confirmationOf, shownBy } from '../engine/confirm.ts';
import { type ActionHistory, type Decision, decide } from '../engine/decide.ts';
import type { Executor } from '../engine/executor.ts';
import type { ItemResult } from '../engine/item-result.ts';
import { withinLease } from '../engine/lease.ts';
import { openLedger } from '../engine/plan-ledger.ts';
import type { ExpectedState, Observation } from '../engine/types.ts';
import { expectedStateStale } from '../gates/expected-state-stale.ts';
import { addWork } from './armed-work.ts';
import { takeCanary } from './canary.ts';
import { sendStageEvent } from './ceremony.ts';
import { compareWithReads } from './comparing.ts';
import { type Core, instant } from './core.ts';
import { takeDecision } from './deciding.ts';
import { type Execution, executeRunnable } from './executing.ts';
import { lowerForMass, noteMass } from './mass.ts';
import { observe } from './observing.ts';
import { noteStrangers } from './strangers.ts';
import { type RunSink, tallyOf } from './tally.ts';
import { chunkLimits, gateWorld } from './world.ts';
import { writeDown } from './writing-down.ts';

/** Sightings further apart than this many intervals are not of one and the same mismatch. */
const GAP_INTERVALS = 3;

/** What counts against `arming.max_executions`: an unknown write may well have been executed. */
const MAY_HAVE_EXECUTED: ReadonlySet<ItemResult['status']> = new Set(['executed', 'unknown']);

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
  vitals.lastRun = instant(clock);
  const epoch = core.interlock.epoch();
  const seen = await observe(core);
  const canary = takeCanary(core);
  const observation: Observation = canary === null ? seen : { ...seen, orders: [...seen.orders, canary] };
  core.feed.poll();
  const comparison = await compareWithReads(core, observation);
  const expected = core.feed.state();
  const decision = decideNow(core, comparison, expected, observation);
  // A decision on an event may have come between.
  vitals.runId = runId;
  takeDecision(core, decision, seen.complete);
  const written = writeDown(core, { decision, comparison, observation, source: { source: 'rest' } });
  lowerForMass(core);
  // A stage that moved while we were reading has other gates: what was judged is void, and the next run judges anew.
  const inStage4 = stageAtStart === 4 && vitals.stage.inForce === 4;
  // A plan that the audit did not take is not carried out, not even when the audit goes on to take other lines.
  const isWritten = written === decision.planned.length;
  const live = inStage4 && decision.runnable.length > 0 && isWritten;
  const actions = withinLease(decision.runnable, vitals.stage.lease);
  // What the audit took, and nothing that came about on the way from there to here.
  const ledger = openLedger(isWritten ? decision.planned : []);
  const execution: Execution = live
    ? await executeRunnable(core, executor, { actions, runId, epoch, observation, ledger })
    : { results: [], sent: 0, ...(isWritten ? {} : { untried: 'audit_unavailable' as const }) };
  rememberWaiting(core, decision, execution);
  vitals.armedWork = addWork(vitals.armedWork, execution.results, clock.wallMs());
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
      due: true,
      planned,
      plannedInAudit: written,
      blocked: stringCounts(tally.blocked),
      executed: tally.executed.cancel + tally.executed.flatten,
      executedUnplanned: execution.results.filter(
        (done) => !decision.runnable.some(({ action }) => action.id === done.action.id),
      ).length,
      mayHaveExecuted: execution.results.filter(({ status }) => MAY_HAVE_EXECUTED.has(status)).length,
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
  const decision = { mismatches: comparison.mismatches, planned: [], runnable: [], gates: [] };
  takeDecision(core, decision, observation.complete);
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
  const world = gateWorld(core, expected);
  const { intervalMs, confirmAfterMs } = core.settings.reconcile;
  const shown = shownBy(vitals.observation ?? observation, comparison.mismatches);
  vitals.confirm = advanceConfirmations(vitals.confirm, shown, observation, {
    trusted: expectedStateStale.judge(world).open,
    maxGapMs: Math.max(GAP_INTERVALS * intervalMs, confirmAfterMs),
  });
  vitals.sinceLastWriteAtRunMs = world.sinceLastWriteMs;
  vitals.dayAtRun = world.day;
  return decide({
    mismatches: comparison.mismatches,
    world,
    rules: vitals.rules,
    chunks: chunkLimits(core.settings),
    confirmationOf: (key) => confirmationOf(vitals.confirm, key),
    history: historyOf(core),
  });
}

/** What became of each action in earlier runs. */
export function historyOf({ journal, vitals }: Core): ReadonlyMap<string, ActionHistory> {
  const failures = journal.state().failuresByItem;
  return new Map(
    [...new Set([...failures.keys(), ...vitals.history.keys()])].map((id) => [
      id,
      { failures: failures.get(id) ?? 0, waitedRuns: vitals.history.get(id)?.waitedRuns ?? 0 },
    ]),
  );
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

/** A tally's reasons as plain counts. */
export function stringCounts(
  counts: Readonly<Partial<Record<string, number>>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [reason, count ?? 0]));
}

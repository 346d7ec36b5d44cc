/** Joins a run's decision to the executor: what it may ask, and how it judges again when something moved. */
import { compare } from '../engine/compare.ts';
import { confirmationOf } from '../engine/confirm.ts';
import { createExecutor, type ExecuteRequest, type Executor, type ItemResult } from '../engine/executor.ts';
import { flattenTerms } from '../engine/flatten.ts';
import type { PlanLedger } from '../engine/plan-ledger.ts';
import { isBrokenSince, isToldNewer } from '../engine/told-newer.ts';
import type { ExpectedState, GateName, JudgedAction, Observation, PlannedAction } from '../engine/types.ts';
import { endsWriting } from '../exchange/refusals.ts';
import { hashWire, wireRequest } from '../exchange/wire.ts';
import type { GateWorld, RunUsage } from '../gates/gate.ts';
import { firstClosed, judgeAll } from '../gates/index.ts';
import { sendStageEvent } from './ceremony.ts';
import { compareOptions } from './comparing.ts';
import type { Core } from './core.ts';
import { protectedSince } from './leaning.ts';
import { strangersByNow } from './strangers.ts';
import { gateWorld } from './world.ts';

/** What became of a run's runnable actions; an action without a result was not tried. */
export interface Execution {
  readonly results: readonly ItemResult[];
  /** Writes that left. */
  readonly sent: number;
  /** Why the others were not tried; `not_armed` when it isn't said. */
  readonly untried?: GateName;
}

/** How long a permit lasts once the gates were judged for the last time; the INTENT is written within. */
const PERMIT_MS = 2000;
/** The exchange's port gives a dispatch up by itself after its deadlines and 10 s; this is for a port that doesn't. */
const DISPATCH_GRACE_MS = 15_000;

/** Makes the daemon's one executor. */
export function makeExecutor(core: Core): Executor {
  const { vitals } = core;
  return createExecutor({
    exchange: core.exchange,
    journal: core.journal,
    interlock: core.interlock,
    clock: core.clock,
    randomHex: core.machine.randomHex,
    timers: core.machine.timers,
    onRepairId: (id) => vitals.repairs.given.add(id),
    permitMs: PERMIT_MS,
    dispatchLimitMs: PERMIT_MS + core.settings.exchange.requestTimeoutMs + DISPATCH_GRACE_MS,
    hashRequest: (write) => hashWire(wireRequest(write, vitals.observation?.positionMode ?? null)),
    flattenTerms: ({ action, position, markPrice }) => {
      const rules = vitals.rules.get(action.symbol);
      if (rules === undefined)
        return { kind: 'impossible', reason: `the exchange's rules for ${action.symbol} are not known` };
      const positionMode = vitals.observation?.positionMode ?? null;
      const { maxSlippageBps, orderType } = core.settings.flatten;
      return flattenTerms({ action, position, markPrice, rules, positionMode, maxSlippageBps, orderType });
    },
    log: (event, fields) => {
      const word = (key: string) => String(fields[key] ?? '');
      const { verified } = fields;
      // The exchange said yes, and the account says no or nobody could look: a line that is cut must not cut that off.
      const isDoubted = verified === false || verified === null;
      const doubt = isDoubted ? `NOT VERIFIED: ${word('verification')};` : '';
      const what = [event, doubt, word('action'), word('symbol'), word('text')];
      const isGood = event === 'REMEDIATION_EXECUTED' && !isDoubted;
      const level = verified === false ? 'alarm' : isGood ? 'info' : 'warn';
      core.notebook.note(level, event, what.filter((part) => part !== '').join(' '), fields);
    },
  });
}

/** Executes what a decision let through. */
export async function executeRunnable(
  core: Core,
  executor: Executor,
  input: {
    readonly actions: readonly JudgedAction[];
    readonly runId: string;
    readonly epoch: number;
    readonly observation: Observation;
    readonly ledger: PlanLedger;
  },
): Promise<Execution> {
  const sentBefore = core.vitals.writesSent;
  core.vitals.executing = true;
  const request: ExecuteRequest = {
    run: {
      runId: input.runId,
      stage: core.vitals.stage.inForce,
      mode: 'live',
      actionMode: core.settings.reconcile.action,
      configDigest: core.settings.digest,
    },
    actions: input.actions,
    epoch: input.epoch,
    rejudge: (action, used) => rejudge(core, action, { observation: input.observation, used }),
    ledger: input.ledger,
    unplanned: (why) => sendStageEvent(core, { type: 'breach', why }),
    refused: (refusal) => {
      const why = endsWriting(refusal);
      if (why === null) return;
      core.notebook.note('alarm', 'WRITES_REFUSED', `${why}: stage 1, an operator has to look`, {});
      sendStageEvent(core, { type: 'breach', why });
    },
  };
  const results = await executor.execute(request).finally(() => {
    core.vitals.executing = false;
  });
  for (const { intentId, intentAtMonoMs } of results) {
    if (intentId !== null && intentAtMonoMs !== null)
      core.vitals.dispatchedMonoMs.set(intentId, intentAtMonoMs);
  }
  return { results, sent: core.vitals.writesSent - sentBefore };
}

/** Judges one action by the world as it is now; its mismatch must still be there with what the feed has said since. */
function rejudge(
  core: Core,
  action: PlannedAction,
  run: { readonly observation: Observation; readonly used: RunUsage },
): GateName | null {
  // The machine may have slept during the read: what that ended is ended before anything leaves.
  sendStageEvent(core, { type: 'tick' });
  // The read right before the write may lag behind what the stream has told, or would have told, since the plan.
  if (isToldNewer(core.vitals.view, action.mismatch)) return 'not_confirmed';
  if (isBrokenSince(core.vitals.view, run.observation)) return 'not_confirmed';
  core.feed.poll();
  const expected = core.feed.state();
  // A position is told by positions alone: 100,000 orders are not walked for it before a write.
  const believed = action.action === 'flatten' ? { ...expected, orders: new Map() } : expected;
  const again = compare(believed, aboutOne(run.observation, action), compareOptions(core));
  if (
    !again.mismatches.some(
      ({ key, remediation }) => key === action.mismatch.key && remediation === action.action,
    )
  )
    return 'not_confirmed';
  const failures = core.journal.state().failuresByItem.get(action.id) ?? 0;
  const confirmation = confirmationOf(core.vitals.confirm, action.mismatch.key);
  return firstClosed(
    judgeAll({ action, world: worldWithinRun(core, expected), run: run.used, confirmation, failures }),
  );
}

/** The part of a picture that shows one action's aim: a large account is not compared as a whole before every write. */
function aboutOne(observation: Observation, action: PlannedAction): Observation {
  const orders = observation.orders.filter(({ orderId }) => orderId === action.orderId);
  return { ...observation, orders, complete: observation.complete && action.action === 'flatten' };
}

/**
 * Within a run cooldown and day are judged from before the run: its own writes are counted as the run's. And nothing is decided
 * on events meanwhile, so that whose orders have come since, and which of them lean on a position, the stream alone tells.
 */
export function worldWithinRun(core: Core, expected: ExpectedState): GateWorld {
  const { sinceLastWriteAtRunMs, dayAtRun } = core.vitals;
  const world = gateWorld(core, expected);
  return {
    ...world,
    sideEffects: {
      ...world.sideEffects,
      protectedSymbols: [
        ...world.sideEffects.protectedSymbols,
        ...protectedSince(expected, core.vitals.view),
      ],
      strangers: strangersByNow(core),
    },
    sinceLastWriteMs: sinceLastWriteAtRunMs,
    day: dayAtRun,
  };
}

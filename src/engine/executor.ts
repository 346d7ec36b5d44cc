/**
 * Carries out what the gates let through, one action at a time: last read, INTENT on disk, one dispatch, OUTCOME on disk,
 * read after.
 *
 * Invariants: nothing is dispatched without its INTENT on disk (S1); one dispatch an INTENT (S4); nothing after a journal
 * error (S10), on a symbol with an open intent (S11), or once the stop is latched (S21); every action given ends as
 * exactly one of executed, blocked, failed, unknown (S22); nothing that this run's plan does not hold, and nothing twice.
 */
import type { DispatchResult, WriteRequest } from '../exchange/exchange.ts';
import type { RunUsage } from '../gates/gate.ts';
import type { Clock } from './clock.ts';
import { withinDeadline } from './deadline.ts';
import { spend, UNUSED_RUN } from './decide.ts';
import { parseDecimal } from './decimal.ts';
import type { ExecuteRequest, ExecutorTools } from './executor-types.ts';
import { describeError } from './files.ts';
import { ended, fieldsOf, type ItemResult, textOf } from './item-result.ts';
import { type Timers, thisMachine } from './machine.ts';
import { type Prepared, prepareWrite } from './prepare-write.ts';
import { newIntentId, newRepairClientOrderId } from './repair-id.ts';
import type { BlockReason, GateName, PlannedAction } from './types.ts';
import { type Verification, verifyWrite } from './verify-write.ts';
import { intentEntry, notTriedEntry, outcomeEntry, verificationEntry } from './write-records.ts';

export type { ExecuteRequest, ExecutorTools } from './executor-types.ts';
export type { ItemResult } from './item-result.ts';

/** Executes runs, one at a time: what is given meanwhile is blocked. */
export interface Executor {
  /** Never rejects; gives one result an action, in their order. */
  readonly execute: (request: ExecuteRequest) => Promise<readonly ItemResult[]>;
  /** The intent whose dispatch has not ended; null when none. Nobody else may resolve it meanwhile. */
  readonly inFlight: () => string | null;
}

const DISPATCH_LIMIT_MS = 60_000;
/** A targeted read holds for so long from its question on; what took longer may have lain there while the thread stood still. */
const READ_HOLDS_MS = 10_000;

/** Makes an executor. */
export function createExecutor(tools: ExecutorTools): Executor {
  let inFlight: string | null = null;
  let isBusy = false;
  const setInFlight = (intentId: string | null): void => {
    inFlight = intentId;
  };
  const executeAll = async (request: ExecuteRequest): Promise<readonly ItemResult[]> => {
    const pass: Pass = { tools, request, epoch: request.epoch, used: UNUSED_RUN, setInFlight };
    const results: ItemResult[] = [];
    for (const { action, reason } of request.actions)
      results.push(
        reason === null ? await executeOne(pass, action) : ended(action, 'blocked', reason, 'not runnable'),
      );
    return results;
  };
  return {
    inFlight: () => inFlight,
    execute: async (request) => {
      // Two at once would each count from nothing against the run's caps.
      if (isBusy)
        return request.actions.map(({ action }) => ended(action, 'blocked', 'cooldown_not_elapsed', BUSY));
      isBusy = true;
      return executeAll(request).finally(() => {
        isBusy = false;
      });
    },
  };
}

const BUSY = 'another run is being executed';

/** One run under way; `epoch` is the one at which the world was last judged, `used` what its intents have taken. */
interface Pass {
  readonly tools: ExecutorTools;
  readonly request: ExecuteRequest;
  epoch: number;
  used: RunUsage;
  readonly setInFlight: (intentId: string | null) => void;
}

type Ready = Extract<Prepared, { kind: 'ready' }>;

async function executeOne(pass: Pass, action: PlannedAction): Promise<ItemResult> {
  const early = closedGate(pass, action);
  if (early !== null) return notTried(pass, action, early, 'closed before its turn');
  const isOld = startAge(pass.tools.clock);
  const prepared = await prepare(pass, action);
  if (prepared.kind === 'blocked') return notTried(pass, action, prepared.reason, prepared.text);
  if (prepared.kind === 'failed') return notTried(pass, action, 'port_error', prepared.text);
  // Always: the feed, the lock and the clocks may have moved during the read without anybody having looked yet.
  const judgedAt = { monoMs: pass.tools.clock.monoMs(), wallMs: pass.tools.clock.wallMs() };
  const late = closedGate(pass, prepared.action, true);
  if (late !== null) return notTried(pass, action, late, 'closed during the targeted read');
  if (isOld()) return notTried(pass, action, 'not_confirmed', 'the targeted read took too long to count');
  return writeOne(pass, prepared, judgedAt);
}

/** Tells from now on whether a read that begins now is too old, by the clock that says more: one stands still in a suspend. */
function startAge(clock: Clock): () => boolean {
  const [monoMs, wallMs] = [clock.monoMs(), clock.wallMs()];
  return () => !(Math.max(clock.monoMs() - monoMs, clock.wallMs() - wallMs) <= READ_HOLDS_MS);
}

/** Everything that can close between two actions; a moved epoch, or `judgeAnew`, asks all the gates again. */
function closedGate(pass: Pass, action: PlannedAction, judgeAnew = false): GateName | null {
  const { interlock, journal } = pass.tools;
  if (interlock.latched()) return 'stop_latched';
  if (!journal.healthy()) return 'audit_unavailable';
  if (!interlock.writesAllowed()) return 'not_armed';
  for (const intent of journal.state().openIntents.values())
    if (intent.symbol === action.symbol) return 'unresolved_intent';
  const epoch = interlock.epoch();
  if (epoch === pass.epoch && !judgeAnew) return null;
  const reason = judgeAgain(pass, action);
  if (reason === null) pass.epoch = epoch;
  return reason;
}

/** A judge that throws has not let anything through. */
function judgeAgain(pass: Pass, action: PlannedAction): GateName | null {
  try {
    return pass.request.rejudge(action, pass.used);
  } catch {
    return 'not_confirmed';
  }
}

async function prepare(pass: Pass, action: PlannedAction): Promise<Prepared> {
  const { exchange, flattenTerms, clock } = pass.tools;
  try {
    const newClientOrderId = () => {
      const id = newRepairClientOrderId(clock.wallMs(), pass.tools.randomHex);
      pass.tools.onRepairId?.(id);
      return id;
    };
    return await prepareWrite(action, { exchange, flattenTerms, newClientOrderId });
  } catch (error) {
    return { kind: 'failed', text: `targeted read: ${describeError(error)}` };
  }
}

/** `judgedAt`: the permit lasts from then on, not from the INTENT, over which a disk may stall as long as it likes. */
async function writeOne(
  pass: Pass,
  { write, action, before }: Ready,
  judgedAt: { readonly monoMs: number; readonly wallMs: number },
): Promise<ItemResult> {
  const { tools, request, epoch } = pass;
  const stray = request.ledger.take(write);
  if (stray !== null) {
    request.unplanned(stray);
    return notTried(pass, action, 'port_error', `refused: ${stray}`);
  }
  const requestHash = hashOf(tools, write);
  if (requestHash === null)
    return notTried(pass, action, 'port_error', 'the write can not be put on the wire');
  const id = newIntentId(tools.clock.wallMs(), tools.randomHex);
  const intent = tools.journal.append(
    intentEntry(request.run, action, { id, write, before, requestHash, epoch }),
  );
  if (!intent.ok) return failed(tools, ended(action, 'failed', 'port_error', intent.problem));
  const atMonoMs = tools.clock.monoMs();
  pass.used = spend(pass.used, action);
  pass.setInFlight(id);
  const deadlines = {
    deadlineMonoMs: judgedAt.monoMs + tools.permitMs,
    deadlineMs: judgedAt.wallMs + tools.permitMs,
  };
  const permit = { intentId: id, requestHash, epoch, ...deadlines };
  // A stop may have waited at the socket for as long as the disk took.
  await nextTurn(tools.timers);
  const result = await dispatch(tools, () => tools.exchange.dispatch(write, permit));
  const outcome = tools.journal.append(outcomeEntry(request.run, action, { intentId: id, result }));
  pass.setInFlight(null);
  if (result.status === 'REJECTED') request.refused?.(result);
  const text = outcome.ok
    ? textOf(result)
    : `${textOf(result)} (outcome not in the audit: ${outcome.problem})`;
  const base = { ...ended(action, 'executed', null, text), intentId: id, intentAtMonoMs: atMonoMs };
  if (result.status !== 'EXECUTED') {
    const status = result.status === 'UNKNOWN' ? 'unknown' : 'failed';
    return failed(tools, { ...base, status, reason: 'port_error' });
  }
  const seen = await verify(tools, { write, before });
  const unfilled = write.kind === 'flatten' && parseDecimal(result.executedQuantity)?.isZero() === true;
  tools.journal.append(verificationEntry(request.run, action, { intentId: id, ...seen, unfilled }));
  tools.log('REMEDIATION_EXECUTED', { ...fieldsOf(base), verified: seen.verified, verification: seen.text });
  return { ...base, verified: seen.verified, text: `${text}; ${seen.text}` };
}

/** Lets this thread see to whoever waits. */
function nextTurn(timers: Timers = thisMachine.timers): Promise<void> {
  return new Promise((goOn) => timers.after(0, goOn));
}

function hashOf(tools: ExecutorTools, write: WriteRequest): string | null {
  try {
    return tools.hashRequest(write);
  } catch {
    return null;
  }
}

/** A port that rejects, or never answers, told nothing: whether the write left is not known. */
async function dispatch(tools: ExecutorTools, send: () => Promise<DispatchResult>): Promise<DispatchResult> {
  if (tools.interlock.latched()) return { status: 'NOT_SENT', message: 'stop latched' };
  try {
    return await withinDeadline(send(), tools.dispatchLimitMs ?? DISPATCH_LIMIT_MS, tools.timers);
  } catch (error) {
    return { status: 'UNKNOWN', httpStatus: null, code: null, message: describeError(error) };
  }
}

async function verify(tools: ExecutorTools, done: Pick<Ready, 'write' | 'before'>): Promise<Verification> {
  try {
    return await verifyWrite(tools.exchange, done.write, done.before);
  } catch (error) {
    return { verified: null, text: `not read: ${describeError(error)}` };
  }
}

function notTried(pass: Pass, action: PlannedAction, reason: BlockReason, text: string): ItemResult {
  const { tools, request } = pass;
  tools.journal.append(notTriedEntry(request.run, action, { reason, text }));
  if (reason === 'port_error') return failed(tools, ended(action, 'failed', reason, text));
  const result = ended(action, 'blocked', reason, text);
  tools.log('REMEDIATION_BLOCKED', fieldsOf(result));
  return result;
}

function failed(tools: ExecutorTools, result: ItemResult): ItemResult {
  tools.log('REMEDIATION_FAILED', fieldsOf(result));
  return result;
}

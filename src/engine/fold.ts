/**
 * The engine's durable state as a fold over the audit journal: budgets, cooldown, open intents, failures, backoff and
 * the records the ceremony is judged by. Pure: the same lines give the same state, however often they are replayed.
 */
import { z } from 'zod';
import type { AuditRecord, JsonObject } from './audit-record.ts';
import { isCheckpoint, readPart, saysTheSame, stateOf } from './checkpoint.ts';
import { isSample } from './criteria-samples.ts';
import { parseDecimal } from './decimal.ts';
import { DOWNTIME_MAX_MS } from './evidence.ts';
import { clearFailures, countFailure, filledNothing } from './failures.ts';
import {
  CEREMONY_EVENTS,
  type Dispatch,
  EMPTY_STATE,
  type JournalState,
  type OpenIntent,
} from './journal-state.ts';
import { foldMass } from './mass-records.ts';
import { foldOther } from './other-executor.ts';

export type { Dispatch, JournalState, OpenIntent } from './journal-state.ts';
export { CEREMONY_EVENTS, EMPTY_STATE };

const DISPATCH_WINDOW_MS = 25 * 3_600_000;
const DISPATCHES_KEPT = 2000;
const CEREMONY_KEPT = 1000;

/** Applies one record. Never throws. */
export function fold(state: JournalState, record: AuditRecord): JournalState {
  if (isCheckpoint(record)) return applyCheckpoint(state, record);
  const next = advance(state, record);
  if (state.lastSeq === 0 && record.seq > 1)
    return {
      ...next,
      problem: `line ${record.seq}: the lines before it are missing and it is no checkpoint`,
    };
  if (state.checkpoint !== null)
    return { ...next, problem: `line ${record.seq}: the checkpoint before it is not complete` };
  // Many, and evidence of nothing: they must not push out what is.
  if (isSample(record)) return next;
  if (CEREMONY_EVENTS.includes(record.event_type)) return applyCeremony(next, record);
  if (record.event_type === 'REMEDIATE_ATTEMPT' && record.status === 'INTENT')
    return applyIntent(next, record);
  if (record.event_type === 'REMEDIATE_RESULT') return applyResult(next, record);
  return next;
}

/**
 * What a checkpoint of this very state leaves, without reading it: the same as folding its lines, of which `last` is the last
 * one (its items are not looked at).
 */
export function afterCheckpoint(state: JournalState, last: AuditRecord, keepsFromSeq: number): JournalState {
  return { ...advance(state, last), keepsFromSeq };
}

/** What every record moves. */
function advance(state: JournalState, record: AuditRecord): JournalState {
  const backoff = record.details['backoff_until_ms'];
  const silentMs = state.lastRecordAtMs === null ? 0 : record.ts_ms - state.lastRecordAtMs;
  return {
    ...state,
    // Kept out for good: a second restart after a long downtime must not bring back what the first one voided.
    ceremonyRecords:
      silentMs > DOWNTIME_MAX_MS
        ? state.ceremonyRecords.filter(({ event_type }) => event_type !== 'STAGE_EVIDENCE')
        : state.ceremonyRecords,
    lastSeq: record.seq,
    lastRecordAtMs: record.ts_ms,
    head: { seq: record.seq, hash: record.hash },
    backoffUntilMs:
      typeof backoff === 'number' ? Math.max(state.backoffUntilMs, backoff) : state.backoffUntilMs,
    massFound: foldMass(state.massFound, record),
    otherExecutor: foldOther(state.otherExecutor, record),
  };
}

function applyCheckpoint(state: JournalState, record: AuditRecord): JournalState {
  const next = advance(state, record);
  const refused = (why: string) => ({ ...next, checkpoint: null, problem: `line ${record.seq}: ${why}` });
  const part = readPart(record);
  if (part === null) return refused('a checkpoint that can not be read');
  const begun = part.part === 1 ? null : state.checkpoint;
  if (part.part !== (begun?.read ?? 0) + 1 || (begun ?? part).parts !== part.parts)
    return refused('a checkpoint whose lines are not in order');
  const isFirstLine = state.lastSeq === 0 && record.seq > 1;
  const before = part.part === 1 ? (isFirstLine ? null : state) : (begun?.before ?? null);
  const items = [...(begun?.items ?? []), ...part.items];
  if (part.part < part.parts)
    return { ...next, checkpoint: { before, parts: part.parts, read: part.part, items } };
  const base = stateOf(items);
  if (base === null) return refused('a checkpoint that can not be read');
  // An adoption says itself what it changes.
  if (before !== null && record.details['adopted'] === undefined && !saysTheSame(items, before))
    return refused('the checkpoint is not what the lines before it come to');
  return { ...advance(base, record), keepsFromSeq: part.keeps_from_seq, problem: state.problem };
}

const intentDetails = z.object({
  intent_id: z.string().min(1),
  action_id: z.string().min(1),
  action: z.enum(['cancel', 'flatten']),
  symbol: z.string().min(1),
  client_order_id: z.string().nullable(),
  order_id: z.string().nullable(),
  conditional: z.boolean(),
  repair_client_order_id: z.string().nullable(),
  position_before: z
    .object({
      side: z.enum(['BOTH', 'LONG', 'SHORT']),
      amount: z.string(),
      updated_at_ms: z.number().nullable().default(null),
    })
    .transform(({ side, amount, updated_at_ms }) => ({ side, amount, updatedAtMs: updated_at_ms }))
    .nullable()
    .default(null),
  request_hash: z.string().min(1),
  notional_usdt: z.string().refine((text) => parseDecimal(text)?.isNegative() === false),
});

function applyIntent(state: JournalState, record: AuditRecord): JournalState {
  const parsed = intentDetails.safeParse(record.details);
  if (!parsed.success) return { ...state, problem: `line ${record.seq}: an INTENT without its details` };
  const details = parsed.data;
  const intent: OpenIntent = {
    intentId: details.intent_id,
    seq: record.seq,
    actionId: details.action_id,
    action: details.action,
    symbol: details.symbol,
    clientOrderId: details.client_order_id,
    orderId: details.order_id,
    conditional: details.conditional,
    repairClientOrderId: details.repair_client_order_id,
    position: details.position_before,
    requestHash: details.request_hash,
    notionalUsdt: details.notional_usdt,
    runId: record.run_id,
    atMs: record.ts_ms,
    status: 'open',
  };
  const dispatch = { intentId: intent.intentId, atMs: record.ts_ms, notionalUsdt: intent.notionalUsdt };
  return withDispatches(
    { ...state, openIntents: new Map(state.openIntents).set(intent.intentId, intent) },
    trim([...state.dispatches, dispatch], record.ts_ms),
  );
}

function applyResult(state: JournalState, record: AuditRecord): JournalState {
  const { details } = record;
  if (typeof details['resolves'] === 'string') return applyResolution(state, details['resolves'], details);
  if (typeof details['verifies'] === 'string') {
    const actionId = details['action_id'];
    if (typeof actionId !== 'string') return state;
    // An order taken by the exchange may have filled nothing: only the read after it tells success.
    if (details['verified'] === true) return clearFailures(state, actionId);
    // What filled nothing was counted by the reply itself.
    const isNew = details['verified'] === false && details['unfilled'] !== true;
    return isNew ? countFailure(state, actionId) : state;
  }
  const id = details['intent_id'];
  const intent = typeof id === 'string' ? state.openIntents.get(id) : undefined;
  if (intent === undefined || intent.status === 'unknown') return state;
  switch (record.status) {
    case 'EXECUTED': {
      const closed = closeIntent(state, intent.intentId);
      const filled = intent.action === 'cancel' || !filledNothing(details);
      return filled ? closed : countFailure(closed, intent.actionId);
    }
    case 'REJECTED':
      return countFailure(
        refund(closeIntent(state, intent.intentId), intent.intentId, 'notional'),
        intent.actionId,
      );
    case 'UNKNOWN':
      return countFailure(
        { ...state, openIntents: new Map(state.openIntents).set(intent.intentId, unknown(intent)) },
        intent.actionId,
      );
    case 'FAILED': {
      const closed = closeIntent(state, intent.intentId);
      return details['sent'] === false
        ? refund(closed, intent.intentId, 'all')
        : countFailure(closed, intent.actionId);
    }
    case 'PLANNED':
    case 'BLOCKED':
    case 'INTENT':
    case null:
      return state;
  }
}

/** A write that died with its process was a failure as much as one that is answered: or each start might send it again. */
function applyResolution(state: JournalState, intentId: string, details: JsonObject): JournalState {
  const intent = state.openIntents.get(intentId);
  const closed = closeIntent(state, intentId);
  const inVain = details['outcome'] === 'not_executed' || details['unfilled'] === true;
  return intent?.status === 'open' && inVain ? countFailure(closed, intent.actionId) : closed;
}

function applyCeremony(state: JournalState, record: AuditRecord): JournalState {
  const cleared = record.event_type === 'ACKNOWLEDGED' ? record.details['clears_failures_of'] : null;
  return {
    ...(typeof cleared === 'string' ? clearFailures(state, cleared) : state),
    lastStageChange: record.event_type === 'STAGE_CHANGED' ? record : state.lastStageChange,
    ceremonyRecords: [...state.ceremonyRecords, record].slice(-CEREMONY_KEPT),
  };
}

function unknown(intent: OpenIntent): OpenIntent {
  return { ...intent, status: 'unknown' };
}

function closeIntent(state: JournalState, intentId: string): JournalState {
  const openIntents = new Map(state.openIntents);
  openIntents.delete(intentId);
  return { ...state, openIntents };
}

function refund(state: JournalState, intentId: string, what: 'all' | 'notional'): JournalState {
  return withDispatches(
    state,
    state.dispatches.flatMap((dispatch) => {
      if (dispatch.intentId !== intentId) return [dispatch];
      return what === 'all' ? [] : [{ ...dispatch, notionalUsdt: '0' }];
    }),
  );
}

function withDispatches(state: JournalState, dispatches: readonly Dispatch[]): JournalState {
  return { ...state, dispatches, lastWriteRunAtMs: dispatches.at(-1)?.atMs ?? null };
}

function trim(dispatches: readonly Dispatch[], nowMs: number): readonly Dispatch[] {
  const surplus = dispatches.length - DISPATCHES_KEPT;
  if (surplus <= 0) return dispatches;
  return dispatches.filter(
    (dispatch, index) => index >= surplus || dispatch.atMs > nowMs - DISPATCH_WINDOW_MS,
  );
}

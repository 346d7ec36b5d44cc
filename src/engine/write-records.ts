/** The audit lines of a write: blocked late, intent, outcome, verification, resolution. Pure. */
import type { DispatchResult, WriteRequest } from '../exchange/exchange.ts';
import type { AuditEntry, AuditStatus, JsonObject } from './audit-record.ts';
import type { OpenIntent } from './fold.ts';
import type { ActionMode, BlockReason, ObservedPosition, PlannedAction, StageNumber } from './types.ts';

/** What every line of one run has in common. */
export interface RunStamp {
  readonly runId: string;
  readonly stage: StageNumber;
  readonly mode: 'dry_run' | 'live';
  readonly actionMode: ActionMode;
  readonly configDigest: string;
}

/** An action that was runnable and isn't any more, or could not be tried. Nothing was reserved, nothing was sent. */
export function notTriedEntry(
  run: RunStamp,
  action: PlannedAction,
  why: { readonly reason: BlockReason; readonly text: string },
): AuditEntry {
  const failed = why.reason === 'port_error';
  return {
    ...stamp(run, action),
    event_type: failed ? 'REMEDIATE_RESULT' : 'REMEDIATE_ATTEMPT',
    status: failed ? 'FAILED' : 'BLOCKED',
    block_reason: why.reason,
    details: { ...aim(action), sent: false, text: why.text },
  };
}

/** The INTENT: everything needed to find out later what became of it. */
export function intentEntry(
  run: RunStamp,
  action: PlannedAction,
  intent: {
    readonly id: string;
    readonly write: WriteRequest;
    /** The position to be closed, as read just now; null for a cancel. */
    readonly before: ObservedPosition | null;
    readonly requestHash: string;
    readonly epoch: number;
  },
): AuditEntry {
  const { write, before } = intent;
  return {
    ...stamp(run, action),
    event_type: 'REMEDIATE_ATTEMPT',
    status: 'INTENT',
    block_reason: null,
    details: {
      ...aim(action),
      intent_id: intent.id,
      repair_client_order_id: write.kind === 'flatten' ? write.clientOrderId : null,
      position_before:
        before === null
          ? null
          : { side: before.positionSide, amount: before.amount, updated_at_ms: before.updatedAtMs },
      request: requestOf(write),
      request_hash: intent.requestHash,
      notional_usdt: action.notionalUsdt ?? '0',
      config_digest: run.configDigest,
      permit_epoch: intent.epoch,
    },
  };
}

/** The OUTCOME, as the dispatch told it. */
export function outcomeEntry(
  run: RunStamp,
  action: PlannedAction,
  outcome: { readonly intentId: string; readonly result: DispatchResult },
): AuditEntry {
  const { result } = outcome;
  const status: AuditStatus = result.status === 'NOT_SENT' ? 'FAILED' : result.status;
  return {
    ...stamp(run, action),
    event_type: 'REMEDIATE_RESULT',
    status,
    block_reason: status === 'EXECUTED' ? null : 'port_error',
    details: { ...aim(action), intent_id: outcome.intentId, ...resultOf(result) },
  };
}

/** What the read after an executed write showed; has no status, so that an outcome is counted once. */
export function verificationEntry(
  run: RunStamp,
  action: PlannedAction,
  seen: {
    readonly intentId: string;
    readonly verified: boolean | null;
    readonly text: string;
    /** The reply said already that nothing was filled. */
    readonly unfilled: boolean;
  },
): AuditEntry {
  return {
    ...stamp(run, action),
    event_type: 'REMEDIATE_RESULT',
    status: null,
    block_reason: null,
    details: {
      ...aim(action),
      verifies: seen.intentId,
      verified: seen.verified,
      text: seen.text,
      ...(seen.unfilled ? { unfilled: true } : {}),
    },
  };
}

/** What an intent came to, found out later by reads or by an operator's word (then `operator` names them). */
export function resolutionEntry(
  run: RunStamp,
  intent: OpenIntent,
  resolution: {
    readonly outcome: 'executed' | 'not_executed';
    readonly text: string;
    readonly operator: string | null;
    /** A flatten that was taken and traded nothing. */
    readonly unfilled: boolean;
  },
): AuditEntry {
  return {
    event_type: 'REMEDIATE_RESULT',
    run_id: intent.runId,
    mode: run.mode,
    stage: run.stage,
    action: intent.action,
    status: null,
    block_reason: null,
    symbols: [intent.symbol],
    mismatch_counts: {},
    details: {
      resolves: intent.intentId,
      outcome: resolution.outcome,
      was: intent.status,
      action_id: intent.actionId,
      text: resolution.text,
      ...(resolution.unfilled ? { unfilled: true } : {}),
    },
    operator: resolution.operator,
    synthetic: false,
  };
}

function stamp(run: RunStamp, action: PlannedAction) {
  return {
    run_id: run.runId,
    mode: run.mode,
    stage: run.stage,
    action: action.action,
    symbols: [action.symbol],
    mismatch_counts: { [action.mismatch.type]: 1 },
    operator: null,
    synthetic: action.synthetic,
  };
}

function aim(action: PlannedAction): JsonObject {
  return {
    action_id: action.id,
    action: action.action,
    symbol: action.symbol,
    client_order_id: action.clientOrderId,
    order_id: action.orderId,
    conditional: action.conditional,
    position_side: action.positionSide,
    quantity: action.quantity,
    mismatch_type: action.mismatch.type,
  };
}

function requestOf(write: WriteRequest): JsonObject {
  if (write.kind === 'cancel') {
    const { kind, symbol, orderId, clientOrderId, conditional } = write;
    return { kind, symbol, order_id: orderId, client_order_id: clientOrderId, conditional };
  }
  const { kind, symbol, side, positionSide, quantity, orderType, price, clientOrderId } = write;
  return {
    kind,
    symbol,
    side,
    position_side: positionSide,
    quantity,
    order_type: orderType,
    price,
    client_order_id: clientOrderId,
  };
}

function resultOf(result: DispatchResult): JsonObject {
  switch (result.status) {
    case 'EXECUTED':
      return {
        sent: true,
        exchange_order_id: result.orderId,
        executed_quantity: result.executedQuantity,
        order_status: result.orderStatus,
      };
    case 'REJECTED':
    case 'UNKNOWN':
      return { sent: true, http_status: result.httpStatus, code: result.code, text: result.message };
    case 'NOT_SENT':
      return { sent: false, text: result.message };
  }
}

/** How one action of a run ended, and how that is told. Pure. */
import type { DispatchResult } from '../exchange/exchange.ts';
import type { BlockReason, PlannedAction } from './types.ts';

/** How one action ended. `failed` covers refusals and port errors. */
export interface ItemResult {
  readonly action: PlannedAction;
  readonly status: 'executed' | 'blocked' | 'failed' | 'unknown';
  /** Null when executed. */
  readonly reason: BlockReason | null;
  readonly text: string;
  readonly intentId: string | null;
  /** Monotonic time of the INTENT, for the budgets; null without one. */
  readonly intentAtMonoMs: number | null;
  /** Null when nothing was executed or the read after told nothing. */
  readonly verified: boolean | null;
}

/** A result without an intent. */
export function ended(
  action: PlannedAction,
  status: ItemResult['status'],
  reason: BlockReason | null,
  text: string,
): ItemResult {
  return { action, status, reason, text, intentId: null, intentAtMonoMs: null, verified: null };
}

/** A result as the fields of a log line. */
export function fieldsOf(result: ItemResult): Readonly<Record<string, unknown>> {
  const { action, status, reason, text, intentId } = result;
  const { symbol, clientOrderId, notionalUsdt } = action;
  return {
    action: action.action,
    action_id: action.id,
    symbol,
    client_order_id: clientOrderId,
    notional_usdt: notionalUsdt,
    status,
    reason,
    intent_id: intentId,
    text,
  };
}

/** What a dispatch told, in one line. */
export function textOf(result: DispatchResult): string {
  return result.status === 'EXECUTED'
    ? `${result.orderStatus}, executed ${result.executedQuantity}`
    : `${result.status}: ${result.message}`;
}

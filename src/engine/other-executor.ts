/**
 * Another executor of this account, in the audit: seen by an order of its own (a CHECKPOINT's `other_executor`), and
 * acknowledged by that order's id. Pure.
 */
import { z } from 'zod';
import type { AuditRecord, JsonObject } from './audit-record.ts';

/** The name under which an operator acknowledges it. */
export const OTHER_EXECUTOR_ITEM = 'other_executor';

/** The order that told of it. */
export interface OtherExecutor {
  readonly clientOrderId: string;
  readonly orderId: string;
  readonly symbol: string;
}

const found = z.object({
  client_order_id: z.string().min(1).max(200),
  order_id: z.string().max(200),
  symbol: z.string().max(200),
});
const acknowledged = z.object({ item: z.literal(OTHER_EXECUTOR_ITEM), client_order_id: z.string() });

/** The details of the record that says it was seen. */
export function otherFoundDetails({ clientOrderId, orderId, symbol }: OtherExecutor): JsonObject {
  return { other_executor: { client_order_id: clientOrderId, order_id: orderId, symbol } };
}

/** The details of the record that says it was acknowledged. */
export function otherAcknowledgedDetails({ clientOrderId, orderId, symbol }: OtherExecutor): JsonObject {
  return { item: OTHER_EXECUTOR_ITEM, client_order_id: clientOrderId, order_id: orderId, symbol };
}

/** Folds one record: what was seen waits until that very order is acknowledged. What can't be understood waits too. */
export function foldOther(waiting: OtherExecutor | null, record: AuditRecord): OtherExecutor | null {
  const told = record.details[OTHER_EXECUTOR_ITEM];
  if (record.event_type === 'CHECKPOINT' && told !== undefined) {
    const parsed = found.safeParse(told);
    if (!parsed.success) return { clientOrderId: 'not readable', orderId: '', symbol: '' };
    return {
      clientOrderId: parsed.data.client_order_id,
      orderId: parsed.data.order_id,
      symbol: parsed.data.symbol,
    };
  }
  if (record.event_type !== 'ACKNOWLEDGED' || waiting === null) return waiting;
  const parsed = acknowledged.safeParse(record.details);
  return parsed.success && parsed.data.client_order_id === waiting.clientOrderId ? null : waiting;
}

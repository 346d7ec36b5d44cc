/**
 * Another executor of this account (another home, user, host or key) holds another lock and is seen by its flattens alone:
 * repair orders that this process didn't send. One is enough; nothing is executed until an operator has looked.
 */
import { escapeText } from '../engine/escape.ts';
import {
  OTHER_EXECUTOR_ITEM,
  type OtherExecutor,
  otherAcknowledgedDetails,
  otherFoundDetails,
} from '../engine/other-executor.ts';
import { repairMadeAtMs } from '../engine/repair-id.ts';
import type { ObservedOrder } from '../engine/types.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import type { Core } from './core.ts';

/** Looks at orders of the stream or of a read for repairs that are not ours. */
export function noteRepairs(core: Core, orders: readonly ObservedOrder[]): void {
  for (const order of orders) if (isAnothers(core, order)) remember(core, order);
}

/** Acknowledges the one that waits; says why not, or null. Another order tells of it anew. */
export function acknowledgeOther(
  core: Core,
  who: { readonly name: string; readonly verified: boolean },
): string | null {
  const { vitals, journal, notebook } = core;
  const { otherExecutor: waiting } = vitals;
  if (waiting === null) return 'there is no other executor to acknowledge';
  const details = { ...otherAcknowledgedDetails(waiting), operator_unverified: !who.verified };
  const base = entryBase(core);
  const appended = journal.append({ ...base, event_type: 'ACKNOWLEDGED', operator: who.name, details });
  if (!appended.ok) return `not acknowledged, the audit can't take it: ${appended.problem}`;
  vitals.otherExecutor = null;
  notebook.alarm(OTHER_EXECUTOR_ITEM, null);
  const text = `${OTHER_EXECUTOR_ITEM} acknowledged by ${who.name}: ${figureOf(waiting)}`;
  notebook.note('info', 'ACKNOWLEDGED', text);
  return null;
}

/** Says it again after a restart. */
export function recallOther({ vitals, notebook }: Core): void {
  if (vitals.otherExecutor !== null) notebook.alarm(OTHER_EXECUTOR_ITEM, alarmText(vitals.otherExecutor));
}

/** Names the order for people. */
export function figureOf({ clientOrderId, orderId, symbol }: OtherExecutor): string {
  return `order ${clientOrderId} (${orderId}) on ${symbol}`;
}

/**
 * What an earlier process of ours sent was made before this one began, and so nothing made before is judged: whatever the
 * audit has lost or an adoption cut off, it raises no false alarm. What such a process left open it has in the audit.
 */
function isAnothers({ vitals, journal }: Core, order: ObservedOrder): boolean {
  const { clientOrderId, synthetic } = order;
  const madeAtMs = repairMadeAtMs(clientOrderId);
  // Whoever else begins an id like this makes it in another shape: no executor of any version did.
  if (synthetic || madeAtMs === null) return false;
  const { given, judged, judgedFromMs } = vitals.repairs;
  if (given.has(clientOrderId) || judged.has(clientOrderId)) return false;
  if (madeAtMs <= judgedFromMs) return false;
  const open = [...journal.state().openIntents.values()];
  return !open.some(({ repairClientOrderId }) => repairClientOrderId === clientOrderId);
}

function remember(core: Core, order: ObservedOrder): void {
  const { vitals, journal, interlock, notebook } = core;
  vitals.repairs.judged.add(order.clientOrderId);
  // The first one stands until somebody has looked; that look is at the account, not at one order.
  if (vitals.otherExecutor !== null) return;
  const found = {
    clientOrderId: escapeText(order.clientOrderId, 100),
    orderId: escapeText(order.orderId, 100),
    symbol: escapeText(order.symbol, 100),
  };
  vitals.otherExecutor = found;
  interlock.advance();
  journal.append({ ...entryBase(core), event_type: 'CHECKPOINT', details: otherFoundDetails(found) });
  notebook.alarm(OTHER_EXECUTOR_ITEM, alarmText(found));
  // The hold is in force at once, not at the next beat.
  sendStageEvent(core, { type: 'tick' });
}

function alarmText(found: OtherExecutor): string {
  return `ANOTHER EXECUTOR ON THIS ACCOUNT: ${figureOf(found)} has our repair prefix and was not sent by this daemon; at most stage 1 until it is found and ended, then grinder ack ${OTHER_EXECUTOR_ITEM}`;
}

/**
 * The plan of one run as a ledger: every write has to match an entry and uses it up. It is made from what the audit took
 * and held against the write as it would leave, so that no fault between the two, in ordering, repeating or aiming, can
 * send what nobody planned.
 */
import type { WriteRequest } from '../exchange/exchange.ts';
import { absolute, compareDecimals, parseDecimal } from './decimal.ts';
import type { JudgedAction, PlannedAction } from './types.ts';

/** What a run may still execute. */
export interface PlanLedger {
  /** Takes the write's entry; says why there is none, or null. A write takes at most one entry, and an entry is taken once. */
  readonly take: (write: WriteRequest) => string | null;
}

/** Opens the ledger of a run's plan: the actions that every gate let through, with their multiplicity. */
export function openLedger(planned: readonly JudgedAction[]): PlanLedger {
  const left = planned
    .filter(({ action, reason }) => reason === null && !action.synthetic && !action.mismatch.synthetic)
    .map(({ action }) => action);
  return {
    take: (write) => {
      const index = left.findIndex((action) => matches(action, write));
      if (index < 0) return `${nameOf(write)} is not in the plan of this run, or was executed already`;
      left.splice(index, 1);
      return null;
    },
  };
}

function matches(action: PlannedAction, write: WriteRequest): boolean {
  if (action.action !== write.kind || action.symbol !== write.symbol) return false;
  if (write.kind === 'cancel')
    return (
      action.orderId === write.orderId &&
      action.clientOrderId === write.clientOrderId &&
      action.conditional === write.conditional
    );
  const sameAim = action.side === write.side && action.positionSide === write.positionSide;
  return sameAim && isWithin(action, write.quantity);
}

/** A position may have shrunk since; it may not have grown. */
function isWithin({ quantity }: PlannedAction, wanted: string): boolean {
  const amount = parseDecimal(wanted);
  if (quantity === null || amount === null || parseDecimal(quantity) === null) return false;
  return amount.isGreaterThan(0) && compareDecimals(wanted, absolute(quantity)) <= 0;
}

function nameOf(write: WriteRequest): string {
  return write.kind === 'cancel'
    ? `cancel ${write.symbol} ${write.clientOrderId}`
    : `flatten ${write.symbol} ${write.side} ${write.quantity}`;
}

/** How often an item was sent in vain, as the fold of the journal counts it: three times, and it is a person's. Pure. */
import type { JsonObject } from './audit-record.ts';
import { parseDecimal } from './decimal.ts';
import type { JournalState } from './journal-state.ts';

/** One more for an item. */
export function countFailure(state: JournalState, actionId: string): JournalState {
  const failures = (state.failuresByItem.get(actionId) ?? 0) + 1;
  return { ...state, failuresByItem: new Map(state.failuresByItem).set(actionId, failures) };
}

/** None for an item: it succeeded, or an operator looked at it. */
export function clearFailures(state: JournalState, actionId: string): JournalState {
  const failuresByItem = new Map(state.failuresByItem);
  failuresByItem.delete(actionId);
  return { ...state, failuresByItem };
}

/** Tells whether the details of an EXECUTED say that the order traded nothing. */
export function filledNothing(details: JsonObject): boolean {
  return parseDecimal(details['executed_quantity'])?.isZero() ?? false;
}

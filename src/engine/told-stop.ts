/** The stop that an audit tells of and that nobody cleared. */
import type { AuditRecord } from './audit-record.ts';
import type { JournalState } from './journal-state.ts';

const STOP_EVENTS: ReadonlySet<string> = new Set(['STOP_LATCHED', 'STOP_CLEARED']);

/** Its line; null when the last of them was cleared, or there was none. Pure. */
export function standingStop({ ceremonyRecords }: Pick<JournalState, 'ceremonyRecords'>): AuditRecord | null {
  const last = ceremonyRecords.findLast(({ event_type }) => STOP_EVENTS.has(event_type));
  return last?.event_type === 'STOP_LATCHED' ? last : null;
}

/** The id of its latch; empty when the line has none. */
export function latchIdOf({ details }: Pick<AuditRecord, 'details'>): string {
  const id = details['latch_id'];
  return typeof id === 'string' ? id : '';
}

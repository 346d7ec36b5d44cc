/** What a line of the audit says was reached. */
import type { Coverage } from './coverage.ts';
import type { WatchedLine } from './journal-watch.ts';

/** Counts one line. */
export function coverLine({ event_type: event, status, details }: WatchedLine, coverage: Coverage): void {
  if (event === 'REMEDIATE_RESULT' && typeof details['resolves'] === 'string')
    coverage.count(`resolved_${String(details['outcome'])}`);
  if (event === 'REMEDIATE_RESULT' && status !== null) coverage.count(`outcome_${status}`);
  if (event === 'STAGE_CHANGED') {
    coverage.count(`stage_${String(details['to'])}`);
    if (details['by'] === 'lease') coverage.count('lease_over');
    if (details['by'] === 'breach') coverage.count('breach');
  }
  if (event === 'CHECKPOINT' && typeof details['state'] === 'object') coverage.count('rotated');
  if (event === 'REMEDIATE_RESULT' && typeof details['verifies'] === 'string')
    coverage.count(`verified_${String(details['verified'])}`);
}

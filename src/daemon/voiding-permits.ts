/** The audit's part in what voids a permit. */
import type { Interlock } from '../engine/interlock.ts';
import type { Journal } from '../engine/journal.ts';

/**
 * The journal, but that the call in which it fails voids every permit: until the next look at the gates nobody else would, and a
 * write that waits for its connection would leave without an audit.
 */
export function voidingPermits(journal: Journal, interlock: Pick<Interlock, 'advance'>): Journal {
  const watched =
    <A extends readonly unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      const wasHealthy = journal.healthy();
      const result = call(...args);
      if (wasHealthy && !journal.healthy()) interlock.advance();
      return result;
    };
  return {
    ...journal,
    append: watched(journal.append),
    appendAll: watched(journal.appendAll),
    maintain: watched(journal.maintain),
  };
}

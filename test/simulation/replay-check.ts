/** S16: the state that a process has is the state that its lines give, replayed. */
import { auditRecordSchema } from '../../src/engine/audit-record.ts';
import { fold } from '../../src/engine/fold.ts';
import { EMPTY_STATE, type JournalState } from '../../src/engine/journal-state.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Replays the file and compares. */
export function resumeJournalCheck(world: World, process: Process): void {
  if (!process.core.journal.healthy()) return;
  const lines = world.auditText().split('\n').slice(0, -1);
  let state: JournalState = EMPTY_STATE;
  for (const line of lines) state = fold(state, auditRecordSchema.parse(JSON.parse(line)));
  if (plain(state) !== plain(process.core.journal.state()))
    world.observer.fail('S16', 'a replay of the audit gives another state');
}

/** As text with sorted keys: a line that was read has them in another order than one that was made. */
function plain(state: JournalState): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

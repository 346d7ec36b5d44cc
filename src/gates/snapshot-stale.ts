import { answer, duration, isFresh } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** An old or incomplete picture of the exchange executes nothing. */
export const snapshotStale: WorldGate = {
  name: 'snapshot_stale',
  scope: 'world',
  rule: 'An old or incomplete picture of the exchange executes nothing.',
  judge: ({ snapshot }) =>
    answer(
      snapshot.complete === true && isFresh(snapshot.ageMs, snapshot.maxAgeMs),
      snapshot.ageMs === null ? 'none yet' : snapshot.complete ? duration(snapshot.ageMs) : 'incomplete',
      `<= ${duration(snapshot.maxAgeMs)}`,
    ),
};

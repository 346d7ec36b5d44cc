import { answer, duration, isFresh } from './answer.ts';
import type { GateWorld, WorldGate } from './gate.ts';

/** A silent, new or broken feed of the trading engine never leads to an action. */
export const expectedStateStale: WorldGate = {
  name: 'expected_state_stale',
  scope: 'world',
  rule: 'A silent, new or broken feed of the trading engine never leads to an action.',
  judge: ({ expected }) => {
    // "No line younger than the limit" closes: a line exactly that old is not younger.
    const young = isFresh(expected.ageMs, expected.staleAfterMs) && expected.ageMs !== expected.staleAfterMs;
    const open =
      young && expected.hasCheckpoint === true && expected.settled === true && expected.fault === null;
    return answer(open, wording(expected), `< ${duration(expected.staleAfterMs)}`);
  },
};

function wording(expected: GateWorld['expected']): string {
  if (expected.hasCheckpoint !== true) return 'no checkpoint';
  if (expected.fault !== null) return expected.fault || 'broken feed';
  if (expected.settled !== true) return 'new session';
  return duration(expected.ageMs);
}

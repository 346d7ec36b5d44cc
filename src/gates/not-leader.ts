import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Only the process that holds the lock of the account may act, and no other may be seen to act. */
export const notLeader: WorldGate = {
  name: 'not_leader',
  scope: 'world',
  rule: 'Only the process that holds the lock of the account may act, and no other may be seen to act.',
  judge: ({ isLeader, otherExecutor }) => {
    const limit = 'lock held';
    if (isLeader !== true) return answer(false, isLeader === null ? 'unknown' : 'no lock', limit);
    if (otherExecutor === null) return answer(true, 'lock held', limit);
    return answer(false, typeof otherExecutor === 'string' ? `not ours: ${otherExecutor}` : 'unknown', limit);
  },
};

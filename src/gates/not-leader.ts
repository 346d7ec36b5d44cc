import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Only the process that holds the lock of the account may act. */
export const notLeader: WorldGate = {
  name: 'not_leader',
  scope: 'world',
  rule: 'Only the process that holds the lock of the account may act.',
  judge: ({ isLeader }) =>
    answer(
      isLeader === true,
      isLeader === null ? 'unknown' : isLeader ? 'lock held' : 'no lock',
      'lock held',
    ),
};

import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** An operator has to arm the daemon, for a limited time. */
export const notArmed: WorldGate = {
  name: 'not_armed',
  scope: 'world',
  rule: 'An operator has to arm the daemon, for a limited time.',
  judge: ({ switches }) =>
    answer(switches.armed === true, switches.armed === true ? 'armed' : 'not armed', 'armed'),
};

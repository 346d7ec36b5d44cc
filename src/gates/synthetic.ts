import { answer } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** The canary is judged like a real order and never sent. */
export const synthetic: ActionGate = {
  name: 'synthetic',
  scope: 'action',
  rule: 'The canary is judged like a real order and never sent.',
  judge: ({ action }) => {
    const real = action.synthetic === false && action.mismatch.synthetic === false;
    return answer(real, real ? 'real' : 'canary', 'real');
  },
};

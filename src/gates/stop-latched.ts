import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Nothing is sent after a stop until an operator clears it. */
export const stopLatched: WorldGate = {
  name: 'stop_latched',
  scope: 'world',
  rule: 'Nothing is sent after a stop until an operator clears it.',
  judge: ({ stopLatched: latched }) =>
    answer(latched === false, latched === null ? 'unknown' : latched ? 'latched' : 'clear', 'clear'),
};

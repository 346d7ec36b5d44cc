import { answer, duration } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** No call is made before the exchange allows calls again. */
export const exchangeBackoff: WorldGate = {
  name: 'exchange_backoff',
  scope: 'world',
  rule: 'No call is made before the exchange allows calls again.',
  judge: ({ backoffLeftMs }) =>
    answer(backoffLeftMs === 0, backoffLeftMs === 0 ? 'none' : duration(backoffLeftMs), 'none'),
};

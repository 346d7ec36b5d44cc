import { answer, duration, isCount, isFresh } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** A clock that differs too much from the exchange, or was not measured lately, sends nothing. */
export const clockSkew: WorldGate = {
  name: 'clock_skew',
  scope: 'world',
  rule: 'A clock that differs too much from the exchange, or was not measured lately, sends nothing.',
  judge: ({ clock: { offsetMs, measuredAgeMs, limitMs, maxAgeMs } }) => {
    const measured = typeof offsetMs === 'number' && isFresh(measuredAgeMs, maxAgeMs);
    const near = isCount(limitMs) && typeof offsetMs === 'number' && Math.abs(offsetMs) <= limitMs;
    return answer(
      measured && near,
      measured ? duration(offsetMs) : measuredAgeMs === null ? 'not measured' : 'measured long ago',
      `+-${duration(limitMs)}`,
    );
  },
};

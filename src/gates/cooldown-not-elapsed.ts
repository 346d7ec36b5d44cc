import { answer, duration, isCount } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Runs that send something keep a distance. */
export const cooldownNotElapsed: WorldGate = {
  name: 'cooldown_not_elapsed',
  scope: 'world',
  rule: 'Runs that send something keep a distance.',
  judge: ({ sinceLastWriteMs, cooldownMs }) =>
    answer(
      isCount(cooldownMs) && sinceLastWriteMs !== null && sinceLastWriteMs >= cooldownMs,
      duration(sinceLastWriteMs),
      `>= ${duration(cooldownMs)}`,
    ),
};

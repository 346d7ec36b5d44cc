import { answer, duration, isCount } from './answer.ts';
import type { ActionGate } from './gate.ts';

/** A difference is acted on only when it was seen twice, far enough apart. */
export const notConfirmed: ActionGate = {
  name: 'not_confirmed',
  scope: 'action',
  rule: 'A difference is acted on only when it was seen twice, far enough apart.',
  judge: ({ world, confirmation }) => {
    const limit = `2x in ${duration(world.confirmAfterMs)}`;
    if (confirmation === null) return answer(false, 'not seen yet', limit);
    const { completeReads, spanMs } = confirmation;
    return answer(
      completeReads >= 2 && isCount(world.confirmAfterMs) && spanMs >= world.confirmAfterMs,
      `${completeReads}x in ${duration(spanMs)}`,
      limit,
    );
  },
};

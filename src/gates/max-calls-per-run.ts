import { answer } from './answer.ts';
import { fits, totalCount } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** One run sends few calls. */
export const maxCallsPerRun: ActionGate = {
  name: 'max_calls_per_run',
  scope: 'action',
  rule: 'One run sends few calls.',
  judge: ({ world, run }) => {
    const cap = world.limits.maxCallsPerRun;
    return answer(fits(totalCount(run.calls, 1), cap), `${totalCount(run.calls)} + 1`, `<= ${cap}`);
  },
};

import { answer } from './answer.ts';
import { fits, totalCount } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** A day sends a limited number of calls. */
export const maxCallsPerDay: ActionGate = {
  name: 'max_calls_per_day',
  scope: 'action',
  rule: 'A day sends a limited number of calls.',
  judge: ({ world, run }) => {
    const cap = world.limits.maxCallsPerDay;
    const calls = totalCount(world.day?.calls, run.calls, 1);
    return answer(fits(calls, cap), world.day === null ? 'unknown' : String(calls), `<= ${cap}`);
  },
};

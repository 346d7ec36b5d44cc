/** Which gate was the only closed one: each has to be seen to block by itself, or another may be all that holds. */
import type { Decision } from '../../src/engine/decide.ts';
import type { GateName } from '../../src/engine/types.ts';

/** The gates that stood alone against an action of a decision, once an action. */
export function aloneIn(decision: Decision | null): readonly GateName[] {
  return (decision?.planned ?? []).flatMap(({ verdicts }) => {
    const closed = verdicts.filter(({ open }) => !open);
    const [only] = closed;
    return only === undefined || closed.length > 1 ? [] : [only.gate];
  });
}

/** Makes a failing seed as small as it gets: less mischief, less time, and it still breaks the same rule. */
import { type SeedResult, simulate } from './simulate.ts';

export interface Shrunk {
  readonly hours: number;
  readonly without: ReadonlySet<string>;
  readonly result: SeedResult;
}

const WEATHER = ['writes', 'reads', 'stream'];

/** Leaves out one thing after the other, the last ones first, in halves as long as that works. */
export function shrink(failed: SeedResult, hours: number): Shrunk {
  const { seed, violation } = failed;
  let best: Shrunk = { hours: cut(failed, hours), without: new Set(), result: failed };
  const stillFails = (without: ReadonlySet<string>): boolean => {
    const result = simulate(seed, { hours: best.hours, without });
    if (result.violation === null || result.violation.rule !== violation?.rule) return false;
    best = { hours: cut(result, best.hours), without, result };
    return true;
  };
  // The shorter time may matter by itself.
  if (!stillFails(new Set())) best = { hours, without: new Set(), result: failed };
  for (const name of WEATHER) stillFails(new Set([...best.without, name]));
  for (let size = Math.ceil(failed.acts / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let end = failed.acts; end > 0; end -= size) {
      const some = Array.from({ length: Math.min(size, end) }, (_, index) => `act ${end - index}`);
      if (some.some((name) => !best.without.has(name))) stillFails(new Set([...best.without, ...some]));
    }
  return best;
}

/** No longer than until the rule was broken. */
function cut({ brokenAfterHours }: SeedResult, hours: number): number {
  return Math.min(hours, Math.ceil(((brokenAfterHours ?? hours) + 0.001) * 1000) / 1000);
}

/** Many seeds, one after the other, and what they came to. */
import { type Coverage, createCoverage } from './coverage.ts';
import { PROMISED_FROM_SEEDS, PROMISES, RARE_FROM_SEEDS, RARE_PROMISES } from './promises.ts';
import { type SeedResult, simulate } from './simulate.ts';

export interface Campaign {
  readonly failed: readonly SeedResult[];
  readonly coverage: Coverage;
  readonly seeds: number;
  readonly simulatedMs: number;
}

/** Runs seeds `from` to `from + seeds - 1`; `onFailure` is told of each that broke a rule. */
export function runCampaign(options: {
  readonly from: number;
  readonly seeds: number;
  readonly hours: number;
  readonly onFailure: (result: SeedResult) => void;
}): Campaign {
  const { from, seeds, hours, onFailure } = options;
  const coverage = createCoverage();
  const failed: SeedResult[] = [];
  let simulatedMs = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const result = simulate(seed, { hours });
    simulatedMs += result.simulatedMs;
    coverage.add(result.coverage.counts());
    if (result.violation === null) continue;
    failed.push(result);
    onFailure(result);
  }
  return { failed, coverage, seeds, simulatedMs };
}

/** What a campaign of this size should have reached and did not. */
export function unreached({ coverage, seeds }: Pick<Campaign, 'coverage' | 'seeds'>): readonly string[] {
  const missing = (names: readonly string[], from: number): readonly string[] =>
    seeds < from ? [] : names.filter((name) => !coverage.counts().has(name));
  return [...missing(PROMISES, PROMISED_FROM_SEEDS), ...missing(RARE_PROMISES, RARE_FROM_SEEDS)];
}

/** All that was promised and not reached, whatever the size. */
export function neverReached(coverage: Coverage): readonly string[] {
  return [...PROMISES, ...RARE_PROMISES].filter((name) => !coverage.counts().has(name));
}

/** What a campaign has really reached: every fault and branch it promises, and how often. */

export interface Coverage {
  readonly count: (name: string, by?: number) => void;
  readonly counts: () => ReadonlyMap<string, number>;
  readonly add: (others: ReadonlyMap<string, number>) => void;
}

/** Starts with nothing reached. */
export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  const count = (name: string, by = 1): void => {
    counts.set(name, (counts.get(name) ?? 0) + by);
  };
  return {
    count,
    counts: () => counts,
    add: (others) => {
      for (const [name, by] of others) count(name, by);
    },
  };
}

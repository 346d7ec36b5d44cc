/** A million random combinations of closed gates. */
import { expect, test } from 'bun:test';
import type { GateName } from '../../src/engine/types.ts';
import { firstClosed, judgeAll } from '../../src/gates/index.ts';
import { GATE_KINDS } from './closers.ts';

for (const { kind, names, close } of GATE_KINDS) {
  test(`in 500,000 random combinations for a ${kind} only the all-open one runs, and the reason is the first closed gate`, () => {
    let seed = 20_261_123;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const witnesses = new Set<GateName | null>();
    const reasons = new Map<GateName | null, number>();
    for (let round = 0; round < 500_000; round += 1) {
      const density = random() * 0.15;
      const closed = names.filter(() => random() < density);
      const reason = firstClosed(judgeAll(close(closed)));
      const first = closed[0] ?? null;
      if (reason !== first) throw new Error(`round ${round}: ${closed} gave ${reason}`);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (closed.length === 1) witnesses.add(first);
    }
    expect(reasons.get(null)).toBeGreaterThan(10_000);
    expect(names.filter((name) => !witnesses.has(name))).toEqual([]);
  }, 120_000);
}

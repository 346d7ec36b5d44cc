/** A million random combinations of closed gates, in parts that a busy machine can finish. */
import { describe, expect, test } from 'bun:test';
import type { GateName } from '../../src/engine/types.ts';
import { firstClosed, judgeAll } from '../../src/gates/index.ts';
import { GATE_KINDS } from './closers.ts';

const PARTS = 10;
const ROUNDS = 50_000;

for (const { kind, names, close } of GATE_KINDS) {
  describe(`in 500,000 random combinations for a ${kind}`, () => {
    const witnesses = new Set<GateName | null>();
    // Gates are pure: a combination that was judged is not judged again.
    const judged = new Set<number>();
    let open = 0;

    for (let part = 1; part <= PARTS; part += 1)
      test(`only the all-open one runs, and the reason is the first closed gate (part ${part})`, () => {
        const random = randomFrom(20_261_123 + part);
        for (let round = 0; round < ROUNDS; round += 1) {
          const density = random() * 0.2;
          const closed = names.filter(() => random() < density);
          const key = closed.reduce((bits, name) => bits + 2 ** names.indexOf(name), 0);
          if (closed.length === 0) open += 1;
          if (judged.has(key)) continue;
          judged.add(key);
          const reason = firstClosed(judgeAll(close(closed)));
          const first = closed[0] ?? null;
          if (reason !== first) throw new Error(`round ${round}: ${closed} gave ${reason}`);
          if (closed.length === 1) witnesses.add(first);
        }
      }, 120_000);

    test('each gate was the only closed one at least once, and blocked by itself', () => {
      expect(names.filter((name) => !witnesses.has(name))).toEqual([]);
      expect(open).toBeGreaterThan(10_000);
      expect(judged.size).toBeGreaterThan(100_000);
    });
  });
}

function randomFrom(start: number): () => number {
  let seed = start;
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** What a mutation is, and the tests that several are aimed at. */

/** One replacement of text; `search` occurs exactly once in `file`. */
export interface Replacement {
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

/** One way to break one rule; `tests` are what must fail with `replace` in place. */
export interface Mutation extends Replacement {
  readonly name: string;
  /** Where the same is asked again, so that nothing but the rule's absence is left to notice. */
  readonly also?: readonly Replacement[];
  readonly tests: readonly string[];
}

/** All that a mutation replaces. */
export function replacementsOf({ file, search, replace, also = [] }: Mutation): readonly Replacement[] {
  return [{ file, search, replace }, ...also];
}

export const GATES = ['test/gates/gates.test.ts', 'test/gates/fuzz.test.ts'];
export const EXECUTOR = ['test/engine/executor.test.ts', 'test/engine/executor-last-words.test.ts'];
export const GUARD = ['test/exchange/transport.test.ts', 'test/exchange/dispatch.test.ts'];
export const WIRE = ['test/exchange/wire.test.ts'];
export const FLATTEN = ['test/engine/flatten.test.ts', 'test/engine/executor.test.ts'];
export const FOLD = ['test/engine/fold.test.ts', 'test/daemon/outcomes.test.ts', 'test/daemon/world.test.ts'];
export const JOURNAL = ['test/engine/journal.test.ts', 'test/engine/chain.test.ts'];
export const COMPARE = [
  'test/engine/compare.test.ts',
  'test/engine/compare.property.test.ts',
  'test/engine/behaviours-orders.test.ts',
];
export const IDENTITY = ['test/gates/identity.test.ts'];
export const COMPARER = ['test/engine/comparer.property.test.ts'];
export const STAGES = [
  'test/engine/stages.test.ts',
  'test/engine/stage-walks.test.ts',
  'test/engine/lease.test.ts',
];

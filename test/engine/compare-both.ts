/** What both ways of comparing say: the specification, and the one that remembers. */
import { expect } from 'bun:test';
import { compare } from '../../src/engine/compare.ts';
import { createComparer } from '../../src/engine/comparer.ts';
import type { CompareOptions, Comparison } from '../../src/engine/comparison.ts';
import type { ExpectedState, Observation } from '../../src/engine/types.ts';

/** Compares by the specification and by a comparer that knew nothing, and one that knew an empty account; all agree. */
export function compareBoth(
  expected: ExpectedState,
  observed: Observation,
  options: CompareOptions,
): Comparison {
  const said = compare(expected, observed, options);
  const comparer = createComparer();
  expect(comparer.compare(expected, observed, options)).toEqual(said);
  const later = createComparer();
  later.compare({ ...expected, orders: new Map() }, { ...observed, orders: [] }, options);
  expect(later.compare(expected, observed, options)).toEqual(said);
  return said;
}

/** Types and remediations alone. */
export function brief({ mismatches }: Comparison): readonly string[] {
  return mismatches.map((one) => `${one.type} ${one.remediation}`);
}

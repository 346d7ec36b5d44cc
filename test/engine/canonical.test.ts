import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonical } from '../../src/engine/canonical.ts';

/** What a line's text is, in the plainest words. */
function inPlainWords(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

test('any value is written as JSON with sorted keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => canonical(value) === inPlainWords(value)),
    { numRuns: 2000 },
  );
});

test('keys that are numbers, that are odd or that lead nowhere are written as they always were', () => {
  for (const value of [
    { b: 1, 10: 'ten', 9: 'nine', '01': 'text', a: { 2: [], 1: {} } },
    { x: undefined, y: [undefined, () => 1], z: Number.NaN },
    JSON.parse('{"__proto__":{"b":1,"a":2},"":3}'),
    { toJSON: 'a word', b: { d: 1, c: 2 }, a: 0 },
    { at: new Date(0), b: { toJSON: () => ({ z: 1, a: 2 }) } },
    '\ud800 \u2028 "quoted"',
    -0,
  ])
    expect(canonical(value)).toBe(inPlainWords(value));
});

import { expect } from 'bun:test';
import type { Ran } from '../helpers/process.ts';

/** One paragraph for a person: no stack, nothing on stdout. */
export function expectParagraph(ran: Ran, code: number): void {
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: expect.stringMatching(/^grinder: \S.*\n/) });
  expect(ran.err).not.toMatch(/^ {4}at /m);
  expect(ran.err).not.toContain('internal error');
  expect(ran.err.trim().split('\n\n')).toHaveLength(1);
  expect(ran.out).toBe('');
}

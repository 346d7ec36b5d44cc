import { expect, test } from 'bun:test';
import { writeDown } from '../../src/daemon/writing-down.ts';
import { compare } from '../../src/engine/compare.ts';
import type { JudgedAction, Mismatch } from '../../src/engine/types.ts';
import { cancelMismatch, expectedState, observation, options, planned } from '../helpers/engine-world.ts';
import { handCore } from './hand-core.ts';

const blocked = (mismatch: Mismatch): JudgedAction => ({
  action: planned(mismatch),
  verdicts: [],
  reason: 'dry_run',
});

/** Writes a run with so many strays down; what the log and the audit have of it. */
function written(count: number) {
  using hand = handCore();
  const mismatches = Array.from({ length: count }, (_, index) => cancelMismatch(index));
  const decision = { mismatches, planned: mismatches.map(blocked), runnable: [], gates: [] };
  const seen = observation([]);
  const comparison = compare(expectedState([]), seen, options());
  const before = hand.core.journal.state().lastSeq;
  const taken = writeDown(hand.core, { decision, comparison, observation: seen, source: {} });
  const lines = (event: string) => hand.bench.lines.filter((line) => line.startsWith(`info ${event} `));
  return {
    taken,
    audited: hand.core.journal.state().lastSeq - before,
    run: lines('RECONCILE_RUN'),
    mismatches: lines('RECONCILE_MISMATCH'),
    planned: lines('REMEDIATION_PLANNED'),
    blocked: lines('REMEDIATION_BLOCKED'),
  };
}

test('each of two hundred differences, plans and blocks has a line of its own in the log', () => {
  const { mismatches, planned, blocked } = written(200);
  expect([mismatches.length, planned.length, blocked.length]).toEqual([200, 200, 200]);
  expect([...mismatches, ...planned, ...blocked].join('\n')).not.toContain('more');
});

test('of ten thousand the log names two hundred and counts the others; the audit has every plan', () => {
  const { taken, audited, run, mismatches, planned, blocked } = written(10_000);
  expect([taken, audited]).toEqual([10_000, 20_001]);
  expect(run).toHaveLength(1);
  expect(run[0]).toContain('10000 mismatch(es), 10000 planned');
  expect([mismatches.length, planned.length, blocked.length]).toEqual([201, 201, 201]);
  expect(mismatches.at(-1)).toContain('and 9800 more');
  expect(planned.at(-1)).toContain('and 9800 more, named in the audit');
  expect(blocked.at(-1)).toContain('and 9800 more, named in the audit');
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Execution } from '../../src/daemon/executing.ts';
import { countByType, tallyOf } from '../../src/daemon/tally.ts';
import { createTotals, flatten } from '../../src/daemon/totals.ts';
import type { Decision } from '../../src/engine/decide.ts';
import { ended } from '../../src/engine/item-result.ts';
import { GATE_NAMES, type JudgedAction } from '../../src/engine/types.ts';
import { cancelMismatch, flattenMismatch, planned } from '../helpers/engine-world.ts';

type Result = Execution['results'][number];
const templates = [planned(cancelMismatch(1)), planned(flattenMismatch('0.001'))] as const;

/** A decision of any size with any reasons, and results for any part of it, strays included. */
const cases = fc
  .array(
    fc.record({
      kind: fc.integer({ min: 0, max: 1 }),
      reason: fc.option(fc.constantFrom(...GATE_NAMES), { nil: null }),
      status: fc.constantFrom('executed', 'blocked', 'failed', 'unknown', 'none'),
      why: fc.option(fc.constantFrom(...GATE_NAMES), { nil: null }),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    const judged: JudgedAction[] = rows.map(({ kind, reason }, at) => {
      const action = { ...(kind === 0 ? templates[0] : templates[1]), id: `a${at}` };
      return { action, verdicts: [], reason };
    });
    const results = rows.flatMap(({ status, why }, at): Result[] => {
      const action = judged[at]?.action;
      if (action === undefined || status === 'none') return [];
      return [ended(action, status, status === 'blocked' ? why : null, '')];
    });
    const decision: Decision = {
      mismatches: [],
      planned: judged,
      runnable: judged.filter(({ reason }) => reason === null),
      gates: [],
    };
    return { decision, execution: { results, sent: 0 } };
  });

test('every planned action is counted exactly once: planned = executed + blocked + failed + unknown', () => {
  fc.assert(
    fc.property(cases, ({ decision, execution }) => {
      const tally = tallyOf(decision, execution);
      const flat = flatten(tally);
      expect(flat.planned).toBe(decision.planned.length);
      expect(flat.executed + flat.blocked + flat.failed + flat.unknown).toBe(flat.planned);
      for (const action of ['cancel', 'flatten'] as const) {
        const count = decision.planned.filter((one) => one.action.action === action).length;
        expect(tally.planned[action]).toBe(count);
      }
    }),
  );
});

test('an action that a gate closed counts as blocked by it, whatever a result says', () => {
  const action = templates[0];
  const decision: Decision = {
    mismatches: [],
    planned: [{ action, verdicts: [], reason: 'dry_run' }],
    runnable: [],
    gates: [],
  };
  const result = ended(action, 'executed', null, '');
  expect(tallyOf(decision, { results: [result], sent: 1 })).toMatchObject({
    blocked: { dry_run: 1 },
    executed: { cancel: 0 },
  });
});

test('totals add up run by run, and remember the last run and the last minute', () => {
  const totals = createTotals();
  fc.assert(
    fc.property(cases, ({ decision, execution }) => {
      const before = totals.all();
      const tally = tallyOf(decision, execution);
      totals.add(tally, 1000);
      expect(totals.all().planned).toBe(before.planned + decision.planned.length);
      expect(totals.lastRun()).toEqual(flatten(tally));
      const { planned, executed, blocked, failed, unknown } = totals.all();
      expect(executed + blocked + failed + unknown).toBe(planned);
      const byReason = Object.values(totals.blockedByReason()).reduce((sum, count) => sum + count, 0);
      expect(byReason).toBe(blocked);
    }),
    { numRuns: 30 },
  );
  expect(totals.plannedPerMinute(60_999)).toBe(totals.all().planned);
  expect(totals.plannedPerMinute(61_000)).toBe(0);
});

test('mismatches are counted by type', () => {
  expect(countByType([cancelMismatch(1), cancelMismatch(2), flattenMismatch('1')])).toEqual({
    ORDER_EXISTS_UNEXPECTED: 2,
    POSITION_NONZERO_UNEXPECTED: 1,
  });
  expect(countByType([])).toEqual({});
});

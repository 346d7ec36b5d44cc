import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { baseEntry, entryOf, evidenceFrom } from '../../src/daemon/evidence-records.ts';
import type { JsonObject } from '../../src/engine/audit-record.ts';
import type { Evidence } from '../../src/engine/evidence.ts';
import { openJournal } from '../../src/engine/journal.ts';
import type { StageEffect } from '../../src/engine/stage-types.ts';
import { initialStageState } from '../../src/engine/stages.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { entry, handClock, scratch } from '../engine/durable.ts';

const DAY = 86_400_000;
const state = initialStageState({
  nowMs: 0,
  nowMonoMs: 0,
  request: { stage: 0, by: 'x' },
  evidence: [],
  latched: false,
});
const covered = { 'reconcile.symbol_whitelist': '["BTCUSDT"]', account: 'sim' };

const passed = (stage: StageNumber): StageEffect => {
  const evidence: Evidence = { stage, passedAtMs: 0, covered, version: '1' };
  const criteria = [
    { id: 'dwell', title: 'dwell', verdict: 'PASS', figure: '10:00', limit: '10:00' } as const,
  ];
  return { type: 'evidence_passed', evidence, criteria };
};
const withdrawn = (fromStage: StageNumber): StageEffect => ({
  type: 'evidence_withdrawn',
  fromStage,
  why: 'x',
  criteria: [],
});
const moved: StageEffect = { type: 'stage_changed', from: 0, to: 1, by: 'op', why: 'requested' };
type Step = StageEffect | 'STOP_LATCHED' | 'STOP_CLEARED' | 'CONFIG_LOADED' | { readonly broken: JsonObject };

/** Writes the steps into a real journal, opens it again, and reads the evidence that is left `afterMs` later. */
function left(steps: readonly Step[], afterMs = 1000): readonly Evidence[] {
  using directory = scratch();
  const clock = handClock();
  const paths = { path: join(directory.path, 'audit.jsonl'), headPath: join(directory.path, 'head.json') };
  const journal = openJournal({ ...paths, clock });
  for (const step of steps) {
    clock.advance(10);
    if (typeof step === 'string') journal.append(entry({ event_type: step }));
    else if ('broken' in step) journal.append(entry({ event_type: 'STAGE_EVIDENCE', details: step.broken }));
    else journal.append(entryOf(step, state, 'r1'));
  }
  journal.close();
  clock.advance(afterMs);
  const again = openJournal({ ...paths, clock });
  const { ceremonyRecords, lastRecordAtMs } = again.state();
  const healthy = again.healthy();
  again.close();
  expect(healthy).toBe(true);
  return evidenceFrom(ceremonyRecords, lastRecordAtMs, clock.wallMs());
}

describe('evidence through a real journal', () => {
  test('comes back with its settings, its version and the time it was written', () => {
    expect(left([passed(1)])).toEqual([
      { stage: 1, passedAtMs: handClock().wallMs() + 10, covered, version: '1' },
    ]);
  });

  test.each<[string, readonly Step[], readonly StageNumber[]]>([
    ['nothing', [], []],
    ['all three', [passed(1), passed(2), passed(3)], [1, 2, 3]],
    ['moves between', [moved, passed(1), moved, passed(2)], [1, 2]],
    ['a withdrawal from 2 on', [passed(1), passed(2), passed(3), withdrawn(2)], [1]],
    ['a withdrawal from 1 on', [passed(1), passed(2), withdrawn(1)], []],
    ['earned anew after a withdrawal', [passed(1), passed(2), withdrawn(2), passed(2)], [1, 2]],
    ['a withdrawal before it was earned', [withdrawn(1), passed(1)], [1]],
    ['a stop', [passed(1), passed(2), passed(3), 'STOP_LATCHED'], []],
    ['a stop that was cleared', [passed(1), 'STOP_LATCHED', 'STOP_CLEARED'], []],
    ['a stop whose record is missing, and its clearing', [passed(1), 'STOP_CLEARED'], []],
    ['earned after a stop', [passed(1), 'STOP_LATCHED', 'STOP_CLEARED', passed(1)], [1]],
    ['a line of evidence that says nothing', [passed(1), passed(2), { broken: {} }], []],
    ['one that says FAIL', [passed(1), { broken: { stage: 1, verdict: 'FAIL' } }], []],
    [
      'one for a stage there is not',
      [passed(1), { broken: { stage: 5, verdict: 'PASS', covered: {}, version: '1' } }],
      [],
    ],
  ])('%s leaves %j', (_, steps, stages) => {
    expect(left(steps).map(({ stage }) => stage)).toEqual([...stages]);
  });

  test.each<[string, number, readonly StageNumber[]]>([
    ['exactly a day', DAY, [1]],
    ['a millisecond more', DAY + 1, []],
  ])('after %s without a daemon', (_, afterMs, stages) => {
    expect(left([passed(1)], afterMs).map(({ stage }) => stage)).toEqual([...stages]);
  });

  test('any line counts as a sign that a daemon ran', () => {
    expect(left([passed(1), 'CONFIG_LOADED'], DAY)).toHaveLength(1);
  });
});

describe('the lines themselves', () => {
  test('say who moved the stage and why, and every criterion with its figure', () => {
    expect(entryOf(moved, state, 'r1')).toMatchObject({
      event_type: 'STAGE_CHANGED',
      stage: 1,
      operator: 'op',
      run_id: 'r1',
    });
    expect(entryOf(passed(2), state, '').details['criteria']).toEqual([
      { id: 'dwell', verdict: 'PASS', figure: '10:00', limit: '10:00' },
    ]);
  });

  test.each([0, 1, 2, 3, 4] as const)('of stage %i are live in 4 alone', (inForce) => {
    expect(baseEntry({ ...state, inForce }, '').mode).toBe(inForce === 4 ? 'live' : 'dry_run');
  });
});

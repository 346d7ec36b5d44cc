import { describe, expect, test } from 'bun:test';
import {
  counts,
  dwellFor,
  EVIDENCE_MAX_AGE_MS,
  type Evidence,
  earnedBy,
  NEW_VERSION_DWELL_MS,
} from '../../src/engine/evidence.ts';
import type { StageNumber } from '../../src/engine/types.ts';

const covered = { 'reconcile.action': 'auto', 'reconcile.cooldown_seconds': '60', 'log.level': 'info' };
const NOW = 1_800_000_000_000;
const context = { nowMs: NOW, covered, version: '1' };

function evidence(stage: StageNumber, change: Partial<Evidence> = {}): Evidence {
  return { stage, passedAtMs: NOW - 1000, covered, version: '1', ...change };
}

describe('evidence counts', () => {
  test.each<[string, Partial<Evidence>, boolean]>([
    ['fresh', {}, true],
    ['seven days old', { passedAtMs: NOW - EVIDENCE_MAX_AGE_MS }, true],
    ['a millisecond older', { passedAtMs: NOW - EVIDENCE_MAX_AGE_MS - 1 }, false],
    ['a minute from the future: the clock was set back', { passedAtMs: NOW + 60_000 }, true],
    ['further from the future', { passedAtMs: NOW + 60_001 }, false],
    ['of another version', { version: '2' }, false],
    ['under a longer cooldown', { covered: { ...covered, 'reconcile.cooldown_seconds': '61' } }, false],
    ['under a shorter cooldown', { covered: { ...covered, 'reconcile.cooldown_seconds': '59' } }, true],
    ['under another neutral setting', { covered: { ...covered, 'log.level': 'debug' } }, true],
    ['under nothing at all', { covered: {} }, false],
  ])('%s: stage 2', (_, change, expected) => {
    expect(counts(evidence(2, change), context)).toBe(expected);
  });

  test("the action is no matter for stage 1's, and for stage 2's it is", () => {
    const change = { covered: { ...covered, 'reconcile.action': 'flatten' } };
    expect(counts({ ...evidence(1), covered: { 'reconcile.cooldown_seconds': '60' } }, context)).toBe(true);
    expect(counts(evidence(2, change), context)).toBe(false);
  });

  test("stage 0's always does: it is judged anew at each entry", () => {
    expect(counts(evidence(0, { passedAtMs: 0, version: 'old', covered: {} }), context)).toBe(true);
  });
});

describe('what is earned', () => {
  test.each<[readonly StageNumber[], StageNumber]>([
    [[], 0],
    [[0], 1],
    [[0, 1], 2],
    [[0, 1, 2], 3],
    [[0, 1, 2, 3], 4],
    [[1, 2, 3], 0],
    [[0, 2, 3], 1],
    [[0, 1, 3], 2],
    [[3, 2, 1, 0], 4],
  ])('with evidence for %j it is %i', (stages, stage) => {
    const passed = stages.map((one) =>
      one === 1 ? evidence(1, { covered: { 'reconcile.cooldown_seconds': '60' } }) : evidence(one),
    );
    expect(earnedBy(passed, context)).toBe(stage);
  });
});

describe('the dwell asked for', () => {
  test.each<[string, readonly Evidence[], number, number]>([
    ['nothing known', [], 600_000, 600_000],
    ['passed by an older version', [evidence(2, { version: '0' })], 600_000, NEW_VERSION_DWELL_MS],
    [
      'passed by an older version, and less asked for anyway',
      [evidence(2, { version: '0' })],
      20_000,
      20_000,
    ],
    [
      'by an older version, under narrower settings',
      [evidence(2, { version: '0', covered: { ...covered, 'reconcile.cooldown_seconds': '61' } })],
      600_000,
      600_000,
    ],
    ['by an older version, long ago', [evidence(2, { version: '0', passedAtMs: 0 })], 600_000, 600_000],
    ['another stage passed by an older version', [evidence(1, { version: '0' })], 600_000, 600_000],
    ['passed by this version', [evidence(2)], 600_000, 600_000],
  ])('%s', (_, known, asked, dwell) => {
    expect(dwellFor(2, known, context, asked)).toBe(dwell);
  });
});

import { expect, test } from 'bun:test';
import { checkStage, type Figures } from '../../src/cli/smoke-checks.ts';
import type { StageNumber } from '../../src/engine/types.ts';

const nothing: Figures = {
  ...{ stage: 0, runs: 0, mismatches: 0, planned: 0, blocked: 0, blockedDryRun: 0, blockedNotArmed: 0 },
  ...{ executed: 0, failed: 0, snapshotAgeMs: null, writes: [], openIds: [], traderIds: [] },
};
const notEntered = (stage: StageNumber, inject: boolean) =>
  checkStage({ stage, entered: false, before: nothing, after: nothing, inject, stray: null }).map(
    ({ verdict }) => verdict,
  );

test('a stage that was not entered fails, but where only a mismatch could have earned it', () => {
  expect(([1, 2, 3, 4] as const).flatMap((stage) => notEntered(stage, true))).toEqual([
    'FAIL',
    'FAIL',
    'FAIL',
    'FAIL',
  ]);
  expect(([1, 2, 3, 4] as const).flatMap((stage) => notEntered(stage, false))).toEqual([
    'FAIL',
    'FAIL',
    'INCONCLUSIVE',
    'INCONCLUSIVE',
  ]);
});

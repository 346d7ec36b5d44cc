import { expect, test } from 'bun:test';
import { criteriaOf, type StageWorld } from '../../src/engine/criteria.ts';
import { freshProgress } from '../../src/engine/progress.ts';
import { WAYS, wayToPass } from '../../src/engine/way-to-pass.ts';

const world: StageWorld = {
  intervalMs: 1000,
  requiredDwellMs: 600_000,
  snapshotAgeMs: null,
  snapshotMaxAgeMs: 120_000,
  sourcesWell: false,
  hasCheckpoint: false,
  feedFresh: false,
  auditHealthy: false,
  failedPrerequisites: null,
  oldestUnknownMs: 2,
  unknownLimitMs: 1,
};
const progress = {
  ...freshProgress({ nowMs: 0, nowMonoMs: 0 }),
  runs: 1,
  writesSent: 1,
  executedUnplanned: 1,
  longestGapMs: 3001,
  dwellMs: 150_000,
};

test('every criterion that does not pass says what would make it pass, and none is named that there is not', () => {
  const all = ([0, 1, 2, 3, 4] as const).flatMap((stage) => criteriaOf(stage, progress, world));
  const ids = new Set(all.map(({ id }) => id));
  expect(Object.keys(WAYS).filter((id) => !ids.has(id))).toEqual([]);
  const silent = all.filter(
    ({ id, verdict }) => verdict !== 'PASS' && id !== 'dwell' && WAYS[id] === undefined,
  );
  expect(silent.map(({ id }) => id)).toEqual([]);
});

test('a dwell names the time that is left, and what passes needs nothing', () => {
  const [dwell] = criteriaOf(1, progress, world);
  if (dwell === undefined) throw new Error('expected a dwell');
  expect(wayToPass(dwell, progress, world)).toEqual({
    text: '7:30 more with every source well',
    leftMs: 450_000,
  });
  const done = { ...dwell, verdict: 'PASS' } as const;
  expect(wayToPass(done, progress, world)).toEqual({ text: '', leftMs: null });
});

import { describe, expect, test } from 'bun:test';
import type { Evidence } from '../../src/engine/evidence.ts';
import { grantLease, spendLease, withinLease } from '../../src/engine/lease.ts';
import type { RunCounts } from '../../src/engine/progress.ts';
import type { StageContext, StageEvent, StageState } from '../../src/engine/stage-types.ts';
import { currentCriteria, earnedStage, initialStageState, stepStage } from '../../src/engine/stages.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { QUIET_RUN } from './quiet-run.ts';

const INTERVAL = 1000;
const DWELL = 10_000;
const covered = { 'reconcile.action': 'auto', 'reconcile.max_flatten_notional_usdt': '100' };

type Loose<T> = { -readonly [K in keyof T]?: T[K] };

interface Rig {
  state: StageState;
  nowMonoMs: number;
  nowMs: number;
  context: Loose<Omit<StageContext, 'world'>>;
  world: Loose<StageContext['world']>;
  effects: string[];
}

function rig(request: StageNumber, evidence: readonly Evidence[] = []): Rig {
  const now = { nowMs: 1_000_000, nowMonoMs: 0 };
  const state = initialStageState({
    ...now,
    request: { stage: request, by: 'config' },
    evidence,
    latched: false,
  });
  return { ...now, state, context: {}, world: {}, effects: [] };
}

function contextOf(r: Rig): StageContext {
  return {
    nowMs: r.nowMs,
    nowMonoMs: r.nowMonoMs,
    holds: [],
    covered,
    version: '1',
    dwellMs: DWELL,
    ...r.context,
    world: {
      intervalMs: INTERVAL,
      snapshotAgeMs: 100,
      snapshotMaxAgeMs: 120_000,
      sourcesWell: true,
      hasCheckpoint: true,
      feedFresh: true,
      auditHealthy: true,
      failedPrerequisites: [],
      oldestUnknownMs: null,
      unknownLimitMs: 60_000,
      ...r.world,
    },
  };
}

function send(r: Rig, event: StageEvent): StageNumber {
  const step = stepStage(r.state, event, contextOf(r));
  r.state = step.state;
  r.effects.push(...step.effects.map((effect) => effect.type));
  return r.state.inForce;
}

const plans = (reason: string, count = 1): RunCounts => ({
  ...QUIET_RUN,
  planned: count,
  plannedInAudit: count,
  blocked: { [reason]: count },
});

/** Lets intervals pass with one run each. */
function runs(r: Rig, count: number, counts: RunCounts = QUIET_RUN): void {
  for (let i = 0; i < count; i++) {
    r.nowMonoMs += INTERVAL;
    r.nowMs += INTERVAL;
    send(r, { type: 'run', counts });
  }
}

/** Climbs by evidence to stage 3, ready for a confirmation. */
function climbed(): Rig {
  const r = rig(3);
  send(r, { type: 'tick' });
  runs(r, 12);
  expect(r.state.inForce).toBe(2);
  runs(r, 12, plans('dry_run'));
  expect(r.state.inForce).toBe(3);
  runs(r, 1, plans('not_armed'));
  expect(earnedStage(r.state, contextOf(r))).toBe(4);
  return r;
}

const confirm: StageEvent = { type: 'confirm', by: 'op', leaseMs: 3_600_000, maxExecutions: 10 };

describe('climbing', () => {
  test('a request for 3 climbs by evidence alone, and never into 4', () => {
    const r = climbed();
    runs(r, 100, plans('not_armed'));
    expect(r.state.inForce).toBe(3);
    expect(r.effects.filter((type) => type === 'evidence_passed')).toHaveLength(3);
  });

  test('a request for 4 without a confirmation stays at 3', () => {
    const r = climbed();
    send(r, { type: 'request', stage: 4, by: 'op' });
    runs(r, 50, plans('not_armed'));
    expect(r.state.inForce).toBe(3);
  });

  test('a confirmation with every stage earned enters 4', () => {
    const r = climbed();
    expect(send(r, confirm)).toBe(4);
  });

  test('a confirmation before 4 is earned leaves nothing behind that could raise the stage later', () => {
    const r = rig(3);
    send(r, { type: 'tick' });
    send(r, confirm);
    expect(r.state.lease).toBeNull();
    runs(r, 12);
    runs(r, 12, plans('dry_run'));
    runs(r, 20, plans('not_armed'));
    expect(r.state.inForce).toBe(3);
  });

  test('stage 1 is not left before its dwell, nor without a checkpoint, nor with an unknown snapshot age', () => {
    const r = rig(2);
    send(r, { type: 'tick' });
    runs(r, 9);
    expect(r.state.inForce).toBe(1);
    r.world.hasCheckpoint = false;
    runs(r, 20);
    expect(r.state.inForce).toBe(1);
    r.world.hasCheckpoint = true;
    r.world.snapshotAgeMs = null;
    runs(r, 20);
    expect(r.state.inForce).toBe(1);
    r.world.snapshotAgeMs = 5;
    runs(r, 2);
    expect(r.state.inForce).toBe(2);
  });

  test('nothing of ours matched does not hold up stage 1 but stays INCONCLUSIVE', () => {
    const r = rig(1);
    send(r, { type: 'tick' });
    runs(r, 12, { ...QUIET_RUN, matched: false });
    const matched = currentCriteria(r.state, contextOf(r)).find(({ id }) => id === 'ours_matched');
    expect(matched?.verdict).toBe('INCONCLUSIVE');
    expect(earnedStage(r.state, contextOf(r))).toBe(2);
  });

  test('stage 2 without a plan is never passed', () => {
    const r = rig(3);
    send(r, { type: 'tick' });
    runs(r, 12);
    runs(r, 60);
    expect(r.state.inForce).toBe(2);
  });

  test('a failing prerequisite keeps the process in stage 0, an unknown one too', () => {
    const r = rig(1);
    r.world.failedPrerequisites = null;
    expect(send(r, { type: 'tick' })).toBe(0);
    r.world.failedPrerequisites = ['disk'];
    expect(send(r, { type: 'tick' })).toBe(0);
    r.world.failedPrerequisites = [];
    expect(send(r, { type: 'tick' })).toBe(1);
  });
});

describe('failing', () => {
  test('an execution in stage 2 restarts the dwell and withdraws its and later evidence', () => {
    const r = climbed();
    r.context.holds = [{ stage: 2, because: 'RECONCILE_DRY_RUN=true' }];
    runs(r, 1, plans('dry_run'));
    expect(r.state.inForce).toBe(2);
    runs(r, 1, { ...plans('dry_run'), executed: 1, mayHaveExecuted: 1, writesSent: 1 });
    expect(r.state.evidence.map(({ stage }) => stage)).toEqual([0, 1]);
    expect(r.state.progress.restarts).toBe(1);
    expect(r.state.progress.dwellMs).toBe(0);
  });

  test('a plan in stage 3 blocked by another gate than not_armed is a FAIL', () => {
    const r = rig(3);
    send(r, { type: 'tick' });
    runs(r, 12);
    while (r.state.inForce < 3) runs(r, 1, plans('dry_run'));
    runs(r, 1, plans('audit_unavailable'));
    expect(earnedStage(r.state, contextOf(r))).toBe(3);
    expect(r.state.progress.restarts).toBe(1);
  });

  test('a source outage pauses the dwell instead of restarting it', () => {
    const r = rig(1);
    send(r, { type: 'tick' });
    runs(r, 5);
    const before = r.state.progress.dwellMs;
    r.world.sourcesWell = false;
    runs(r, 5);
    expect(r.state.progress.dwellMs).toBe(before);
    expect(r.state.progress.restarts).toBe(0);
  });

  test('a gap of over three intervals restarts the dwell of stage 1', () => {
    const r = rig(1);
    send(r, { type: 'tick' });
    runs(r, 8);
    r.nowMonoMs += 3 * INTERVAL + 1;
    r.nowMs += 3 * INTERVAL + 1;
    send(r, { type: 'tick' });
    expect(r.state.progress.restarts).toBe(1);
  });

  test('a wall-clock jump does not shorten a dwell', () => {
    const r = rig(2);
    send(r, { type: 'tick' });
    runs(r, 2);
    r.nowMs += 3_600_000;
    send(r, { type: 'tick' });
    expect(r.state.progress.dwellMs).toBeLessThan(DWELL);
    expect(r.state.inForce).toBe(1);
  });
});

describe('lowering', () => {
  test.each([
    ['a stop', { type: 'stop', by: 'op' }, 0],
    ['a breach', { type: 'breach', why: 'x' }, 1],
    ['a request for 2', { type: 'request', stage: 2, by: 'op' }, 2],
    ['a disarm', { type: 'request', stage: 3, by: 'op' }, 3],
  ] as const)('%s in stage 4 leads down at once and nothing climbs back', (_name, event, stage) => {
    const r = climbed();
    send(r, confirm);
    expect(send(r, event)).toBe(stage);
    runs(r, 60, plans(stage === 3 ? 'not_armed' : 'dry_run'));
    expect(r.state.inForce).toBe(stage);
    expect(r.state.lease).toBeNull();
  });

  test.each(['stop', 'breach'] as const)('a %s withdraws all evidence from stage 1 on', (type) => {
    const r = climbed();
    send(r, confirm);
    send(r, type === 'stop' ? { type, by: 'op' } : { type, why: 'x' });
    expect(r.state.evidence.filter(({ stage }) => stage > 0)).toEqual([]);
  });

  test('a latched stop outranks every request, until it is cleared to stage 0', () => {
    const r = climbed();
    send(r, { type: 'stop', by: 'op' });
    send(r, { type: 'request', stage: 3, by: 'op' });
    send(r, confirm);
    expect(r.state.inForce).toBe(0);
    send(r, { type: 'clear_stop', by: 'op' });
    runs(r, 20);
    expect(r.state.inForce).toBe(0);
  });

  test.each([0, 1, 2, 3] as const)('a hold at %i outranks the request', (stage) => {
    const r = climbed();
    send(r, confirm);
    r.context.holds = [{ stage, because: 'variable' }];
    send(r, { type: 'tick' });
    expect(r.state.inForce).toBe(stage);
    r.context.holds = [];
    send(r, { type: 'tick' });
    expect(r.state.inForce).toBeLessThan(4);
  });
});

describe('the lease', () => {
  test('lets a run execute no more than it has executions left, and nothing without one', () => {
    const lease = grantLease({ leaseMs: 1000, maxExecutions: 3 }, { nowMs: 0, nowMonoMs: 0 });
    expect(withinLease(['a', 'b', 'c', 'd'], lease)).toEqual(['a', 'b', 'c']);
    expect(withinLease(['a', 'b'], spendLease(lease, 2))).toEqual(['a']);
    expect(withinLease(['a'], spendLease(lease, 5))).toEqual([]);
    expect(withinLease(['a'], null)).toEqual([]);
  });

  const cases: readonly (readonly [string, (r: Rig) => void])[] = [
    [
      'monotonic time',
      (r) => {
        r.nowMonoMs += 3_600_000;
        send(r, { type: 'tick' });
      },
    ],
    [
      'wall time',
      (r) => {
        r.nowMs += 3_600_000;
        send(r, { type: 'tick' });
      },
    ],
    [
      'a wall clock that went back',
      (r) => {
        r.nowMs -= 30_000;
        send(r, { type: 'tick' });
      },
    ],
    [
      'a gap of over 3 intervals',
      (r) => {
        r.nowMonoMs += 3001;
        r.nowMs += 3001;
        send(r, { type: 'tick' });
      },
    ],
    [
      'a suspend that only the wall clock saw',
      (r) => {
        r.nowMs += 4000;
        send(r, { type: 'tick' });
      },
    ],
    [
      'its executions',
      (r) => {
        runs(r, 10, {
          ...QUIET_RUN,
          planned: 1,
          plannedInAudit: 1,
          executed: 1,
          mayHaveExecuted: 1,
          writesSent: 1,
        });
      },
    ],
  ];
  test.each(cases)('ends by %s and leads to stage 3', (_name, end) => {
    const r = climbed();
    expect(send(r, confirm)).toBe(4);
    end(r);
    expect(r.state.inForce).toBe(3);
    // What was asked for stays, so that an alert sees the difference; nothing but a confirmation enters it.
    expect(r.state.request).toEqual({ stage: 4, by: 'op' });
    runs(r, 60, plans('not_armed'));
    expect(r.state.inForce).toBeLessThan(4);
  });

  test('an execution without a plan is a breach that leads to stage 1', () => {
    const r = climbed();
    send(r, confirm);
    runs(r, 1, { ...QUIET_RUN, executed: 1, executedUnplanned: 1, mayHaveExecuted: 1, writesSent: 1 });
    expect(r.state.inForce).toBe(1);
  });

  test('an UNKNOWN outcome over its limit is a breach', () => {
    const r = climbed();
    send(r, confirm);
    r.world.oldestUnknownMs = 60_001;
    send(r, { type: 'tick' });
    expect(r.state.inForce).toBe(1);
  });
});

describe('evidence over restarts', () => {
  function restarted(r: Rig, changes: Partial<Omit<StageContext, 'world'>>): StageNumber {
    const after = rig(3, r.state.evidence);
    after.nowMs = r.nowMs;
    after.context = changes;
    send(after, { type: 'tick' });
    // The first tick judges stage 0, the same step moves on.
    return after.state.inForce;
  }
  test.each([
    ['same settings', {}, 3],
    ['a narrower cap', { covered: { ...covered, 'reconcile.max_flatten_notional_usdt': '50' } }, 3],
    ['a wider cap', { covered: { ...covered, 'reconcile.max_flatten_notional_usdt': '100.01' } }, 1],
    ['one kind of action instead of auto', { covered: { ...covered, 'reconcile.action': 'flatten' } }, 3],
    ['another program version', { version: '2' }, 1],
  ] as const)('with %s', (_name, changes, stage) => {
    expect(restarted(climbed(), changes)).toBe(stage);
  });

  test('a process never starts in stage 4', () => {
    const r = climbed();
    send(r, confirm);
    expect(restarted(r, {})).toBe(3);
  });

  test('evidence expires after seven days', () => {
    const r = climbed();
    r.nowMs += 7 * 86_400_000 + 60_000;
    expect(restarted(r, {})).toBe(1);
  });

  test('a new version alone asks for five minutes, not ten', () => {
    const r = climbed();
    const after = rig(3, r.state.evidence);
    after.nowMs = r.nowMs;
    after.context = { version: '2', dwellMs: 600_000 };
    send(after, { type: 'tick' });
    runs(after, 299);
    expect(after.state.inForce).toBe(1);
    runs(after, 2);
    expect(after.state.inForce).toBe(2);
  });
});

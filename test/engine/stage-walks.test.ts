/**
 * The stage machine on every path: an exhaustive walk over short sequences of events, and random long ones, each step
 * held to what no sequence may ever bring about.
 */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { RunCounts } from '../../src/engine/progress.ts';
import type { StageContext, StageEffect, StageEvent, StageState } from '../../src/engine/stage-types.ts';
import { initialStageState, stepStage } from '../../src/engine/stages.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { QUIET_RUN } from './quiet-run.ts';

const INTERVAL = 1000;
/** One word of a walk: an event, after which time, in which world. */
type Word =
  | 'run'
  | 'run_plan'
  | 'run_executed'
  | 'run_wrong'
  | 'tick'
  | 'long_tick'
  | 'suspend'
  | 'request_0'
  | 'request_1'
  | 'request_2'
  | 'request_3'
  | 'request_4'
  | 'confirm'
  | 'breach'
  | 'stop'
  | 'clear_stop'
  | 'hold_0'
  | 'hold_2'
  | 'no_hold'
  | 'widen'
  | 'sources_down'
  | 'sources_up'
  | 'new_version'
  | 'audit_lost'
  | 'request_0_audit_lost';

interface Walk {
  readonly state: StageState;
  readonly nowMs: number;
  readonly nowMonoMs: number;
  readonly hold: StageNumber | null;
  readonly cap: number;
  readonly version: number;
  readonly well: boolean;
  /** The highest stage that a command since the last lowering allows; nothing else may raise above it. */
  readonly allowed: number;
  readonly latched: boolean;
  readonly passedSinceStop: readonly StageNumber[];
  readonly path: readonly Word[];
}

function started(request: StageNumber): Walk {
  const now = { nowMs: 1_000_000_000, nowMonoMs: 0 };
  const state = initialStageState({
    ...now,
    request: { stage: request, by: 'config' },
    evidence: [],
    latched: false,
  });
  return {
    ...now,
    state,
    hold: null,
    cap: 100,
    version: 1,
    well: true,
    allowed: Math.min(3, request),
    latched: false,
    passedSinceStop: [],
    path: [],
  };
}

function contextOf(walk: Walk, lost: boolean): StageContext {
  const { nowMs, nowMonoMs, hold, cap, version, well } = walk;
  return {
    nowMs,
    nowMonoMs,
    holds: hold === null ? [] : [{ stage: hold, because: 'variable' }],
    covered: { 'reconcile.max_flatten_notional_usdt': String(cap), 'reconcile.action': 'auto' },
    version: String(version),
    dwellMs: 2 * INTERVAL,
    world: {
      intervalMs: INTERVAL,
      snapshotAgeMs: 100,
      snapshotMaxAgeMs: 120_000,
      sourcesWell: well,
      hasCheckpoint: true,
      feedFresh: true,
      auditHealthy: !lost,
      failedPrerequisites: [],
      oldestUnknownMs: null,
      unknownLimitMs: 60_000,
    },
  };
}

/** What a run of this stage counts; in stage 2 and 3 the closed gate blocks the plan. */
function countsOf(word: Word, stage: StageNumber): RunCounts | null {
  const reason = stage === 2 ? 'dry_run' : 'not_armed';
  const plan = { ...QUIET_RUN, planned: 1, plannedInAudit: 1, blocked: { [reason]: 1 } };
  switch (word) {
    case 'run':
      return QUIET_RUN;
    case 'run_plan':
      return stage < 2 ? QUIET_RUN : plan;
    case 'run_executed':
      return stage === 4
        ? { ...plan, blocked: {}, executed: 1, mayHaveExecuted: 1, writesSent: 1 }
        : QUIET_RUN;
    case 'run_wrong':
      return { ...QUIET_RUN, executed: 1, mayHaveExecuted: 1, executedUnplanned: 1, writesSent: 1 };
    default:
      return null;
  }
}

function eventOf(word: Word, stage: StageNumber): StageEvent {
  const counts = countsOf(word, stage);
  if (counts !== null) return { type: 'run', counts };
  const asked = /^request_(\d)/.exec(word)?.[1];
  if (asked !== undefined)
    return { type: 'request', stage: ([0, 1, 2, 3, 4] as const)[Number(asked)] ?? 0, by: 'op' };
  switch (word) {
    case 'confirm':
      return { type: 'confirm', by: 'op', leaseMs: 20 * INTERVAL, maxExecutions: 2 };
    case 'breach':
      return { type: 'breach', why: 'x' };
    case 'stop':
      return { type: 'stop', by: 'op' };
    case 'clear_stop':
      return { type: 'clear_stop', by: 'op' };
    default:
      return { type: 'tick' };
  }
}

function moved(walk: Walk, word: Word): Walk {
  const ms =
    word === 'long_tick' ? 4 * INTERVAL : word === 'tick' ? 250 : word.startsWith('run') ? INTERVAL : 0;
  const nowMs = walk.nowMs + ms + (word === 'suspend' ? 3_600_000 : 0);
  return {
    ...walk,
    nowMs,
    nowMonoMs: walk.nowMonoMs + ms,
    hold: word === 'hold_0' ? 0 : word === 'hold_2' ? 2 : word === 'no_hold' ? null : walk.hold,
    cap: word === 'widen' ? walk.cap + 1 : walk.cap,
    version: word === 'new_version' ? walk.version + 1 : walk.version,
    well: word === 'sources_down' ? false : word === 'sources_up' ? true : walk.well,
  };
}

/** What may be in force after this event, by commands alone. */
function allowedAfter(walk: Walk, event: StageEvent, effects: readonly StageEffect[]): number {
  switch (event.type) {
    case 'request':
      // A request for 4 alone never enters it, and in 4 changes nothing.
      return event.stage === 4 ? Math.max(3, walk.state.inForce) : event.stage;
    case 'confirm':
      return walk.latched ? walk.allowed : 4;
    case 'breach':
      return Math.min(1, walk.allowed);
    case 'stop':
    case 'clear_stop':
      return 0;
    default: {
      // A breach or the end of the lease in stage 4 leads down; elsewhere `by` is whoever made the request.
      const led = effects.find(
        (effect) =>
          effect.type === 'stage_changed' && effect.from === 4 && ['breach', 'lease'].includes(effect.by),
      );
      const cap = led?.type === 'stage_changed' ? led.to : walk.allowed;
      return Math.min(walk.allowed, cap);
    }
  }
}

/** Takes one step and holds it to every promise. */
function stepped(before: Walk, word: Word): Walk {
  const walk = moved(before, word);
  const event = eventOf(word, walk.state.inForce);
  const context = contextOf(walk, word.endsWith('audit_lost'));
  const { state, effects } = stepStage(walk.state, event, context);
  const from = before.state.inForce;
  const latched = event.type === 'stop' ? true : event.type === 'clear_stop' ? false : before.latched;
  const allowed = allowedAfter(before, event, effects);
  const withdrawn = effects.some((effect) => effect.type === 'evidence_withdrawn' && effect.fromStage <= 1);
  const passedNow = effects.flatMap((effect) =>
    effect.type === 'evidence_passed' ? [effect.evidence.stage] : [],
  );
  const passedSinceStop = [
    ...(withdrawn || event.type === 'stop' ? [] : before.passedSinceStop),
    ...passedNow,
  ];
  const path = [...before.path, word];
  const promise = (name: string, kept: boolean) => {
    if (!kept) throw new Error(`${name}: ${path.join(' ')} led from ${from} to ${state.inForce}`);
  };

  promise('stop leads to 0 from everywhere', !latched || state.inForce === 0);
  promise('the latch is what stop and clear_stop made it', state.latched === latched);
  promise('nothing climbs above what was asked for since the last lowering', state.inForce <= allowed);
  promise('a hold is never passed', walk.hold === null || state.inForce <= walk.hold);
  promise(
    'stage 4 is entered by a confirmation alone',
    state.inForce !== 4 || from === 4 || event.type === 'confirm',
  );
  promise('stage 4 has a lease, and no other stage has', (state.inForce === 4) === (state.lease !== null));
  if (state.inForce > 0) {
    const stages = ([0, 1, 2, 3] as const).filter((stage) => stage < state.inForce);
    for (const stage of stages)
      promise(
        `evidence of ${stage}`,
        state.evidence.some((one) => one.stage === stage),
      );
    for (const stage of stages.filter((one) => one > 0))
      promise(`stage ${stage} passed since the last stop`, passedSinceStop.includes(stage));
  }
  promise('the request is never below what is in force', state.request.stage >= state.inForce);
  const asked = event.type === 'request' || event.type === 'confirm';
  const led = effects.flatMap((effect) => (effect.type === 'stage_changed' ? [effect.by] : []))[0];
  if (from === 4 && state.inForce < 4 && walk.hold === null && word !== 'widen' && word !== 'new_version')
    promise(
      'what leads out of 4 takes the request along, but the end of the lease',
      asked || state.request.stage === (led === 'lease' ? 4 : state.inForce),
    );
  const changes = effects.filter((effect) => effect.type === 'stage_changed');
  promise('each move is told once, and only moves', changes.length === (state.inForce === from ? 0 : 1));
  return { ...walk, state, latched, allowed, passedSinceStop, path };
}

/** From a fresh start to stage 3 with everything earned. */
const CLIMB: readonly Word[] = [
  ...['tick', 'run', 'run', 'run', 'run'],
  ...['run_plan', 'run_plan', 'run_plan', 'run_plan', 'run_plan'],
  'run_plan',
] as const;
const climbed = () => CLIMB.reduce(stepped, started(3));

test('the climb that the walks begin with ends in stage 3, one confirmation from 4', () => {
  const top = climbed();
  expect(top.state.inForce).toBe(3);
  expect(stepped(top, 'confirm').state.inForce).toBe(4);
});

test('no sequence of four words from the bottom, from stage 3 or from stage 4 breaks a promise', () => {
  const words: readonly Word[] = [
    'run_plan',
    'run_wrong',
    'long_tick',
    'suspend',
    'request_1',
    'request_3',
    'request_4',
    'confirm',
    'stop',
    'clear_stop',
    'widen',
    'audit_lost',
    'request_0_audit_lost',
  ];
  let steps = 0;
  const explore = (walk: Walk, depth: number): void => {
    if (depth === 0) return;
    for (const word of words) {
      steps += 1;
      explore(stepped(walk, word), depth - 1);
    }
  };
  explore(started(3), 4);
  explore(climbed(), 4);
  explore(stepped(climbed(), 'confirm'), 4);
  expect(steps).toBe(3 * (13 + 13 ** 2 + 13 ** 3 + 13 ** 4));
});

test('no long random sequence breaks a promise, and some of them reach stage 4', () => {
  const often = (word: Word, weight: number) => ({ arbitrary: fc.constant(word), weight });
  const word = fc.oneof(
    often('run', 12),
    often('run_plan', 40),
    often('tick', 6),
    often('confirm', 6),
    often('request_3', 6),
    often('request_4', 3),
    {
      arbitrary: fc.constantFrom<Word>(
        ...([
          'run_executed',
          'run_wrong',
          'long_tick',
          'suspend',
          'request_0',
          'request_1',
          'request_2',
        ] as const),
        ...([
          'breach',
          'stop',
          'clear_stop',
          'clear_stop',
          'hold_0',
          'hold_2',
          'no_hold',
          'no_hold',
        ] as const),
        ...([
          'widen',
          'sources_down',
          'sources_up',
          'sources_up',
          'new_version',
          'audit_lost',
          'request_0_audit_lost',
        ] as const),
      ),
      weight: 12,
    },
  );
  let live = 0;
  fc.assert(
    fc.property(
      fc.constantFrom<StageNumber>(0, 1, 2, 3, 4),
      fc.array(word, { maxLength: 120, size: 'max' }),
      (request, walk) => {
        let at = started(request);
        for (const one of walk) {
          at = stepped(at, one);
          if (at.state.inForce === 4) live += 1;
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(live).toBeGreaterThan(100);
});

test.each([
  'breach',
  'request_0',
  'request_1',
  'request_2',
  'request_3',
  'stop',
  'long_tick',
  'suspend',
] as const)('after %s in stage 4 no number of runs climbs again', (word) => {
  let walk = stepped(stepped(climbed(), 'confirm'), word);
  const { inForce } = walk.state;
  expect(inForce).toBeLessThan(4);
  for (let at = 0; at < 60; at++) walk = stepped(walk, 'run_plan');
  expect(walk.state.inForce).toBe(inForce);
});

/**
 * The stage machine: one pure function from state and event to state and effects.
 *
 * In force = min(request, hold, earned), and 4 only with a lease that an operator's confirmation granted. The latch
 * outranks everything. Nothing but a request raises the stage; a breach and a stop move the request to where they led, so
 * nothing climbs back by itself; the end of the lease leaves it at 4, which a new confirmation alone enters.
 */
import { coveredFor } from '../config/covered.ts';
import { criteriaOf, overall } from './criteria.ts';
import { counts, dwellFor, type Evidence, earnedBy } from './evidence.ts';
import { grantLease, leaseOver, spendLease } from './lease.ts';
import { countRun, freshProgress, type Instant, passTime } from './progress.ts';
import type { Hold, StageContext, StageEffect, StageEvent, StageState, StageStep } from './stage-types.ts';
import type { Criterion, StageNumber } from './types.ts';

export const STAGE_NAMES: readonly string[] = [
  'Baseline',
  'Detect-only',
  'Plan-only',
  'Execution blocked',
  'Live (limited blast radius)',
];

/** The state a process starts in: stage 0, whatever was in force before. Stage 0 is judged anew at each entry. */
export function initialStageState(
  input: Instant & Pick<StageState, 'request' | 'evidence' | 'latched'>,
): StageState {
  return {
    request: input.request,
    inForce: 0,
    sinceMs: input.nowMs,
    evidence: input.evidence.filter(({ stage }) => stage !== 0),
    progress: freshProgress(input),
    lease: null,
    latched: input.latched,
  };
}

/** Applies one event. */
export function stepStage(state: StageState, event: StageEvent, context: StageContext): StageStep {
  const draft: Draft = { state, effects: [], by: state.request.by, why: '' };
  apply(draft, event, context);
  judge(draft, context);
  settle(draft, context);
  return { state: draft.state, effects: draft.effects };
}

/** The highest stage whose every lower stage has evidence that counts today. */
export function earnedStage(state: StageState, context: StageContext): StageNumber {
  return earnedBy(state.evidence, context);
}

/** The lowest hold, or null. */
export function lowestHold(holds: readonly Hold[]): Hold | null {
  return holds.reduce<Hold | null>(
    (low, hold) => (low === null || hold.stage < low.stage ? hold : low),
    null,
  );
}

/** The criteria of the stage in force. */
export function currentCriteria(state: StageState, context: StageContext): readonly Criterion[] {
  return criteriaOf(state.inForce, state.progress, {
    ...context.world,
    requiredDwellMs: dwellFor(state.inForce, state.evidence, context, context.dwellMs),
  });
}

/**
 * What keeps stage 4 from being entered, or would break it at once, in words; null for nothing. A prerequisite that nobody could
 * tell in stage 0 held up nothing, and may have been found to fail since.
 */
export function breaksLive(context: StageContext): string | null {
  const world = { ...context.world, requiredDwellMs: 0 };
  const progress = freshProgress(context);
  const failed = failures([...criteriaOf(4, progress, world), ...criteriaOf(0, progress, world)]);
  return failed === '' ? null : failed;
}

interface Draft {
  state: StageState;
  readonly effects: StageEffect[];
  by: string;
  why: string;
}

function apply(draft: Draft, event: StageEvent, context: StageContext): void {
  const { state } = draft;
  if (event.type === 'tick' || event.type === 'run') {
    const { sourcesWell, feedFresh, hasCheckpoint, intervalMs } = context.world;
    const passed = passTime(state.progress, context, {
      well: sourcesWell && feedFresh && hasCheckpoint,
      intervalMs,
    });
    const progress = event.type === 'tick' ? passed : countRun(passed, event.counts, context.nowMonoMs);
    const spent = event.type === 'tick' ? 0 : event.counts.mayHaveExecuted;
    draft.state = { ...state, progress, lease: spendLease(state.lease, spent) };
    return;
  }
  switch (event.type) {
    case 'request':
      lead(draft, { stage: event.stage, by: event.by, why: event.why ?? 'requested' });
      if (event.stage === 4) draft.state = { ...draft.state, lease: state.lease };
      // Stage 0 asked for in stage 0 is entered anew, or a figure that fails there could never be left behind.
      if (event.stage === 0 && state.inForce === 0) draft.state = enteredAnew(draft.state, context);
      return;
    case 'lower': {
      const { request } = state;
      const { stage } = request.stage < event.stage ? request : event;
      lead(draft, { stage, by: event.by, why: event.why ?? 'lowered' });
      return;
    }
    case 'confirm':
      if (state.latched) return;
      lead(draft, { stage: 4, by: event.by, why: 'confirmed' });
      draft.state = { ...draft.state, lease: grantLease(event, context) };
      return;
    case 'breach':
      withdraw(draft, 1, event.why, context);
      lead(draft, { stage: breachStage(state), by: 'breach', why: event.why });
      // Or what the stage in force had shown so far would earn its evidence back in this very step.
      draft.state = { ...draft.state, progress: freshProgress(context, state.progress.restarts + 1) };
      return;
    case 'stop':
      if (!state.latched) withdraw(draft, 1, 'stop', context);
      lead(draft, { stage: 0, by: event.by, why: 'stop' });
      draft.state = { ...draft.state, latched: true };
      return;
    case 'clear_stop':
      lead(draft, { stage: 0, by: event.by, why: 'stop cleared' });
      draft.state = { ...draft.state, latched: false };
      return;
  }
}

/** Grants evidence, withdraws it, or raises a breach, by the criteria of the stage in force. */
function judge(draft: Draft, context: StageContext): void {
  const { state } = draft;
  if (state.latched) return;
  const stage = state.inForce;
  const criteria = currentCriteria(state, context);
  const verdict = overall(criteria);
  if (stage === 4) {
    if (verdict !== 'FAIL') return;
    const why = failures(criteria);
    withdraw(draft, 1, why, context);
    lead(draft, { stage: breachStage(state), by: 'breach', why });
    return;
  }
  const others = state.evidence.filter((evidence) => evidence.stage !== stage);
  if (verdict === 'PASS' && !state.evidence.some((one) => one.stage === stage && counts(one, context))) {
    const { nowMs, version } = context;
    const evidence: Evidence = {
      stage,
      passedAtMs: nowMs,
      covered: coveredFor(stage, context.covered),
      version,
    };
    draft.state = { ...state, evidence: [...others, evidence] };
    if (stage > 0) draft.effects.push({ type: 'evidence_passed', evidence, criteria });
  }
  if (verdict !== 'FAIL') return;
  if (stage === 0) {
    draft.state = { ...state, evidence: others };
    return;
  }
  withdraw(draft, stage, failures(criteria), context);
  draft.state = { ...draft.state, progress: freshProgress(context, state.progress.restarts + 1) };
}

/** Ends a lease that is over, then moves to the stage that is now in force. A lease lives in stage 4 alone. */
function settle(draft: Draft, context: StageContext): void {
  const { lease } = draft.state;
  const gapMs = draft.state.inForce === 4 ? draft.state.progress.longestGapMs : 0;
  const over = lease === null ? null : leaseOver(lease, context, gapMs, context.world.intervalMs);
  if (over !== null) endLease(draft, over);
  const { state } = draft;
  const target = stageInForce(state, context);
  if (target !== state.inForce) {
    const fell = target < state.inForce;
    const why = draft.why !== '' ? draft.why : fell ? 'held, or no longer earned' : 'earned';
    // What nobody asked for is nobody's: the last request's name would accuse the wrong one.
    const by = draft.why === '' && fell ? 'engine' : draft.by;
    draft.effects.push({ type: 'stage_changed', from: state.inForce, to: target, by, why });
    const evidence = target === 0 ? state.evidence.filter(({ stage }) => stage !== 0) : state.evidence;
    draft.state = {
      ...state,
      inForce: target,
      sinceMs: context.nowMs,
      progress: freshProgress(context),
      evidence,
    };
  }
  if (target !== 4) draft.state = { ...draft.state, lease: null };
}

function enteredAnew(state: StageState, context: StageContext): StageState {
  const evidence = state.evidence.filter(({ stage }) => stage !== 0);
  return { ...state, sinceMs: context.nowMs, progress: freshProgress(context), evidence };
}

function stageInForce(state: StageState, context: StageContext): StageNumber {
  if (state.latched) return 0;
  const hold = lowestHold(context.holds)?.stage ?? 4;
  const ceiling = state.lease === null ? 3 : 4;
  const lowest = Math.min(state.request.stage, hold, earnedStage(state, context), ceiling);
  return ([0, 1, 2, 3, 4] as const)[lowest] ?? 0;
}

/** Moves the request, and with it the lease, to where something led. */
function lead(
  draft: Draft,
  to: { readonly stage: StageNumber; readonly by: string; readonly why: string },
): void {
  draft.by = to.by;
  draft.why = to.why;
  draft.state = { ...draft.state, request: { stage: to.stage, by: to.by }, lease: null };
}

/**
 * The request stays at 4: only a confirmation enters it again, and until somebody lowers it or confirms it anew the
 * stage in force is below the one asked for, which is what an alert looks at.
 */
function endLease(draft: Draft, why: string): void {
  draft.by = 'lease';
  draft.why = why;
  draft.state = { ...draft.state, lease: null };
}

/** A breach leads to stage 1, and never above what an operator asked for. */
function breachStage(state: StageState): StageNumber {
  return state.request.stage === 0 ? 0 : 1;
}

function withdraw(draft: Draft, fromStage: StageNumber, why: string, context: StageContext): void {
  const { state } = draft;
  const kept = state.evidence.filter(({ stage }) => stage < fromStage);
  if (kept.length === state.evidence.length) return;
  const criteria = currentCriteria(state, context);
  draft.effects.push({ type: 'evidence_withdrawn', fromStage, why, criteria });
  draft.state = { ...state, evidence: kept };
}

function failures(criteria: readonly Criterion[]): string {
  const failed = criteria.filter(({ verdict }) => verdict === 'FAIL');
  return failed.map(({ id, figure, limit }) => `${id} ${figure} (${limit})`).join('; ');
}

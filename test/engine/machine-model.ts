/**
 * The machine under an abstract alphabet, for a walk of every state it can reach. The function that is walked is the
 * daemon's own (`stepMachine`); only its clocks and figures are made finite.
 *
 * The abstraction: every reachable state is put into a canonical form in which (1) time is shifted to a fixed now, (2)
 * evidence, lease and offer are as young as if they were given just now, (3) figures are cut where no criterion of the
 * stage in force looks any more, (4) codes, digests and names of who asked are renamed to whether they are the current
 * ones. What (2) forgets, the alphabet gives back: with any event, any of them may be over, half used or at its ceiling.
 * So every run of the real machine is a path here, but for figures of a stage's runs that no step of the alphabet makes: runs
 * come on the beat or stay away for more than three intervals. A test beside the walk holds that the form and a step commute.
 */
import { coveredFor } from '../../src/config/covered.ts';
import { OFFER_LIFETIME_MS, type Operator } from '../../src/engine/approval.ts';
import { stepMachine } from '../../src/engine/ceremony-machine.ts';
import type {
  MachineContext,
  MachineEvent,
  MachineState,
  MachineStep,
} from '../../src/engine/ceremony-types.ts';
import { EVIDENCE_MAX_AGE_MS } from '../../src/engine/evidence.ts';
import { LEASE_CEILING_MS } from '../../src/engine/lease.ts';
import { freshProgress, type Progress, type RunCounts } from '../../src/engine/progress.ts';
import type { StageState } from '../../src/engine/stage-types.ts';
import { initialStageState } from '../../src/engine/stages.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { QUIET_RUN } from './quiet-run.ts';

export const INTERVAL = 300_000;
const DWELL = 2 * INTERVAL;
const LEASE = 11 * 3_600_000;
const WALL = 1_000_000_000_000;
const MONO = 1_000_000_000;
export const HOST = 'host';

/** Narrow is within base; mixed is narrower in one key and wider in another. */
export const SETTINGS = {
  base: { 'reconcile.max_flatten_notional_usdt': '100', 'reconcile.cooldown_seconds': '60' },
  narrow: { 'reconcile.max_flatten_notional_usdt': '50', 'reconcile.cooldown_seconds': '60' },
  mixed: { 'reconcile.max_flatten_notional_usdt': '50', 'reconcile.cooldown_seconds': '30' },
} as const;
export type SettingsName = keyof typeof SETTINGS;

/** A point of the walk. */
export interface Point {
  readonly machine: MachineState;
  readonly settings: SettingsName;
  readonly nowMs: number;
  readonly nowMonoMs: number;
}

/** What may be different while one event comes. */
export const TWISTS = [
  'none',
  ...['hold_0', 'hold_1', 'hold_2', 'hold_3'],
  ...[
    'sources_down',
    'snapshot_old',
    'audit_lost',
    'unknown_old',
    'prerequisite_fails',
    'prerequisites_unknown',
  ],
  ...['unacknowledged', 'no_picture', 'settings_unseen', 'barred', 'digest_moved'],
  ...['evidence_1_over', 'evidence_2_over', 'evidence_3_over'],
  ...['lease_full', 'lease_half', 'lease_at_ceiling', 'lease_over', 'offer_over', 'gap', 'suspend'],
] as const;
export type Twist = (typeof TWISTS)[number];

export const WORDS = [
  ...[
    'tick',
    'run',
    'run_plan',
    'run_other_gate',
    'run_unaudited',
    'run_executed',
    'run_unplanned',
    'run_event',
  ],
  ...['breach', 'stop', 'clear_stop', 'mass', 'disarm'],
  ...['stage_0', 'stage_1', 'stage_2', 'stage_3', 'stage_4'],
  ...['confirm_ann', 'confirm_bob', 'confirm_eve', 'confirm_wrong', 'approve', 'approve_bob', 'approve_eve'],
  ...['renew', 'renew_ann', 'renew_eve', 'renew_wrong'],
  ...['reload_base', 'reload_narrow', 'reload_mixed'],
  ...['restart_0', 'restart_1', 'restart_2', 'restart_3', 'restart_4', 'restart_new_version'],
] as const;
export type Word = (typeof WORDS)[number];

export const OPERATORS: Readonly<Record<string, Operator>> = {
  ann: { name: 'ann', verified: true },
  bob: { name: 'bob', verified: true },
  eve: { name: 'eve', verified: false },
};

/** A daemon's first moment under a request. */
export function started(request: StageNumber): Point {
  const now = { nowMs: WALL, nowMonoMs: MONO };
  const stage = initialStageState({
    ...now,
    request: { stage: request, by: 'config' },
    evidence: [],
    latched: false,
  });
  return canonical({ ...now, machine: { stage, offer: null }, settings: 'base' });
}

export interface Taken {
  readonly step: MachineStep;
  readonly context: MachineContext;
  readonly event: MachineEvent;
  /** The point the event met, after time and twist. */
  readonly met: Point;
  readonly after: Point;
}

/** The twists that a word is walked with in a point, besides none: those that could make a difference there. */
export function twistsOf({ machine: { stage, offer } }: Point, word: Word): readonly Twist[] {
  if (stage.inForce === 4) return IN_LIVE.has(word) ? TWISTS : ['none', 'hold_0', 'audit_lost'];
  if (word === 'tick') return WORLD;
  if (word === 'run_plan') return ['none', 'hold_1', 'sources_down', 'audit_lost', 'gap', 'evidence_1_over'];
  if (LOWERING.has(word)) return stage.inForce === 0 ? ['none'] : ['none', 'settings_unseen', 'barred'];
  if (offer !== null && ENTERING.has(word)) return [...WORLD, ...REFUSING, 'unacknowledged', 'digest_moved'];
  return ['none'];
}

const WORLD: readonly Twist[] = [
  'none',
  ...(['hold_0', 'hold_1', 'hold_2', 'hold_3', 'sources_down', 'snapshot_old', 'audit_lost'] as const),
  ...([
    'unknown_old',
    'prerequisite_fails',
    'prerequisites_unknown',
    'offer_over',
    'gap',
    'suspend',
  ] as const),
  ...(['evidence_1_over', 'evidence_2_over', 'evidence_3_over'] as const),
];
const REFUSING: readonly Twist[] = ['settings_unseen', 'barred', 'no_picture', 'audit_lost', 'hold_1'];
const LOWERING: ReadonlySet<Word> = new Set(['stage_0', 'stage_1', 'stage_2', 'disarm', 'stop', 'mass']);
const ENTERING: ReadonlySet<Word> = new Set(['confirm_ann', 'approve_bob']);
const IN_LIVE: ReadonlySet<Word> = new Set(['tick', 'run_plan', 'renew_ann', 'stage_4', 'stage_3', 'disarm']);

/** Takes one word under one twist, as the daemon would send it. */
export function take(point: Point, word: Word, twist: Twist, approvals: number): Taken {
  const met = twisted(restarted(passed(point, word, twist), word), twist);
  const settings = word.startsWith('reload_') ? (word.slice(7) as SettingsName) : met.settings;
  const context = contextOf({ ...met, settings }, twist, approvals);
  const event = eventOf(met, word, twist);
  const step = stepMachine(met.machine, event, context);
  return { step, context, event, met, after: { ...met, settings, machine: step.state } };
}

/** The context of a moment; without a twist the world is well. */
export function contextOf(point: Point, twist: Twist, approvals: number): MachineContext {
  const held = /^hold_(\d)$/.exec(twist)?.[1];
  const hold = held === undefined ? (twist === 'audit_lost' ? 1 : null) : Number(held);
  return {
    nowMs: point.nowMs,
    nowMonoMs: point.nowMonoMs,
    holds: hold === null ? [] : [{ stage: stageOf(hold), because: 'a reason', remedy: './run_live.sh' }],
    covered: { ...SETTINGS[point.settings], 'reconcile.action': 'auto' },
    version: 'now',
    dwellMs: DWELL,
    world: {
      intervalMs: INTERVAL,
      snapshotAgeMs: twist === 'snapshot_old' ? 120_001 : 100,
      snapshotMaxAgeMs: 120_000,
      sourcesWell: twist !== 'sources_down',
      hasCheckpoint: true,
      feedFresh: twist !== 'sources_down',
      auditHealthy: twist !== 'audit_lost',
      failedPrerequisites:
        twist === 'prerequisites_unknown' ? null : twist === 'prerequisite_fails' ? ['disk'] : [],
      oldestUnknownMs: twist === 'unknown_old' ? 60_001 : null,
      unknownLimitMs: 60_000,
    },
    host: HOST,
    approvals,
    leaseMs: LEASE,
    maxExecutions: 2,
  };
}

function passed(point: Point, word: Word, twist: Twist): Point {
  // The heartbeat comes before anything else that happens after a pause.
  if ((twist === 'gap' || twist === 'suspend') && word !== 'tick' && !word.startsWith('run')) return point;
  const beat = word.startsWith('run') && word !== 'run_event' ? INTERVAL : 0;
  const wall = twist === 'suspend' ? 4 * INTERVAL : 0;
  const both = twist === 'gap' ? 4 * INTERVAL : beat;
  return { ...point, nowMs: point.nowMs + both + wall, nowMonoMs: point.nowMonoMs + both };
}

function restarted(point: Point, word: Word): Point {
  if (!word.startsWith('restart_')) return point;
  const { stage } = point.machine;
  const request = word === 'restart_new_version' ? stage.request.stage : Number(word.slice(8));
  const version = word === 'restart_new_version' ? 'old' : null;
  const evidence = stage.evidence.map((one) => (version === null ? one : { ...one, version }));
  const { nowMs, nowMonoMs } = point;
  const fresh = initialStageState({
    nowMs,
    nowMonoMs,
    request: { stage: stageOf(request), by: 'config' },
    // A latch that outlives the restart leaves no evidence behind (daemon/vitals.ts).
    evidence: stage.latched ? [] : evidence,
    latched: stage.latched,
  });
  return { ...point, machine: { stage: fresh, offer: null } };
}

function twisted(point: Point, twist: Twist): Point {
  const { nowMs, nowMonoMs, machine } = point;
  const { stage, offer } = machine;
  const over = /^evidence_(\d)_over$/.exec(twist)?.[1];
  if (over !== undefined) {
    const passedAtMs = nowMs - EVIDENCE_MAX_AGE_MS - 1;
    const evidence = stage.evidence.map((one) => (one.stage === Number(over) ? { ...one, passedAtMs } : one));
    return { ...point, machine: { offer, stage: { ...stage, evidence } } };
  }
  if (twist === 'offer_over' && offer !== null)
    return { ...point, machine: { stage, offer: { ...offer, untilMonoMs: nowMonoMs } } };
  if (!twist.startsWith('lease_') || stage.lease === null) return point;
  const usedMs = { lease_full: 0, lease_half: LEASE / 2, lease_at_ceiling: LEASE, lease_over: LEASE }[
    twist as 'lease_full'
  ];
  const age = twist === 'lease_at_ceiling' ? LEASE_CEILING_MS - 60_000 : usedMs;
  const left = twist === 'lease_at_ceiling' ? 60_000 : LEASE - usedMs;
  const lease = {
    ...stage.lease,
    grantedAtMs: nowMs - age,
    grantedMonoMs: nowMonoMs - age,
    leaseMs: LEASE,
    untilMs: nowMs + left,
    untilMonoMs: nowMonoMs + left,
  };
  return { ...point, machine: { offer, stage: { ...stage, lease } } };
}

function countsOf(word: Word, stage: StageNumber): RunCounts {
  const reason = stage === 3 ? 'not_armed' : 'dry_run';
  const plan = { ...QUIET_RUN, planned: 1, plannedInAudit: 1, blocked: { [reason]: 1 } };
  const done = { executed: 1, mayHaveExecuted: 1, writesSent: 1 };
  switch (word) {
    case 'run_plan':
      return stage < 2 ? QUIET_RUN : stage === 4 ? { ...plan, blocked: {}, ...done } : plan;
    case 'run_other_gate':
      return stage < 2 ? QUIET_RUN : { ...plan, blocked: { snapshot_stale: 1 } };
    case 'run_unaudited':
      return stage < 2 ? QUIET_RUN : { ...plan, plannedInAudit: 0 };
    case 'run_executed':
      return { ...QUIET_RUN, ...done };
    case 'run_unplanned':
      return { ...QUIET_RUN, ...done, executedUnplanned: 1 };
    case 'run_event':
      return { ...(stage < 2 ? QUIET_RUN : plan), due: false };
    default:
      return QUIET_RUN;
  }
}

function eventOf({ machine }: Point, word: Word, twist: Twist): MachineEvent {
  const { stage, offer } = machine;
  if (word.startsWith('run')) return { type: 'run', counts: countsOf(word, stage.inForce) };
  const right = `${HOST} 4 ${offer?.code ?? 'c0'}`;
  const raise = { seen: twist !== 'settings_unseen', barred: twist === 'barred' ? 'barred' : null };
  const asked = { newCode: 'c1', digest: twist === 'digest_moved' ? 'E' : 'D' };
  const live = (phrase: string | null, by: string, secondOnly = false): MachineEvent => ({
    type: 'raise',
    stage: 4,
    by: OPERATORS[by] ?? { name: by, verified: false },
    ...raise,
    ...asked,
    phrase,
    secondOnly,
    unacknowledged: twist === 'unacknowledged' ? ['item'] : [],
    pictured: twist !== 'no_picture',
  });
  const renew = (phrase: string | null, by: string): MachineEvent => ({
    type: 'renew',
    by: OPERATORS[by] ?? { name: by, verified: false },
    ...raise,
    ...asked,
    phrase,
  });
  const asks = /^stage_(\d)$/.exec(word)?.[1];
  if (asks !== undefined) return { ...live(null, 'ann'), stage: stageOf(Number(asks)) } as MachineEvent;
  switch (word) {
    case 'confirm_ann':
    case 'confirm_bob':
    case 'confirm_eve':
      return live(right, word.slice(8));
    case 'confirm_wrong':
      return live(`${HOST} 4 guess`, 'ann');
    case 'approve':
      return live(null, 'bob', true);
    case 'approve_bob':
    case 'approve_eve':
      return live(right, word.slice(8), true);
    case 'renew':
      return renew(null, 'ann');
    case 'renew_ann':
    case 'renew_eve':
      return renew(`${HOST} renew ${offer?.code ?? 'c0'}`, word.slice(6));
    case 'renew_wrong':
      return renew(`${HOST} renew guess`, 'ann');
    case 'breach':
      return { type: 'breach', why: 'x' };
    case 'stop':
      return { type: 'stop', by: 'op' };
    case 'clear_stop':
      return { type: 'clear_stop', by: 'op' };
    case 'mass':
      return { type: 'lower', stage: 1, by: 'mass_mismatch', why: 'x' };
    case 'disarm':
      return { type: 'lower', stage: 3, by: 'op' };
    default:
      return { type: 'tick' };
  }
}

/** Puts a point into its canonical form. */
export function canonical(point: Point): Point {
  const { machine, nowMs } = point;
  const { stage, offer } = machine;
  const evidence = stage.evidence
    .filter((one) => one.stage === 0 || nowMs - one.passedAtMs <= EVIDENCE_MAX_AGE_MS)
    .map((one) => ({ ...one, passedAtMs: WALL }))
    .toSorted((a, b) => a.stage - b.stage);
  const lease =
    stage.lease === null
      ? null
      : {
          grantedAtMs: WALL,
          grantedMonoMs: MONO,
          leaseMs: LEASE,
          untilMs: WALL + LEASE,
          untilMonoMs: MONO + LEASE,
          executionsLeft: stage.lease.executionsLeft,
        };
  return {
    settings: point.settings,
    nowMs: WALL,
    nowMonoMs: MONO,
    machine: {
      stage: {
        request: { stage: stage.request.stage, by: 'op' },
        inForce: stage.inForce,
        sinceMs: WALL,
        evidence,
        progress: progressOf(stage),
        lease,
        latched: stage.latched,
      },
      offer:
        offer === null
          ? null
          : {
              ...offer,
              code: offer.code === null ? null : 'c0',
              digest: 'D',
              untilMonoMs: MONO + OFFER_LIFETIME_MS,
              untilMs: WALL + OFFER_LIFETIME_MS,
            },
    },
  };
}

/** Only what a criterion of the stage in force can still see. */
function progressOf({ inForce, progress }: StageState): Progress {
  const fresh = freshProgress({ nowMs: WALL, nowMonoMs: MONO });
  const dwellMs = Math.min(progress.dwellMs, DWELL);
  switch (inForce) {
    case 0:
      return { ...fresh, runs: Math.min(1, progress.runs), writesSent: Math.min(1, progress.writesSent) };
    case 1: {
      const runs = Math.min(2, progress.runs);
      return {
        ...fresh,
        dwellMs,
        runs,
        startedMonoMs: MONO - runs * INTERVAL,
        lastRunMonoMs: runs > 0 ? MONO : null,
      };
    }
    case 2:
      return { ...fresh, dwellMs, ...plansOf(progress, 'dry_run') };
    case 3:
      // Whether the audit took the plans is asked in stage 2.
      return { ...fresh, ...plansOf({ ...progress, plannedInAudit: progress.planned }, 'not_armed') };
    case 4:
      return fresh;
  }
}

/** A plan that was blocked and written as it should is worth any number of them. */
function plansOf(
  progress: Progress,
  reason: string,
): Pick<Progress, 'planned' | 'plannedInAudit' | 'blocked'> {
  const { planned, plannedInAudit, blocked } = progress;
  const whole = (blocked[reason] ?? 0) === planned && plannedInAudit === planned;
  if (!whole) return { planned, plannedInAudit, blocked };
  const one = Math.min(1, planned);
  return { planned: one, plannedInAudit: one, blocked: one === 0 ? {} : { [reason]: 1 } };
}

/** A canonical point as text. */
export function keyOf({ machine, settings }: Point): string {
  return JSON.stringify([settings, machine]);
}

export function stageOf(number: number): StageNumber {
  return ([0, 1, 2, 3, 4] as const)[number] ?? 0;
}

/** The evidence of a stage as the settings' name it was earned under, for checks that don't ask the machine itself. */
export function earnedUnder(covered: Readonly<Record<string, string>>): SettingsName | null {
  const names = Object.keys(SETTINGS) as SettingsName[];
  const keys = Object.keys(SETTINGS.base) as (keyof (typeof SETTINGS)['base'])[];
  return names.find((name) => keys.every((key) => SETTINGS[name][key] === covered[key])) ?? null;
}

/** What a stage's evidence covers under named settings. */
export function coveredUnder(stage: number, name: SettingsName): Readonly<Record<string, string>> {
  return coveredFor(stage, { ...SETTINGS[name], 'reconcile.action': 'auto' });
}

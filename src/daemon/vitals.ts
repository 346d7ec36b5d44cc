/** What a daemon knows when it has just begun: what the journal kept, and nothing of the exchange. */
import type { Settings } from '../config/load.ts';
import type { Clock } from '../engine/clock.ts';
import { createComparer } from '../engine/comparer.ts';
import { NOTHING_SEEN } from '../engine/confirm.ts';
import type { Journal } from '../engine/journal.ts';
import type { Instant } from '../engine/progress.ts';
import { initialStageState } from '../engine/stages.ts';
import type { StageNumber } from '../engine/types.ts';
import { EMPTY_VIEW } from '../engine/view.ts';
import { NO_WORK } from './armed-work.ts';
import { instant, type LatchState, type Vitals } from './core.ts';
import { evidenceFrom } from './evidence-records.ts';
import { UNHEARD } from './observing.ts';

/** Builds the first vitals. */
export function initialVitals(input: {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly latch: LatchState | null;
  readonly metricsUrl: string;
  /** Wall time up to which an earlier process was told to stay away; 0 for none. */
  readonly pausedUntilMs: number;
}): Vitals {
  const { settings, journal, clock, latch, pausedUntilMs } = input;
  const now = instant(clock);
  const kept = journal.state();
  // Evidence that can't be trusted to be complete is no evidence, and a stop withdrew all there was.
  const trusted = journal.healthy() && latch === null;
  const evidence = trusted ? evidenceFrom(kept.ceremonyRecords, kept.lastRecordAtMs, now.nowMs) : [];
  return {
    stage: initialStageState({ ...now, request: firstRequest(settings), evidence, latched: latch !== null }),
    offer: null,
    armedWork: NO_WORK,
    latch,
    observation: null,
    complete: null,
    view: EMPTY_VIEW,
    disagreements: { counts: {}, last: null, stands: false },
    comparer: createComparer(),
    decision: null,
    standing: [],
    decidedAtMonoMs: null,
    confirm: NOTHING_SEEN,
    targeted: new Map(),
    history: new Map(),
    rules: new Map(),
    rulesProblem: null,
    rulesTried: false,
    clock: null,
    keyRights: null,
    ws: UNHEARD,
    rest: UNHEARD,
    price: UNHEARD,
    backoff: {
      untilMs: pausedUntilMs,
      untilMonoMs: now.nowMonoMs + Math.max(0, pausedUntilMs - now.nowMs),
    },
    foreign: new Map(),
    strangers: null,
    mass: null,
    massSinceMonoMs: null,
    massFound: kept.massFound,
    repairs: { given: new Set(), judged: new Set(), judgedFromMs: now.nowMs },
    otherExecutor: kept.otherExecutor,
    prerequisites: null,
    resettledMonoMs: Number.NEGATIVE_INFINITY,
    canary: null,
    canaryShown: false,
    dispatchedMonoMs: new Map(
      kept.dispatches.map(({ intentId, atMs }) => [intentId, monoOf(atMs, now)] as const),
    ),
    linesLostMonoMs: kept.linesLostAtMs === null ? null : monoOf(kept.linesLostAtMs, now),
    stopFileSeen: null,
    writesSent: 0,
    sinceLastWriteAtRunMs: null,
    dayAtRun: null,
    mismatchSinceStop: false,
    executing: false,
    runs: 0,
    runId: null,
    lastRun: null,
    lastRunDurationMs: null,
    lastRunEndMonoMs: null,
    lastTickMonoMs: now.nowMonoMs,
    loopSinceMonoMs: now.nowMonoMs,
    ready: false,
    metricsUrl: input.metricsUrl,
  };
}

/** When a wall time was by this process's clock, so that no later jump of the wall clock makes it older; one from the future was now. */
function monoOf(atMs: number, now: Instant): number {
  return now.nowMonoMs - Math.max(0, now.nowMs - atMs);
}

/** Environment before config; stage 4 is never entered by either, so it asks for 3 and a confirmation. */
function firstRequest(settings: Settings): { readonly stage: StageNumber; readonly by: string } {
  const wish = settings.wishes.request;
  if (wish !== null) return { stage: wish.stage, by: wish.because };
  const configured = ([0, 1, 2, 3, 4] as const)[settings.ceremony.requestedStage] ?? 0;
  return { stage: configured, by: 'ceremony.requested_stage' };
}

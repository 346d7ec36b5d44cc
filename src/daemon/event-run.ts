/**
 * Decides on what the stream told, at once and without reading: compare, plan, judge, write down, count. It never
 * executes and proves nothing: every action of it is not_confirmed, no sighting is counted, no order is asked for. The
 * read that follows does all that.
 */
import { decide } from '../engine/decide.ts';
import { isWhole, show } from '../engine/view.ts';
import { sendStageEvent } from './ceremony.ts';
import { compareNow } from './comparing.ts';
import { type Core, instant } from './core.ts';
import { takeDecision } from './deciding.ts';
import { historyOf, stringCounts } from './run.ts';
import { signatureOf } from './signature.ts';
import { noteStrangers } from './strangers.ts';
import { type RunSink, tallyOf } from './tally.ts';
import { chunkLimits, gateWorld, snapshotAgeMs } from './world.ts';
import { writeDown } from './writing-down.ts';

export interface EventRuns {
  /** The stream told something now: decide as soon as it is allowed. */
  readonly soon: () => void;
  readonly close: () => void;
}

export interface EventRunDeps {
  readonly core: Core;
  readonly nextRunId: () => string;
  readonly sink: RunSink;
  readonly failed: (error: unknown) => void;
}

const MOST_A_SECOND = 10;
/** After each, this thread is left to others for so many times as long: a big account must not keep it busy. */
const REST_RATIO = 3;
/** How soon to look again while a run is executing. */
const AGAIN_MS = 50;

/** Starts without anything to decide. At most ten runs begin within a second. */
export function createEventRuns({ core, nextRunId, sink, failed }: EventRunDeps): EventRuns {
  const { clock, vitals } = core;
  const { timers } = core.machine;
  let toldMonoMs: number | null = null;
  let cancelTimer: (() => void) | null = null;
  let recent: readonly number[] = [];
  let restUntilMonoMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  function turn(): void {
    cancelTimer = null;
    const now = clock.monoMs();
    recent = recent.filter((startedMonoMs) => now - startedMonoMs < 1000);
    const [oldest] = recent;
    if (vitals.executing) wait(AGAIN_MS);
    else if (now < restUntilMonoMs) wait(restUntilMonoMs - now);
    else if (oldest !== undefined && recent.length >= MOST_A_SECOND) wait(1000 - (now - oldest));
    else {
      const sinceEventMs = now - (toldMonoMs ?? now);
      toldMonoMs = null;
      if (!mayDecide(core)) return;
      recent = [...recent, now];
      try {
        decideOnEvent(core, { runId: nextRunId(), sinceEventMs, sink });
      } catch (error) {
        failed(error);
      }
      const endedMonoMs = clock.monoMs();
      restUntilMonoMs = endedMonoMs + REST_RATIO * (endedMonoMs - now);
    }
  }

  function wait(ms: number): void {
    if (!closed) cancelTimer ??= timers.after(ms, turn);
  }

  return {
    soon: () => {
      toldMonoMs ??= clock.monoMs();
      // What has come together by then is decided on together.
      wait(0);
    },
    close: () => {
      closed = true;
      cancelTimer?.();
    },
  };
}

/** Only a running loop decides, and only on a view that is whole and rests on a fresh, complete read. */
function mayDecide(core: Core): boolean {
  const { vitals, settings } = core;
  const ageMs = snapshotAgeMs(core);
  const fresh = ageMs !== null && ageMs <= settings.freshness.snapshotMaxAgeMs;
  const running = vitals.stage.inForce > 0 && vitals.latch === null;
  return running && fresh && vitals.observation?.complete === true && isWhole(vitals.view);
}

/** One decision from the view. One that changes nothing is counted as a run, and neither written down nor planned anew. */
function decideOnEvent(
  core: Core,
  run: { readonly runId: string; readonly sinceEventMs: number; readonly sink: RunSink },
): void {
  const { vitals, clock } = core;
  const startedMonoMs = clock.monoMs();
  const { base } = vitals.view;
  if (base === null) return;
  if (core.feed.poll() && vitals.stage.inForce === 4) core.interlock.advance();
  const expected = core.feed.state();
  // The engine reports a position after the exchange does: it is judged once the engine has seen that event too.
  const observation = show(vitals.view, base, expected.appliedEventMs);
  const comparison = compareNow(core, observation);
  const decision = decide({
    mismatches: comparison.mismatches,
    world: gateWorld(core, expected),
    rules: vitals.rules,
    chunks: chunkLimits(core.settings),
    confirmationOf: () => null,
    history: historyOf(core),
  });
  vitals.runs += 1;
  noteStrangers(core, comparison);
  const finished = (planned: typeof decision): ReturnType<typeof tallyOf> => {
    const tally = tallyOf(planned, { results: [], sent: 0 });
    run.sink.runFinished({ decision, tally, durationMs: clock.monoMs() - startedMonoMs, complete: true });
    return tally;
  };
  if (signatureOf(decision) === signatureOf(vitals.decision)) {
    finished({ ...decision, planned: [] });
    return;
  }
  vitals.runId = run.runId;
  vitals.lastRun = instant(clock);
  takeDecision(core, decision, true);
  const source = { source: 'stream', since_event_ms: Math.round(run.sinceEventMs) };
  const plannedInAudit = writeDown(core, { decision, comparison, observation, source });
  const tally = finished(decision);
  core.totals.add(tally, clock.monoMs());
  sendStageEvent(core, {
    type: 'run',
    counts: {
      due: false,
      planned: decision.planned.length,
      plannedInAudit,
      blocked: stringCounts(tally.blocked),
      executed: 0,
      executedUnplanned: 0,
      mayHaveExecuted: 0,
      writesSent: 0,
      matched: comparison.matchedOrders + comparison.matchedPositions > 0,
    },
  });
}

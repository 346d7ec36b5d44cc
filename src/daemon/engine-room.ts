/** What moves the daemon: executor, resolver, scheduler and heartbeat over one core. */
import type { StatusDocument } from '../control/protocol.ts';
import { createIntentResolver } from '../engine/intents.ts';
import type { Latch } from '../engine/latch.ts';
import { eventReadGapMs } from '../exchange/read-plan.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Core } from './core.ts';
import { createEventRuns, type EventRuns } from './event-run.ts';
import { makeExecutor } from './executing.ts';
import { createGateBoard, type GateBoard } from './gate-board.ts';
import { createGateWatch } from './gate-watch.ts';
import { present } from './present.ts';
import { createResolveByHand, type ResolveByHand } from './resolving.ts';
import { observeOnly, reconcileOnce } from './run.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { countByType, type RunSink } from './tally.ts';
import { createTick } from './ticking.ts';

export interface EngineRoom {
  readonly board: GateBoard;
  readonly scheduler: Scheduler;
  /** Decisions on what the stream tells. */
  readonly eventRuns: EventRuns;
  /** What an operator says of a write whose outcome is not known. */
  readonly resolve: ResolveByHand;
  /** The daemon as of now, its gates looked at anew. */
  readonly status: () => StatusDocument;
  /** One heartbeat: looks at everything, and starts a run when one is due. */
  readonly beat: () => void;
}

/** When an intent of unknown outcome is believed: reads that agree, and reads until an operator is asked. */
const AGREEING_READS = 3;
const MOST_READS = 30;
const READ_SPACING_MS = 1000;

/** A run that came to no end: it is counted all the same, or a loop that always breaks would show no error. */
const BROKEN_RUN = {
  ...{ durationMs: Number.NaN, withError: true, mismatches: {} },
  ...{ planned: {}, blocked: {}, executed: {}, failed: {}, unknown: {} },
} as const;

/** Joins the moving parts. */
export function createEngineRoom(core: Core, latch: Latch, metrics: Metrics): EngineRoom {
  const { notebook, clock, vitals } = core;
  const board = createGateBoard((gate, from, to) => {
    const level = from === 'closed' && to === 'open' ? 'warn' : 'info';
    notebook.note(level, 'GATE', `GATE ${gate} ${from} -> ${to}`, { gate, from, to });
  });
  const executor = makeExecutor(core);
  const resolver = createIntentResolver({
    exchange: core.exchange,
    journal: core.journal,
    clock,
    rules: {
      windowMs: core.settings.exchange.recvWindowMs + READ_SPACING_MS,
      agreeing: AGREEING_READS,
      maxReads: MOST_READS,
    },
    spacingMs: READ_SPACING_MS,
    inFlight: executor.inFlight,
    stamp: () => ({
      runId: vitals.runId ?? '',
      stage: vitals.stage.inForce,
      mode: 'live',
      actionMode: core.settings.reconcile.action,
      configDigest: core.settings.digest,
    }),
    log: (event, fields) => {
      const words = ['symbol', 'outcome', 'text'].map((key) => String(fields[key] ?? ''));
      notebook.note('warn', event, [event, ...words].join(' '), fields);
      const { outcome } = fields;
      if (outcome === 'executed' || outcome === 'not_executed')
        metrics.countUnknownResolved(fields['operator'] == null ? outcome : 'manual');
    },
  });
  const nextRunId = runNumbers(clock.wallMs());
  const sink: RunSink = {
    runFinished: ({ decision, tally, durationMs, complete }) => {
      const mismatches = countByType(decision.mismatches);
      metrics.countRun({ durationMs, withError: !complete, mismatches, ...tally });
    },
  };
  // A decision on an event that went well says nothing of the reads that fail beside it: each clears its own alarm alone.
  const eventSink: RunSink = {
    runFinished: (run) => {
      sink.runFinished(run);
      notebook.alarm('event_run', null);
    },
  };
  const failed =
    (key: string, what: string) =>
    (error: unknown): void => {
      notebook.alarm(key, `${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      metrics.countRun(BROKEN_RUN);
    };
  const scheduler = createScheduler({
    clock,
    intervalMs: () => core.settings.reconcile.intervalMs,
    debounceMs: () => core.settings.reconcile.eventDebounceMs,
    minGapMs: () => eventReadGapMs(core.settings.reconcile.symbolWhitelist),
    // While stopped the exchange is still read, outside the run counter.
    enabled: () => vitals.stage.inForce > 0 || vitals.latch !== null,
    run: async () => {
      if (vitals.stage.inForce === 0) await observeOnly(core);
      else await reconcileOnce(core, executor, nextRunId(), sink);
      notebook.alarm('run', null);
    },
    failed: failed('run', 'a run'),
  });
  const eventRuns = createEventRuns({
    core,
    nextRunId,
    sink: eventSink,
    failed: failed('event_run', 'a decision on an event'),
  });
  const watchGates = createGateWatch({ core, board, executing: () => executor.inFlight() !== null });
  const tick = createTick({ core, latch, resolver, watchGates });
  let seq = 0;
  return {
    board,
    scheduler,
    eventRuns,
    resolve: createResolveByHand(core, resolver),
    status: () => {
      watchGates();
      seq += 1;
      return present(core, board, seq);
    },
    beat: () => {
      tick();
      scheduler.tick();
    },
  };
}

/** Ids that no other process of this account gave: its start in base 36, and a number. */
function runNumbers(startedAtMs: number): () => string {
  const prefix = startedAtMs.toString(36);
  let number = 0;
  return () => {
    number += 1;
    return `${prefix}-${number}`;
  };
}

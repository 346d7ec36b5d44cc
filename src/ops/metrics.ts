/** The metrics of one daemon, in a registry of their own. Counters are told once a run; gauges are read at the scrape. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { Clock } from '../engine/clock.ts';
import { GATE_NAMES, MISMATCH_TYPES } from '../engine/types.ts';
import { createGauges } from './metrics-gauges.ts';
import {
  ACTION_KINDS,
  METRICS_PREFIX,
  type MetricsView,
  RESOLVED_OUTCOMES,
  type ResolvedOutcome,
  type RunCounts,
} from './metrics-view.ts';

export type { MetricsView, ResolvedOutcome, RunCounts } from './metrics-view.ts';

export interface MetricsOptions {
  readonly clock: Clock;
  /** Asked at each scrape; throws never. */
  readonly read: () => MetricsView;
}

export interface Metrics {
  /** Adds one finished run to the counters. */
  readonly countRun: (run: RunCounts) => void;
  /** Counts an action whose unknown outcome became known. */
  readonly countUnknownResolved: (outcome: ResolvedOutcome) => void;
  /** Adds the time from a stop's arrival to its latch. */
  readonly observeStopLatency: (latencyMs: number) => void;
  /** The exposition text. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
  /** Whether the engine is alive, for /healthz. */
  readonly fresh: () => boolean;
}

const RUN_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STOP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Makes the metrics with every series that can occur at zero. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const counter = (name: string, help: string) => plainCounter(registry, name, help);
  const labelled = (name: string, help: string, label: string, values: readonly string[]) =>
    labelledCounter(registry, { name, help, label, values });
  const runs = counter('runs_total', 'Finished passes of the loop.');
  const withMismatch = counter('runs_with_mismatch_total', 'Passes that found a difference.');
  const withError = counter('runs_with_error_total', 'Passes in which a read or a step failed.');
  const mismatches = labelled('mismatch_total', 'Differences found, by type.', 'type', MISMATCH_TYPES);
  const planned = labelled('action_planned_total', 'Repairs planned.', 'action', ACTION_KINDS);
  const blocked = labelled('action_blocked_total', 'Repairs held back, by first closed gate.', 'reason', [
    ...GATE_NAMES,
    'port_error',
  ]);
  const executed = labelled('action_executed_total', 'Repairs done at the exchange.', 'action', ACTION_KINDS);
  const failed = labelled('action_failed_total', 'Repairs refused or failed.', 'action', ACTION_KINDS);
  const unknown = labelled(
    'action_unknown_total',
    'Repairs sent without a known end.',
    'action',
    ACTION_KINDS,
  );
  const resolved = labelled(
    'unknown_resolved_total',
    'Unknown ends that became known.',
    'outcome',
    RESOLVED_OUTCOMES,
  );
  const remedied = labelled(
    'runs_with_remediation_total',
    'Passes that did a repair of this kind.',
    'action',
    ACTION_KINDS,
  );
  const durations = histogram(registry, 'run_duration_seconds', 'Time a pass took.', RUN_BUCKETS);
  const stops = histogram(registry, 'stop_latency_seconds', 'Time from a stop to its latch.', STOP_BUCKETS);
  createGauges(registry, options);

  return {
    countRun: (run) => {
      runs.inc();
      if (sum(run.mismatches) > 0) withMismatch.inc();
      if (run.withError) withError.inc();
      mismatches(run.mismatches);
      planned(run.planned);
      blocked(run.blocked);
      executed(run.executed);
      failed(run.failed);
      unknown(run.unknown);
      remedied(ones(run.executed));
      if (Number.isFinite(run.durationMs)) durations.observe(run.durationMs / 1000);
    },
    countUnknownResolved: (outcome) => resolved({ [outcome]: 1 }),
    observeStopLatency: (latencyMs) => {
      if (Number.isFinite(latencyMs)) stops.observe(latencyMs / 1000);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
    fresh: () => options.read().fresh,
  };
}

type Counts = Readonly<Record<string, number | undefined>>;

function plainCounter(registry: Registry, name: string, help: string): Counter {
  return new Counter({ name: `${METRICS_PREFIX}${name}`, help, registers: [registry] });
}

/** Returns how to add counts; every label value exists at zero from the start. */
function labelledCounter(
  registry: Registry,
  input: {
    readonly name: string;
    readonly help: string;
    readonly label: string;
    readonly values: readonly string[];
  },
): (counts: Counts) => void {
  const { help, label, values } = input;
  const name = `${METRICS_PREFIX}${input.name}`;
  const made = new Counter({ name, help, labelNames: [label], registers: [registry] });
  for (const value of values) made.inc({ [label]: value }, 0);
  return (counts) => {
    for (const [value, count] of Object.entries(counts)) {
      if (count !== undefined && Number.isFinite(count) && count > 0) made.inc({ [label]: value }, count);
    }
  };
}

function histogram(registry: Registry, name: string, help: string, buckets: readonly number[]): Histogram {
  return new Histogram({
    name: `${METRICS_PREFIX}${name}`,
    help,
    buckets: [...buckets],
    registers: [registry],
  });
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0);
}

function ones(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, (count ?? 0) > 0 ? 1 : 0]));
}

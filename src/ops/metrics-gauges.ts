/** The gauges: each is set from the view while a scrape collects, and left out when there is nothing true to say. */
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../engine/clock.ts';
import { GATE_NAMES } from '../engine/types.ts';
import { METRICS_PREFIX, type MetricsView, READ_SOURCES } from './metrics-view.ts';

/** A gauge's value without labels; null leaves the series out. */
type Reading = (view: MetricsView) => number | null;

/** Registers every gauge. One view is read a gauge; all but the configuration's go silent with a stale engine. */
export function createGauges(
  registry: Registry,
  options: { readonly clock: Clock; readonly read: () => MetricsView },
): void {
  const { clock, read } = options;
  for (const [name, help, reading] of plainGauges(clock)) addPlain(registry, { name, help, reading }, read);
  addGates(registry, read);
  addSources(registry, read);
  addConfig(registry, read);
}

type Row = readonly [name: string, help: string, reading: Reading];

function plainGauges(clock: Clock): readonly Row[] {
  return [
    [
      'last_snapshot_age_seconds',
      'Age of the last complete snapshot.',
      ({ lastSnapshot }) =>
        lastSnapshot === null
          ? null
          : Math.max(0, clock.monoMs() - lastSnapshot.atMonoMs, clock.wallMs() - lastSnapshot.atMs) / 1000,
    ],
    [
      'last_snapshot_ts_ms',
      'Epoch ms of the last complete snapshot.',
      (view) => view.lastSnapshot?.atMs ?? null,
    ],
    [
      'last_remediation_ts_ms',
      'Epoch ms of the last repair; 0 when none.',
      (view) => view.lastRemediationAtMs ?? 0,
    ],
    ['stage', 'Stage in force.', (view) => view.stage],
    ['stage_requested', 'Stage asked for.', (view) => view.stageRequested],
    ['stage_earned', 'Highest stage the evidence allows.', (view) => view.stageEarned],
    ['armed', '1 while armed.', (view) => (view.armed ? 1 : 0)],
    [
      'arming_lease_seconds',
      'Time left of the arming lease; 0 when disarmed.',
      (view) => Math.max(0, view.armingLeaseLeftMs ?? 0) / 1000,
    ],
    ['stop_latched', '1 while the stop latch holds.', (view) => (view.stopLatched ? 1 : 0)],
    [
      'unresolved_intents',
      'Writes without a known outcome, of earlier processes too.',
      (view) => view.unresolvedIntents,
    ],
    ['alarms', 'Alarms that stand; the status names each.', (view) => view.alarms],
    [
      'budget_calls_used_day',
      'Calls taken from the budget of the day.',
      (view) => view.budget?.callsUsedDay ?? null,
    ],
    [
      'budget_calls_remaining_day',
      'Calls left in the budget of the day.',
      (view) => left(view.budget?.callsLimitDay, view.budget?.callsUsedDay),
    ],
    [
      'budget_notional_used_day',
      'USDT taken from the budget of the day.',
      (view) => view.budget?.notionalUsedDay ?? null,
    ],
    [
      'budget_notional_remaining_day',
      'USDT left in the budget of the day.',
      (view) => left(view.budget?.notionalLimitDay, view.budget?.notionalUsedDay),
    ],
    [
      'budget_configured',
      '1 when the budgets of the day are known.',
      (view) => (view.budget === null ? 0 : 1),
    ],
  ];
}

function left(limit: number | undefined, used: number | undefined): number | null {
  return limit === undefined || used === undefined ? null : Math.max(0, limit - used);
}

function addPlain(
  registry: Registry,
  row: { readonly name: string; readonly help: string; readonly reading: Reading },
  read: () => MetricsView,
): void {
  new Gauge({
    name: `${METRICS_PREFIX}${row.name}`,
    help: row.help,
    registers: [registry],
    collect() {
      const view = read();
      const value = view.fresh ? row.reading(view) : null;
      if (value === null || !Number.isFinite(value)) this.remove();
      else this.set(value);
    },
  });
}

function addGates(registry: Registry, read: () => MetricsView): void {
  new Gauge({
    name: `${METRICS_PREFIX}gate_open`,
    help: 'Verdict of a gate in the last pass: 1 open, 0 closed.',
    labelNames: ['gate'],
    registers: [registry],
    collect() {
      const view = read();
      this.reset();
      if (!view.fresh) return;
      for (const gate of GATE_NAMES) this.set({ gate }, view.gatesClosed.has(gate) ? 0 : 1);
    },
  });
}

function addSources(registry: Registry, read: () => MetricsView): void {
  new Gauge({
    name: `${METRICS_PREFIX}source_up`,
    help: '1 while a source delivers.',
    labelNames: ['source'],
    registers: [registry],
    collect() {
      const view = read();
      this.reset();
      if (!view.fresh) return;
      for (const source of READ_SOURCES) this.set({ source }, view.sources[source].up ? 1 : 0);
    },
  });
  new Gauge({
    name: `${METRICS_PREFIX}source_last_success_ts_ms`,
    help: 'Epoch ms at which a source last delivered; 0 when never.',
    labelNames: ['source'],
    registers: [registry],
    collect() {
      const view = read();
      this.reset();
      if (!view.fresh) return;
      for (const source of READ_SOURCES) this.set({ source }, view.sources[source].lastSuccessAtMs ?? 0);
    },
  });
}

function addConfig(registry: Registry, read: () => MetricsView): void {
  new Gauge({
    name: `${METRICS_PREFIX}config_info`,
    help: 'The configuration and program in force.',
    labelNames: ['digest', 'version', 'runtime', 'environment'],
    registers: [registry],
    collect() {
      this.reset();
      this.set({ ...read().config }, 1);
    },
  });
}

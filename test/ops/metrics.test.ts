import { expect, test } from 'bun:test';
import type { Clock } from '../../src/engine/clock.ts';
import { GATE_NAMES, MISMATCH_TYPES } from '../../src/engine/types.ts';
import { createMetrics, type MetricsView, type RunCounts } from '../../src/ops/metrics.ts';
import { exampleView } from './example-view.ts';

const emptyRun: RunCounts = {
  durationMs: 40,
  withError: false,
  mismatches: {},
  planned: {},
  blocked: {},
  executed: {},
  failed: {},
  unknown: {},
};
function setUp(view: MetricsView = exampleView) {
  let monoMs = 10_000;
  let current = view;
  const clock: Clock = { wallMs: () => 1_700_000_000_000, monoMs: () => monoMs };
  const metrics = createMetrics({ clock, read: () => current });
  return {
    metrics,
    show: (next: Partial<MetricsView>) => {
      current = { ...current, ...next };
    },
    wait: (ms: number) => {
      monoMs += ms;
    },
    series: async () => parse(await metrics.render()),
  };
}

function parse(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice(0, cut).replace(/^grinder_reconcile_/, ''), Number(line.slice(cut + 1))];
    }),
  );
}

test('every series that can occur is there as zero before the first run', async () => {
  const series = await setUp().series();
  const expected = [
    ...['runs_total', 'runs_with_mismatch_total', 'runs_with_error_total'],
    ...MISMATCH_TYPES.map((type) => `mismatch_total{type="${type}"}`),
    ...[...GATE_NAMES, 'port_error'].map((reason) => `action_blocked_total{reason="${reason}"}`),
    ...['planned', 'executed', 'failed', 'unknown'].flatMap((what) =>
      ['cancel', 'flatten'].map((action) => `action_${what}_total{action="${action}"}`),
    ),
    ...['cancel', 'flatten'].map((action) => `runs_with_remediation_total{action="${action}"}`),
    ...['executed', 'not_executed', 'manual'].map((name) => `unknown_resolved_total{outcome="${name}"}`),
    ...['run_duration_seconds_count', 'stop_latency_seconds_count'],
  ];
  expect(expected.filter((name) => series.get(name) !== 0)).toEqual([]);
});

test('the names and labels of the gauges are the promised ones', async () => {
  const { series, show } = setUp();
  show({ lastSnapshot: { atMs: 1_700_000_000_000, atMonoMs: 10_000 } });
  const names = new Set([...(await series()).keys()].map((name) => name.replace(/".*?"/g, '')));
  for (const name of [
    ...['last_snapshot_age_seconds', 'last_snapshot_ts_ms', 'last_remediation_ts_ms', 'stage'],
    ...['stage_requested', 'stage_earned', 'gate_open{gate=}', 'armed', 'arming_lease_seconds'],
    ...['stop_latched', 'source_up{source=}', 'source_last_success_ts_ms{source=}'],
    ...['budget_calls_used_day', 'budget_calls_remaining_day', 'budget_notional_used_day'],
    ...['budget_notional_remaining_day', 'budget_configured'],
  ]) {
    expect(names).toContain(name);
  }
});

test('a run adds differences, and counts once however many actions it had', async () => {
  const { metrics, series } = setUp();
  metrics.countRun({
    ...emptyRun,
    withError: true,
    mismatches: { ORDER_EXISTS_UNEXPECTED: 3 },
    planned: { cancel: 3 },
    blocked: { dry_run: 1, port_error: 1 },
    executed: { cancel: 2 },
    failed: { flatten: 1 },
    unknown: { cancel: 1 },
  });
  metrics.countRun(emptyRun);
  metrics.countUnknownResolved('manual');
  metrics.observeStopLatency(8);
  const seen = await series();
  expect(
    Object.fromEntries([...seen].filter(([name, value]) => name.includes('_total') && value > 0)),
  ).toEqual({
    runs_total: 2,
    runs_with_mismatch_total: 1,
    runs_with_error_total: 1,
    'mismatch_total{type="ORDER_EXISTS_UNEXPECTED"}': 3,
    'action_planned_total{action="cancel"}': 3,
    'action_blocked_total{reason="dry_run"}': 1,
    'action_blocked_total{reason="port_error"}': 1,
    'action_executed_total{action="cancel"}': 2,
    'action_failed_total{action="flatten"}': 1,
    'action_unknown_total{action="cancel"}': 1,
    'runs_with_remediation_total{action="cancel"}': 1,
    'unknown_resolved_total{outcome="manual"}': 1,
  });
  expect(seen.get('run_duration_seconds_count')).toBe(2);
  expect(seen.get('stop_latency_seconds_sum')).toBe(0.008);
});

test('the age of the snapshot is that of the moment of the scrape, and absent before the first', async () => {
  const { series, show, wait } = setUp();
  expect((await series()).has('last_snapshot_age_seconds')).toBe(false);
  show({ lastSnapshot: { atMs: 1_700_000_000_000, atMonoMs: 10_000 } });
  wait(1500);
  expect((await series()).get('last_snapshot_age_seconds')).toBe(1.5);
  wait(1000);
  expect((await series()).get('last_snapshot_age_seconds')).toBe(2.5);
  // The machine slept: its monotonic clock did not go on.
  show({ lastSnapshot: { atMs: 1_700_000_000_000 - 3_600_000, atMonoMs: 12_500 } });
  expect((await series()).get('last_snapshot_age_seconds')).toBe(3600);
});

test('a gate reads 0 only while the last run closed it', async () => {
  const { series, show } = setUp();
  expect((await series()).get('gate_open{gate="not_armed"}')).toBe(0);
  show({ gatesClosed: new Set(['dry_run']) });
  const seen = await series();
  expect(seen.get('gate_open{gate="not_armed"}')).toBe(1);
  expect(seen.get('gate_open{gate="dry_run"}')).toBe(0);
});

test('a dead engine leaves no gauge behind but its counters stay', async () => {
  const { series, show, metrics } = setUp();
  metrics.countRun(emptyRun);
  show({ lastSnapshot: { atMs: 1, atMonoMs: 1 } });
  await series();
  show({ fresh: false });
  const names = [...(await series()).keys()].filter((name) => !/_total|_bucket|_sum|_count/.test(name));
  expect(names.map((name) => name.split('{')[0])).toEqual(['config_info']);
  expect((await series()).get('runs_total')).toBe(1);
  expect(metrics.fresh()).toBe(false);
});

test('nothing is ever NaN or infinite', async () => {
  const { metrics, series, show } = setUp();
  metrics.countRun({
    ...emptyRun,
    durationMs: Number.NaN,
    planned: { cancel: Number.NaN, flatten: Number.POSITIVE_INFINITY },
  });
  metrics.observeStopLatency(Number.NaN);
  show({
    stage: Number.NaN,
    lastSnapshot: { atMs: Number.NaN, atMonoMs: Number.NaN },
    armingLeaseLeftMs: Number.POSITIVE_INFINITY,
    budget: {
      callsUsedDay: 1,
      callsLimitDay: Number.POSITIVE_INFINITY,
      notionalUsedDay: Number.NaN,
      notionalLimitDay: 1,
    },
  });
  expect([...(await series())].filter(([, value]) => !Number.isFinite(value))).toEqual([]);
});

test('what the runbook greps for appears in its own metrics alone', async () => {
  const text = await setUp().metrics.render();
  for (const word of [
    'action_executed',
    'action_planned',
    'action_blocked',
    'last_snapshot_age',
    'runs_total',
  ]) {
    const names = text.split('\n').filter((line) => line.includes(word));
    expect(names.every((line) => new RegExp(`^(# (HELP|TYPE) )?grinder_reconcile_${word}`).test(line))).toBe(
      true,
    );
  }
});

test('promtool finds nothing to complain about', async () => {
  const promtool = process.env['PROMTOOL'] ?? Bun.which('promtool');
  if (promtool === null) {
    console.warn(
      'SKIPPED: promtool is not installed (package prometheus); the metrics were NOT checked by it',
    );
    expect(process.env['CI'] ?? '').toBe('');
    return;
  }
  const { metrics, show } = setUp();
  metrics.countRun({ ...emptyRun, executed: { cancel: 1 } });
  show({ lastSnapshot: { atMs: 1, atMonoMs: 1 } });
  const check = Bun.spawn([promtool, 'check', 'metrics'], {
    stdin: new Blob([await metrics.render()]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const complaints = `${await new Response(check.stdout).text()}${await new Response(check.stderr).text()}`;
  // The contract's own names end in units that promtool would word otherwise.
  const others = complaints.split('\n').filter((line) => line !== '' && !line.includes('_ts_ms '));
  expect(others).toEqual([]);
});

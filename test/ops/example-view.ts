/** A view of a daemon in stage 0 for the metrics: what is read when they are scraped. */
import type { MetricsView } from '../../src/ops/metrics.ts';

const down = { up: false, lastSuccessAtMs: null };
const up = { up: true, lastSuccessAtMs: 1_700_000_000_000 };
export const exampleView: MetricsView = {
  fresh: true,
  lastSnapshot: null,
  lastRemediationAtMs: null,
  stage: 0,
  stageRequested: 0,
  stageEarned: 0,
  gatesClosed: new Set(['not_armed']),
  armed: false,
  armingLeaseLeftMs: null,
  stopLatched: false,
  unresolvedIntents: 0,
  alarms: 0,
  sources: { rest: up, ws: down, price: up, expected: up },
  budget: { callsUsedDay: 3, callsLimitDay: 100, notionalUsedDay: 10.5, notionalLimitDay: 5000 },
  config: { digest: 'd"1\\\n', version: '0.1.0', runtime: 'Bun', environment: 'sim' },
};

/** The figures of a moment, from /metrics, the status and the simulator's own books. */
import { z } from 'zod';
import type { ControlClient } from '../control/client.ts';
import type { Figures } from './smoke-checks.ts';

const WRITES = /^\/fapi\/v1\/(order|algoOrder|allOpenOrders|batchOrders)$/;

const logSchema = z.array(z.object({ method: z.string(), path: z.string() }));
const stateSchema = z.object({
  orders: z.array(z.object({ clientOrderId: z.string() })),
  traderClientOrderIds: z.array(z.string()),
});

/** Reads them all; rejects when one of the witnesses can't be heard. */
export async function readFigures(from: {
  readonly client: ControlClient;
  readonly metricsUrl: string;
  readonly simulatorUrl: string;
}): Promise<Figures> {
  const metrics = await (await fetch(from.metricsUrl)).text();
  const status = await from.client.status();
  const log = logSchema.parse(await (await fetch(`${from.simulatorUrl}/sim/log?since=0`)).json());
  const state = stateSchema.parse(await (await fetch(`${from.simulatorUrl}/sim/state`)).json());
  const writes = log.filter(({ method, path }) => method !== 'GET' && WRITES.test(path));
  return {
    stage: status.stage.in_force,
    runs: total(metrics, 'runs_total'),
    mismatches: total(metrics, 'mismatch_total'),
    planned: total(metrics, 'action_planned_total'),
    blocked: total(metrics, 'action_blocked_total'),
    blockedDryRun: total(metrics, 'action_blocked_total', 'reason="dry_run"'),
    blockedNotArmed: total(metrics, 'action_blocked_total', 'reason="not_armed"'),
    executed: total(metrics, 'action_executed_total'),
    failed: total(metrics, 'action_failed_total') + total(metrics, 'action_unknown_total'),
    snapshotAgeMs: status.snapshot.age_ms,
    writes: writes.map(({ method, path }) => `${method} ${path}`),
    openIds: state.orders.map(({ clientOrderId }) => clientOrderId),
    traderIds: state.traderClientOrderIds,
  };
}

/** Sums a metric's series, of one label when given. */
function total(metrics: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    const match = /^grinder_reconcile_([a-z_]+)(\{[^}]*\})? ([0-9.e+]+)$/.exec(line);
    if (match?.[1] === name && (match[2] ?? '').includes(label)) sum += Number(match[3]);
  }
  return sum;
}

/** A run's lines in audit and log: the run itself, its mismatches, its plan and what blocks it. */
import type { AuditEntry } from '../engine/audit-record.ts';
import type { Comparison } from '../engine/comparison.ts';
import type { Decision } from '../engine/decide.ts';
import type { JudgedAction, Mismatch, Observation } from '../engine/types.ts';
import { entryBase } from './ceremony.ts';
import type { Core } from './core.ts';
import { countByType } from './tally.ts';

/** So many of each kind are logged by name, a run: ten thousand lines at every run would fill the disk that the audit is on. */
const MOST_LOGGED = 200;

/** Writes the run, its plan and its blocks to audit and log; returns how many plans the audit took. */
export function writeDown(
  core: Core,
  run: {
    readonly decision: Decision;
    readonly comparison: Comparison;
    readonly observation: Observation;
    /** Where the picture came from, as fields. */
    readonly source: Readonly<Record<string, string | number>>;
  },
): number {
  const { journal, notebook } = core;
  const { decision, comparison, observation } = run;
  const base = entryBase(core);
  const counts = countByType(decision.mismatches);
  const symbols = [...new Set(decision.mismatches.map(({ symbol }) => symbol))].sort();
  const figures = {
    ...run.source,
    complete: observation.complete,
    mismatches: decision.mismatches.length,
    planned: decision.planned.length,
    matched_orders: comparison.matchedOrders,
    foreign_orders: [...comparison.foreignBySymbol.values()].reduce((total, count) => total + count, 0),
  };
  const line: AuditEntry = {
    ...base,
    event_type: 'RECONCILE_RUN',
    symbols,
    mismatch_counts: counts,
    details: figures,
  };
  // One sync for the whole run: a sync a line would hold up a stop for seconds when much is planned.
  const plans = decision.planned.flatMap((judged) => planEntries(core, base, judged));
  const isWritten = journal.appendAll([line, ...plans]).ok;
  notebook.log(
    'info',
    'RECONCILE_RUN',
    `run ${base.run_id}: ${figures.mismatches} mismatch(es), ${figures.planned} planned${figures.complete ? '' : ', on an incomplete read'}`,
    { run_id: base.run_id, stage: base.stage, ...figures },
  );
  logMismatches(core, base.run_id, decision.mismatches);
  logPlan(core, base.run_id, decision.planned);
  return isWritten ? decision.planned.length : 0;
}

function logMismatches({ notebook }: Core, run_id: string, mismatches: readonly Mismatch[]): void {
  for (const mismatch of mismatches.slice(0, MOST_LOGGED)) {
    const { type, symbol, remediation, synthetic, detail } = mismatch;
    const fields = { run_id, type, symbol, remediation, synthetic };
    notebook.log('info', 'RECONCILE_MISMATCH', `${type} ${symbol}: ${detail}`, fields);
  }
  const rest = mismatches.slice(MOST_LOGGED);
  if (rest.length === 0) return;
  const fields = { run_id, more: rest.length, by_type: countByType(rest) };
  notebook.log('info', 'RECONCILE_MISMATCH', `and ${rest.length} more, not named here`, fields);
}

function logPlan({ notebook }: Core, run_id: string, planned: readonly JudgedAction[]): void {
  for (const { action, reason } of planned.slice(0, MOST_LOGGED)) {
    const { symbol, id, synthetic } = action;
    const fields = { run_id, action: action.action, symbol, id, synthetic };
    const aim = action.clientOrderId ?? action.positionSide ?? '';
    notebook.log('info', 'REMEDIATION_PLANNED', `${action.action} ${symbol} ${aim}`, fields);
    if (reason === null) continue;
    const blocked = { ...fields, reason };
    notebook.log('info', 'REMEDIATION_BLOCKED', `${action.action} ${symbol}: ${reason}`, blocked);
  }
  const rest = planned.slice(MOST_LOGGED);
  if (rest.length === 0) return;
  const more = `and ${rest.length} more, named in the audit`;
  notebook.log('info', 'REMEDIATION_PLANNED', more, { run_id, more: rest.length });
  const blocked = rest.flatMap(({ reason }) => reason ?? []);
  if (blocked.length === 0) return;
  const byReason: Record<string, number> = {};
  for (const reason of blocked) byReason[reason] = (byReason[reason] ?? 0) + 1;
  notebook.log('info', 'REMEDIATION_BLOCKED', `and ${blocked.length} more, named in the audit`, {
    run_id,
    more: blocked.length,
    by_reason: byReason,
  });
}

/** The audit's lines of one planned action: its plan, and its block when there is one. */
function planEntries(
  core: Core,
  base: ReturnType<typeof entryBase>,
  { action, reason }: JudgedAction,
): readonly AuditEntry[] {
  const entry = {
    ...base,
    event_type: 'REMEDIATE_ATTEMPT' as const,
    action: action.action,
    symbols: [action.symbol],
    synthetic: action.synthetic,
    details: {
      action_id: action.id,
      client_order_id: action.clientOrderId,
      order_id: action.orderId,
      quantity: action.quantity,
      notional_usdt: action.notionalUsdt,
      mismatch: action.mismatch.type,
      config_digest: core.settings.digest,
    },
  };
  const plan: AuditEntry = { ...entry, status: 'PLANNED' };
  return reason === null ? [plan] : [plan, { ...entry, status: 'BLOCKED', block_reason: reason }];
}

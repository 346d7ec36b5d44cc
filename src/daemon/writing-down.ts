/** A run's lines in audit and log: the run itself, its mismatches, its plan and what blocks it. */
import type { AuditEntry } from '../engine/audit-record.ts';
import type { Comparison } from '../engine/comparison.ts';
import type { Decision } from '../engine/decide.ts';
import type { JudgedAction, Observation } from '../engine/types.ts';
import { entryBase } from './ceremony.ts';
import type { Core } from './core.ts';
import { countByType } from './tally.ts';

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
  for (const mismatch of decision.mismatches) {
    const { type, symbol, remediation, synthetic, detail } = mismatch;
    notebook.log('info', 'RECONCILE_MISMATCH', `${type} ${symbol}: ${detail}`, {
      run_id: base.run_id,
      type,
      symbol,
      remediation,
      synthetic,
    });
  }
  for (const { action, reason } of decision.planned) {
    const fields = {
      run_id: base.run_id,
      action: action.action,
      symbol: action.symbol,
      id: action.id,
      synthetic: action.synthetic,
    };
    notebook.log(
      'info',
      'REMEDIATION_PLANNED',
      `${action.action} ${action.symbol} ${action.clientOrderId ?? action.positionSide ?? ''}`,
      fields,
    );
    if (reason === null) continue;
    notebook.log('info', 'REMEDIATION_BLOCKED', `${action.action} ${action.symbol}: ${reason}`, {
      ...fields,
      reason,
    });
  }
  return isWritten ? decision.planned.length : 0;
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

/** Puts a write's lines together: plan, intent, outcome, verification, resolution. */
import type { AuditRecord, JsonObject } from '../engine/audit-record.ts';
import { numberOf, textOf } from './report-lines.ts';
import type { Execution } from './report-model.ts';

/** Follows the writes of an audit, record by record. */
export interface WriteBook {
  readonly take: (record: AuditRecord) => void;
  /** Those of which a line is no older than this, and any that nobody knows the end of yet, oldest first. */
  readonly executions: (sinceMs: number) => readonly Execution[];
}

interface Draft {
  execution: Execution;
  lastMs: number;
}

/** A plan is looked for among the newest; a run of 10,000 plans is larger than any that may execute. */
const PLANS_KEPT = 20_000;

/** Starts empty. */
export function openWriteBook(): WriteBook {
  const plans = new Map<string, AuditRecord>();
  const drafts = new Map<string, Draft>();

  function change(id: string, record: AuditRecord, with_: Partial<Execution>): void {
    const draft = drafts.get(id);
    if (draft === undefined) return;
    draft.execution = { ...draft.execution, ...with_ };
    draft.lastMs = record.ts_ms;
  }

  function takeResult(record: AuditRecord): void {
    const { details } = record;
    const text = textOf(details, 'text');
    if (typeof details['resolves'] === 'string') {
      const by = record.operator === null ? 'found by reads' : `said by ${record.operator}`;
      const resolution = `${textOf(details, 'outcome')}, ${by}${text === '' ? '' : `: ${text}`}`;
      change(details['resolves'], record, { resolution });
    } else if (typeof details['verifies'] === 'string') {
      const seen = details['verified'];
      const word = seen === true ? 'verified' : seen === false ? 'NOT verified' : 'not told';
      change(details['verifies'], record, { verification: text === '' ? word : `${word}: ${text}` });
    } else if (record.status !== null) {
      const outcome = outcomeText(details);
      change(textOf(details, 'intent_id'), record, {
        status: record.status,
        outcome,
        outcome_at_ms: record.ts_ms,
      });
    }
  }

  return {
    take: (record) => {
      const id = textOf(record.details, 'action_id');
      if (record.event_type === 'REMEDIATE_RESULT') takeResult(record);
      if (record.event_type !== 'REMEDIATE_ATTEMPT') return;
      if (record.status === 'PLANNED') {
        if (plans.size >= PLANS_KEPT) plans.clear();
        plans.set(`${record.run_id} ${id}`, record);
      }
      if (record.status !== 'INTENT') return;
      const plan = plans.get(`${record.run_id} ${id}`);
      const execution = begun(record, plan ?? null);
      drafts.set(execution.intent_id, { execution, lastMs: record.ts_ms });
    },
    executions: (sinceMs) =>
      [...drafts.values()]
        .filter(({ lastMs, execution }) => lastMs >= sinceMs || isUnresolved(execution))
        .map(({ execution }) => execution),
  };
}

/** Tells whether the end of a write was unknown at some time. */
export function isUnknown({ status }: Pick<Execution, 'status'>): boolean {
  return status === 'UNKNOWN' || status === 'OPEN';
}

/** Tells whether it still is. */
export function isUnresolved(execution: Pick<Execution, 'status' | 'resolution'>): boolean {
  return isUnknown(execution) && execution.resolution === '';
}

function begun(record: AuditRecord, plan: AuditRecord | null): Execution {
  const { details } = record;
  return {
    seq: record.seq,
    at_ms: record.ts_ms,
    run_id: record.run_id,
    stage: record.stage,
    action: record.action,
    symbol: record.symbols.join(' '),
    intent_id: textOf(details, 'intent_id'),
    plan_seq: plan?.seq ?? null,
    plan: plan === null ? 'NO PLAN in the audit' : planText(plan),
    request: details['request'] ?? null,
    status: 'OPEN',
    outcome: '',
    outcome_at_ms: null,
    verification: '',
    resolution: '',
  };
}

function planText({ action, details, symbols }: AuditRecord): string {
  const what = textOf(details, 'client_order_id') || textOf(details, 'quantity');
  const notional = action === 'flatten' ? ` (${textOf(details, 'notional_usdt')} USDT)` : '';
  return `${action} ${symbols.join(' ')} ${what}${notional}, for ${textOf(details, 'mismatch')}`;
}

function outcomeText(details: JsonObject): string {
  const code = numberOf(details, 'code');
  const parts = [
    textOf(details, 'order_status'),
    textOf(details, 'executed_quantity') === '' ? '' : `executed ${textOf(details, 'executed_quantity')}`,
    code === null ? '' : `code ${code}`,
    textOf(details, 'text'),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Builds the plan that scripts and people see, from the last decision. Names are mapped here, once. */
import type { PlanDocument } from '../control/protocol-plan.ts';
import { escapeText } from '../engine/escape.ts';
import type { JudgedAction } from '../engine/types.ts';
import { type Core, instant } from './core.ts';

const MAX_ACTIONS = 200;

/** Presents what the last run planned, as of now. */
export function presentPlan({ vitals, clock }: Core): PlanDocument {
  const { nowMs, nowMonoMs } = instant(clock);
  const planned = vitals.decision?.planned ?? [];
  return {
    schema_version: 1,
    at_ms: nowMs,
    run_id: vitals.runId,
    age_ms: vitals.decidedAtMonoMs === null ? null : nowMonoMs - vitals.decidedAtMonoMs,
    stage: vitals.stage.inForce,
    ...(vitals.observation === null ? {} : { complete: vitals.observation.complete }),
    actions: planned.slice(0, MAX_ACTIONS).map(row),
    action_count: planned.length,
  };
}

function row({ action, reason, verdicts }: JudgedAction): PlanDocument['actions'][number] {
  return {
    action: action.action,
    symbol: escapeText(action.symbol, 60),
    id: escapeText(action.clientOrderId ?? action.positionSide ?? '', 60),
    order_id: action.orderId === null ? null : escapeText(action.orderId, 60),
    side: action.side,
    quantity: action.quantity,
    notional_usdt: action.notionalUsdt,
    mismatch: action.mismatch.type,
    detail: escapeText(action.mismatch.detail, 300),
    synthetic: action.synthetic,
    reason,
    verdicts: verdicts.map(({ gate, open, value, limit }) => ({
      gate,
      open,
      value: escapeText(value, 200),
      limit: escapeText(limit, 200),
    })),
  };
}

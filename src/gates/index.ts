/** The gates in the contract's order, and how all of them judge one action. */
import type { GateName, Verdict } from '../engine/types.ts';
import { actionIsNone } from './action-is-none.ts';
import { allowActiveRemediationFalse } from './allow-active-remediation-false.ts';
import { auditUnavailable } from './audit-unavailable.ts';
import { clockSkew } from './clock-skew.ts';
import { cooldownNotElapsed } from './cooldown-not-elapsed.ts';
import { dryRun } from './dry-run.ts';
import { envVarMissing } from './env-var-missing.ts';
import { exchangeBackoff } from './exchange-backoff.ts';
import { expectedNotCaughtUp } from './expected-not-caught-up.ts';
import { expectedStateStale } from './expected-state-stale.ts';
import { flattenSideEffects } from './flatten-side-effects.ts';
import type { Gate, GateAnswer, GateInput, GateWorld } from './gate.ts';
import { massMismatch } from './mass-mismatch.ts';
import { maxCallsPerDay } from './max-calls-per-day.ts';
import { maxCallsPerRun } from './max-calls-per-run.ts';
import { maxNotionalPerDay } from './max-notional-per-day.ts';
import { maxNotionalPerRun } from './max-notional-per-run.ts';
import { maxOrdersReached } from './max-orders-reached.ts';
import { maxSymbolsReached } from './max-symbols-reached.ts';
import { modeCancelOnly } from './mode-cancel-only.ts';
import { modeFlattenOnly } from './mode-flatten-only.ts';
import { noGrinderPrefix } from './no-grinder-prefix.ts';
import { notArmed } from './not-armed.ts';
import { notConfirmed } from './not-confirmed.ts';
import { notLeader } from './not-leader.ts';
import { notionalExceedsLimit } from './notional-exceeds-limit.ts';
import { priceUnavailable } from './price-unavailable.ts';
import { protectiveOrder } from './protective-order.ts';
import { snapshotStale } from './snapshot-stale.ts';
import { stopLatched } from './stop-latched.ts';
import { strategyNotAllowed } from './strategy-not-allowed.ts';
import { symbolNotInWhitelist } from './symbol-not-in-whitelist.ts';
import { synthetic } from './synthetic.ts';
import { unresolvedIntent } from './unresolved-intent.ts';
import { whitelistRequired } from './whitelist-required.ts';

/** Every gate, in the order in which the first closed one is the reason. */
export const GATES: readonly Gate[] = [
  stopLatched,
  notLeader,
  auditUnavailable,
  actionIsNone,
  dryRun,
  allowActiveRemediationFalse,
  notArmed,
  envVarMissing,
  expectedStateStale,
  expectedNotCaughtUp,
  massMismatch,
  snapshotStale,
  clockSkew,
  exchangeBackoff,
  unresolvedIntent,
  modeCancelOnly,
  modeFlattenOnly,
  cooldownNotElapsed,
  whitelistRequired,
  symbolNotInWhitelist,
  noGrinderPrefix,
  strategyNotAllowed,
  protectiveOrder,
  notConfirmed,
  flattenSideEffects,
  priceUnavailable,
  notionalExceedsLimit,
  maxOrdersReached,
  maxSymbolsReached,
  maxCallsPerRun,
  maxNotionalPerRun,
  maxCallsPerDay,
  maxNotionalPerDay,
  synthetic,
];

/** Asks every gate about one action; a gate that throws is closed with the value "error". */
export function judgeAll(input: GateInput): readonly Verdict[] {
  return GATES.map((gate) =>
    verdict(gate, () => (gate.scope === 'world' ? gate.judge(input.world) : gate.judge(input))),
  );
}

/** Asks the gates that need no action; the others are open with the value "no action". */
export function worldVerdicts(world: GateWorld): readonly Verdict[] {
  return GATES.map((gate) => verdict(gate, () => (gate.scope === 'world' ? gate.judge(world) : NO_ACTION)));
}

/** Names the first closed gate; null when all are open. No verdicts at all is a bug and throws. */
export function firstClosed(verdicts: readonly Verdict[]): GateName | null {
  if (verdicts.length === 0) throw new RangeError('expected the verdict of every gate, found none');
  return verdicts.find((one) => one.open !== true)?.gate ?? null;
}

const NO_ACTION: GateAnswer = { open: true, value: 'no action', limit: '' };
const ERROR: GateAnswer = { open: false, value: 'error', limit: '' };

function verdict(gate: Gate, ask: () => GateAnswer): Verdict {
  return { gate: gate.name, ...guarded(ask) };
}

function guarded(ask: () => GateAnswer): GateAnswer {
  try {
    return ask();
  } catch {
    return ERROR;
  }
}

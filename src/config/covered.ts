/**
 * Which settings the ceremony's evidence covers, and for each what *narrower* means.
 *
 * Every key of the config schema is here exactly once; a test fails for one that is missing.
 */
import { parseDecimal } from '../engine/decimal.ts';

/**
 * How a covered value may change without losing evidence: `equal` not at all; `at_most` only down; `at_least` only up;
 * `subset` only fewer items; `action` from auto to one kind, or to none. `neutral` doesn't matter to evidence.
 */
export type Coverage = 'neutral' | 'equal' | 'at_most' | 'at_least' | 'subset' | 'action';

export const COVERAGE: Readonly<Record<string, Coverage>> = {
  'exchange.environment': 'equal',
  'exchange.endpoints.rest': 'equal',
  'exchange.endpoints.ws': 'equal',
  // The key's files are places; the key itself is covered as `account`.
  'exchange.key_file': 'neutral',
  'exchange.secret_file': 'neutral',
  'exchange.recv_window_ms': 'at_most',
  'exchange.request_timeout_ms': 'neutral',
  'identity.prefix': 'equal',
  'identity.allowed_strategies': 'subset',
  'reconcile.interval_ms': 'neutral',
  'reconcile.action': 'action',
  'reconcile.symbol_whitelist': 'subset',
  'reconcile.cooldown_seconds': 'at_least',
  'reconcile.max_flatten_notional_usdt': 'at_most',
  'reconcile.max_orders_per_action': 'at_most',
  'reconcile.max_symbols_per_action': 'at_most',
  'reconcile.confirm_after_ms': 'at_least',
  'reconcile.missing_grace_ms': 'at_least',
  'reconcile.targeted_reads_per_run': 'neutral',
  'reconcile.event_debounce_ms': 'neutral',
  'reconcile.require_mainnet_env': 'equal',
  'reconcile.remediate_protective_orders': 'equal',
  'reconcile.hedge_groups': 'equal',
  'budgets.max_calls_per_run': 'at_most',
  'budgets.max_notional_per_run_usdt': 'at_most',
  'budgets.max_calls_per_day': 'at_most',
  'budgets.max_notional_per_day_usdt': 'at_most',
  'freshness.snapshot_max_age_ms': 'at_most',
  'freshness.price_max_age_ms': 'at_most',
  'freshness.clock_offset_max_ms': 'at_most',
  'freshness.clock_measured_max_age_ms': 'at_most',
  'flatten.order_type': 'equal',
  'flatten.max_slippage_bps': 'at_most',
  'flatten.in_chunks': 'equal',
  'expected_state.source': 'equal',
  'expected_state.path': 'equal',
  'expected_state.account': 'equal',
  'expected_state.stale_after_ms': 'at_most',
  'expected_state.settle_ms': 'at_least',
  'expected_state.position_lag_ms': 'at_least',
  'ceremony.requested_stage': 'neutral',
  'ceremony.auto_canary': 'neutral',
  // Who may enter stage 4 says nothing about what was observed; a change voids the approvals that are open.
  'ceremony.approvals': 'neutral',
  'ceremony.operators': 'neutral',
  'ceremony.dwell_ms': 'at_most',
  'ceremony.unknown_limit_ms': 'at_most',
  'ceremony.stop_verify_ms': 'neutral',
  'arming.lease': 'neutral',
  'arming.max_executions': 'neutral',
  'audit.enabled': 'equal',
  'audit.path': 'neutral',
  'audit.max_file_mb': 'neutral',
  'audit.keep_days': 'neutral',
  'log.path': 'neutral',
  'log.level': 'neutral',
  'metrics.listen': 'neutral',
  'control.socket': 'neutral',
  'control.stop_socket': 'neutral',
  'control.stop_group': 'neutral',
  state_dir: 'neutral',
  'simulator.seed': 'neutral',
  'simulator.trader': 'neutral',
  'simulator.stray_every_ms': 'neutral',
  'simulator.position_every_ms': 'neutral',
  // Not a key of the file: a short hash of the API key, `sim` on a simulator.
  account: 'equal',
};

/** Settings under which evidence was earned: dotted key to value as text; lists are JSON. */
export type CoveredSettings = Readonly<Record<string, string>>;

/** Lists a stage's covered settings; `action` counts from stage 2 on. */
export function coveredFor(stage: number, all: CoveredSettings): CoveredSettings {
  return Object.fromEntries(
    Object.entries(all).filter(
      ([key]) => (COVERAGE[key] ?? 'equal') !== 'neutral' && (key !== 'reconcile.action' || stage >= 2),
    ),
  );
}

/** Flattens a parsed config file into dotted keys and text; undefined values become "". */
export function flattenSettings(config: object, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      Object.assign(flat, flattenSettings(value, path));
    else
      flat[path] =
        value === undefined ? '' : Array.isArray(value) ? JSON.stringify([...value].sort()) : String(value);
  }
  return flat;
}

/** Names every covered key whose value today is neither equal to nor narrower than it was; empty means covered. */
export function widened(evidence: CoveredSettings, today: CoveredSettings): readonly string[] {
  const keys = new Set([...Object.keys(evidence), ...Object.keys(today)]);
  return [...keys].filter((key) => !covers(key, evidence[key] ?? '', today[key] ?? '')).sort();
}

/** Tells whether one key's new value is covered by what was earned under the old one: equal, narrower, or neutral. */
export function covers(key: string, before: string, now: string): boolean {
  return narrows(COVERAGE[key] ?? 'equal', before, now);
}

function narrows(rule: Coverage, before: string, now: string): boolean {
  if (rule === 'neutral' || before === now) return true;
  switch (rule) {
    case 'equal':
      return false;
    case 'at_most':
    case 'at_least': {
      const [a, b] = [parseDecimal(before), parseDecimal(now)];
      if (a === null || b === null) return false;
      return rule === 'at_most' ? b.isLessThanOrEqualTo(a) : b.isGreaterThanOrEqualTo(a);
    }
    case 'subset':
      return isSubset(now, before);
    case 'action':
      // `none` plans nothing: it holds the stage down and is no other way to act (contract: "`none` is no change").
      if (now === 'none') return true;
      return before === 'auto' && (now === 'cancel_all' || now === 'flatten');
  }
}

function isSubset(part: string, whole: string): boolean {
  try {
    const [a, b]: [unknown, unknown] = [JSON.parse(part), JSON.parse(whole)];
    return Array.isArray(a) && Array.isArray(b) && a.length > 0 && a.every((item) => b.includes(item));
  } catch {
    return false;
  }
}

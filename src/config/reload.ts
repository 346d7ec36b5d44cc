/**
 * What a configuration that is read again changes in a running daemon. Pure.
 *
 * Places, hosts, keys, identity and the feed's source are fixed while a process lives: its permissions, lock and account
 * stand on them. Their new values wait for the next start.
 */
import { widened } from './covered.ts';
import type { ConfigProblem } from './environment.ts';
import { type ConfigSources, loadConfig, type Settings } from './load.ts';

/** When a changed key takes effect. */
export type TakesEffect = 'now' | 'next_start';

/** Every key of the schema, exactly once; a test fails for one that is missing. */
export const TAKES_EFFECT: Readonly<Record<string, TakesEffect>> = {
  'exchange.environment': 'next_start',
  'exchange.endpoints.rest': 'next_start',
  'exchange.endpoints.ws': 'next_start',
  'exchange.key_file': 'next_start',
  'exchange.secret_file': 'next_start',
  'exchange.recv_window_ms': 'next_start',
  'exchange.request_timeout_ms': 'next_start',
  'identity.prefix': 'next_start',
  'identity.allowed_strategies': 'next_start',
  'reconcile.interval_ms': 'now',
  'reconcile.action': 'now',
  'reconcile.symbol_whitelist': 'now',
  'reconcile.cooldown_seconds': 'now',
  'reconcile.max_flatten_notional_usdt': 'now',
  'reconcile.max_orders_per_action': 'now',
  'reconcile.max_symbols_per_action': 'now',
  'reconcile.confirm_after_ms': 'now',
  'reconcile.missing_grace_ms': 'now',
  'reconcile.targeted_reads_per_run': 'now',
  'reconcile.event_debounce_ms': 'now',
  'reconcile.require_mainnet_env': 'now',
  'reconcile.remediate_protective_orders': 'now',
  'reconcile.hedge_groups': 'now',
  'budgets.max_calls_per_run': 'now',
  'budgets.max_notional_per_run_usdt': 'now',
  'budgets.max_calls_per_day': 'now',
  'budgets.max_notional_per_day_usdt': 'now',
  'freshness.snapshot_max_age_ms': 'now',
  'freshness.price_max_age_ms': 'now',
  'freshness.clock_offset_max_ms': 'now',
  'freshness.clock_measured_max_age_ms': 'now',
  'flatten.order_type': 'now',
  'flatten.max_slippage_bps': 'now',
  'flatten.in_chunks': 'now',
  'expected_state.source': 'next_start',
  'expected_state.path': 'next_start',
  'expected_state.account': 'next_start',
  'expected_state.stale_after_ms': 'now',
  'expected_state.settle_ms': 'next_start',
  'expected_state.position_lag_ms': 'now',
  // A wish for a stage is an operator's command, or a start's.
  'ceremony.requested_stage': 'next_start',
  'ceremony.auto_canary': 'now',
  'ceremony.approvals': 'now',
  'ceremony.operators': 'now',
  'ceremony.dwell_ms': 'now',
  'ceremony.unknown_limit_ms': 'now',
  'ceremony.stop_verify_ms': 'now',
  // For the next arming: what is granted stays as it was granted.
  'arming.lease': 'now',
  'arming.max_executions': 'now',
  'audit.enabled': 'next_start',
  'audit.path': 'next_start',
  'audit.max_file_mb': 'next_start',
  'audit.keep_days': 'next_start',
  'log.path': 'next_start',
  'log.level': 'next_start',
  'metrics.listen': 'next_start',
  'control.socket': 'next_start',
  'control.stop_socket': 'next_start',
  'control.stop_group': 'next_start',
  state_dir: 'next_start',
  'simulator.seed': 'next_start',
  'simulator.trader': 'next_start',
  'simulator.stray_every_ms': 'next_start',
  'simulator.position_every_ms': 'next_start',
};

/** One key whose value is another now; "" for one that isn't set. */
export interface Change {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

export type Reload =
  /** The file can't be used: what was in force stays. */
  | { readonly kind: 'refused'; readonly problems: readonly ConfigProblem[] }
  | {
      readonly kind: 'read';
      /** In force from now on; the old ones when nothing changes now. */
      readonly settings: Settings;
      readonly changes: readonly Change[];
      readonly atNextStart: readonly Change[];
      /** Changed keys that are neither equal to nor narrower than before: evidence earned under the old ones doesn't cover them. */
      readonly widened: readonly string[];
    };

/** Reads the sources again and says what that changes against the settings in force. */
export function reloadConfig(current: Settings, sources: ConfigSources): Reload {
  const whole = loadConfig(sources);
  if (!whole.ok) return { kind: 'refused', problems: whole.problems };
  // Fixed values go over everything else, so that what comes into force was checked as a whole.
  const fixed = Object.entries(TAKES_EFFECT).flatMap(([key, when]) =>
    when === 'next_start' ? [[key, valueAt(current.file, key)] as const] : [],
  );
  const merged = loadConfig({ ...sources, flags: new Map([...sources.flags, ...fixed]) });
  if (!merged.ok) return { kind: 'refused', problems: merged.problems };
  const changes = differences(current.flat, merged.settings.flat);
  return {
    kind: 'read',
    settings: changes.length === 0 ? current : merged.settings,
    changes,
    atNextStart: differences(current.flat, whole.settings.flat).filter(
      ({ key }) => TAKES_EFFECT[key] !== 'now',
    ),
    widened: widened(current.flat, merged.settings.flat),
  };
}

function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const change = { key, before: before[key] ?? '', after: after[key] ?? '' };
    return change.before === change.after ? [] : [change];
  });
}

function valueAt(file: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
      file,
    );
}

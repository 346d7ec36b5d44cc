/** What a seed decides about its world before anything happens: the configuration, and what the observer holds it to. */
import { createHash } from 'node:crypto';
import type { Settings } from '../../src/config/load.ts';
import type { SymbolRules } from '../../src/engine/types.ts';
import { computePlaces, type Places } from '../../src/launch/places.ts';
import { type ConfigFile, createConfigFile } from './config-file.ts';
import type { Random } from './random.ts';

export interface Scenario {
  /** What is in force, by what was read of the file. */
  readonly settings: Settings;
  readonly config: ConfigFile;
  readonly places: Places;
  readonly hedge: boolean;
  /** What the exchange asks of an order's terms. */
  readonly rules: (symbol: string) => SymbolRules;
  /** False when the operator's second key is asked for and missing: nothing may ever be sent. */
  readonly mayTrade: boolean;
  readonly pace: Pace;
  /** The longest between two heartbeats of an idle daemon. */
  readonly beatMs: number;
  /** The audit is rotated at this size. */
  readonly maxFileBytes: number;
}

/**
 * How many times longer things take in a world that lasts for days, in which little happens: budgets of a day, leases and
 * midnights go by.
 */
export interface Pace {
  /** All of it. */
  readonly hours: number;
  /** From one act of a trader or of mischief to the next. */
  readonly people: number;
  /** From one look of the operator to the next, and until an item has to be seen. */
  readonly looks: number;
}

export interface SimulatedOperator {
  readonly name: string;
  readonly token: string;
}

/** Who may say that stage 4 is to be entered, where two have to. */
export const OPERATORS: readonly [SimulatedOperator, SimulatedOperator] = [
  { name: 'ann', token: 'ann'.repeat(20) },
  { name: 'bob', token: 'bob'.repeat(20) },
];

function listed({ name, token }: SimulatedOperator) {
  return { name, token_sha256: createHash('sha256').update(token).digest('hex') };
}

/** Where a process with another state directory has its own files; it reads the same feed, and its account is the same. */
export function elsewhere(places: Places): Places {
  const stateDir = '/simulated/elsewhere';
  return {
    ...places,
    stateDir,
    auditPath: `${stateDir}/audit/reconcile.jsonl`,
    socketPath: `${stateDir}/run/control.sock`,
  };
}

const LONG_SHARE = 0.1;
const BRISK: Pace = { hours: 1, people: 1, looks: 1 };
const SLOW: Pace = { hours: 100, people: 60, looks: 8 };

const RULES: SymbolRules = {
  symbol: '',
  stepSize: '0.001',
  tickSize: '0.1',
  minQuantity: '0.001',
  maxQuantity: '1000',
  marketMaxQuantity: '120',
  minNotional: '5',
};

/** Draws it. */
export function drawScenario(random: Random): Scenario {
  const secondKey = random.chance(0.2);
  const mayTrade = !secondKey || random.chance(0.5);
  const long = random.chance(LONG_SHARE);
  const symbols = random.chance(0.3) ? ['BTCUSDT'] : ['BTCUSDT', 'ETHUSDT'];
  const config = {
    reconcile: {
      interval_ms: random.pick(long ? [180_000, 300_000] : [10_000, 30_000, 30_000, 60_000]),
      action: random.pick(['auto', 'auto', 'auto', 'cancel_all', 'flatten', 'flatten']),
      symbol_whitelist: symbols,
      cooldown_seconds: random.pick([60, 60, 90]),
      max_orders_per_action: random.pick([1, 2, 3]),
      max_symbols_per_action: random.pick([1, 2]),
      max_flatten_notional_usdt: random.pick([100, 150, 400]),
      require_mainnet_env: secondKey ? 'always' : 'mainnet',
      ...(random.chance(0.1) ? { hedge_groups: [['BTCUSDT', 'ETHUSDT']] } : {}),
    },
    budgets: {
      max_calls_per_run: random.pick([1, 2, 10]),
      max_calls_per_day: random.pick([3, 8, 100]),
      max_notional_per_run_usdt: random.pick([100, 1000]),
      max_notional_per_day_usdt: random.pick([150, 300, 5000]),
    },
    flatten: { order_type: random.pick(['limit', 'limit', 'market']), in_chunks: random.chance(0.3) },
    ceremony: {
      requested_stage: 3,
      dwell_ms: random.pick([20_000, 20_000, 60_000]),
      ...(random.chance(0.2) ? { approvals: 2, operators: OPERATORS.map(listed) } : {}),
    },
    arming: { lease: random.pick(['4h', '30m']), max_executions: random.pick([2, 10]) },
    expected_state: { settle_ms: 60_000, ...(long ? { stale_after_ms: 600_000 } : {}) },
    ...(long ? { freshness: { snapshot_max_age_ms: 600_000 } } : {}),
  };
  const eth = random
    .fork('filters')
    .pick([{}, { stepSize: '0.002', minQuantity: '0.006', tickSize: '0.25' }]);
  const text = JSON.stringify(config);
  const env = secondKey && mayTrade ? { ALLOW_MAINNET_TRADE: '1' } : {};
  const file = createConfigFile(config, env);
  const places = computePlaces({
    argv: ['run'],
    env: { HOME: '/simulated' },
    cwd: '/simulated',
    uid: process.getuid?.() ?? 0,
    config: { path: '/simulated/config.yaml', text },
  });
  return {
    config: file,
    get settings() {
      return file.inForce().settings;
    },
    places,
    hedge: random.chance(0.12),
    rules: (symbol) => ({ ...RULES, symbol, ...(symbol === 'ETHUSDT' ? eth : {}) }),
    mayTrade,
    pace: long ? SLOW : BRISK,
    beatMs: random.pick(long ? [60_000, 120_000] : [2000, 8000, 12_000]),
    maxFileBytes: random.chance(0.25) ? 100_000 : 500_000,
  };
}

/** Rules between config keys that no single key's schema can hold. */
import type { ConfigProblem } from './environment.ts';
import type { ConfigFile } from './schema.ts';

/** Lists every rule that the merged config breaks; pure. */
export function relations(config: ConfigFile): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const refuse = (key: string, value: unknown, expected: string) =>
    problems.push({ key, value: String(value), expected });
  const embedded = isEmbedded(config);
  if (config.reconcile.interval_ms >= config.freshness.snapshot_max_age_ms)
    refuse(
      'reconcile.interval_ms',
      config.reconcile.interval_ms,
      `less than freshness.snapshot_max_age_ms (${config.freshness.snapshot_max_age_ms})`,
    );
  if (config.ceremony.dwell_ms < 600_000 && !embedded)
    refuse(
      'ceremony.dwell_ms',
      config.ceremony.dwell_ms,
      '600000 or more (a short dwell is for the embedded simulator only)',
    );
  if (config.expected_state.settle_ms < 60_000 && !embedded)
    refuse(
      'expected_state.settle_ms',
      config.expected_state.settle_ms,
      '60000 or more (less is for the embedded simulator only)',
    );
  if (config.expected_state.position_lag_ms < 30_000 && !embedded)
    refuse(
      'expected_state.position_lag_ms',
      config.expected_state.position_lag_ms,
      '30000 or more (less is for the embedded simulator only)',
    );
  if (config.reconcile.confirm_after_ms < 10_000 && !embedded)
    refuse(
      'reconcile.confirm_after_ms',
      config.reconcile.confirm_after_ms,
      '10000 or more (less is for the embedded simulator only)',
    );
  const { approvals, operators } = config.ceremony;
  for (const key of ['name', 'token_sha256'] as const)
    if (new Set(operators.map((one) => one[key])).size !== operators.length)
      refuse('ceremony.operators', operators.map(({ name }) => name).join(','), `each ${key} once`);
  if (approvals > operators.length && approvals > 1)
    refuse(
      'ceremony.approvals',
      approvals,
      `at least ${approvals} ceremony.operators: only their tokens tell them apart`,
    );
  if (config.arming.lease > 12 * 3_600_000)
    refuse('arming.lease', `${config.arming.lease} ms`, 'at most 12h');
  if (new Set(config.reconcile.symbol_whitelist).size !== config.reconcile.symbol_whitelist.length)
    refuse('reconcile.symbol_whitelist', config.reconcile.symbol_whitelist.join(','), 'each symbol once');
  if (!embedded && (config.exchange.key_file === undefined || config.exchange.secret_file === undefined))
    refuse(
      'exchange.key_file, exchange.secret_file',
      'missing',
      'two files that hold the API key and its secret',
    );
  if (config.control.stop_group !== undefined && config.control.stop_socket === undefined)
    refuse('control.stop_socket', 'missing', 'the socket that control.stop_group may use');
  const { source, path } = config.expected_state;
  if (config.exchange.environment !== 'sim' && source === 'file' && path === undefined)
    refuse('expected_state.path', 'missing', 'the file the trading engine writes its expected state to');
  if (
    config.exchange.environment === 'sim' &&
    (config.exchange.endpoints.rest === undefined) !== (config.exchange.endpoints.ws === undefined)
  )
    refuse('exchange.endpoints', 'only one given', 'both rest and ws, or neither');
  for (const key of ['rest', 'ws'] as const) {
    const value = config.exchange.endpoints[key];
    const expected = value === undefined ? null : endpointRule(config.exchange.environment, key, value);
    if (expected !== null) refuse(`exchange.endpoints.${key}`, value, expected);
  }
  return problems;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** Hosts as ccxt 4.5.84 names them for USD-M futures. */
const OWN_HOSTS = {
  testnet: {
    rest: ['demo-fapi.binance.com', 'testnet.binancefuture.com'],
    ws: ['fstream.binancefuture.com', 'stream.binancefuture.com'],
  },
  mainnet: { rest: ['fapi.binance.com'], ws: ['fstream.binance.com'] },
} as const;

function endpointRule(
  environment: ConfigFile['exchange']['environment'],
  key: 'rest' | 'ws',
  value: string,
): string | null {
  const scheme = key === 'rest' ? 'http' : 'ws';
  const expected = `${scheme}:// on loopback${environment === 'sim' ? '' : ` or ${scheme}s:// on the exchange's own ${environment} host`}`;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return expected;
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    (url.pathname !== '/' && url.pathname !== '') ||
    url.search !== ''
  )
    return `${expected}, without path or user`;
  const loopback = LOOPBACK.includes(url.hostname);
  if (loopback)
    return environment === 'mainnet'
      ? `wss or https on ${OWN_HOSTS.mainnet[key].join(', ')}`
      : url.protocol === `${scheme}:`
        ? null
        : expected;
  if (environment === 'sim') return expected;
  const own: readonly string[] = OWN_HOSTS[environment][key];
  return own.includes(url.hostname) && url.protocol === `${scheme}s:` ? null : expected;
}

/** Tells whether the simulator runs inside this process. */
export function isEmbedded(config: ConfigFile): boolean {
  return config.exchange.environment === 'sim' && config.exchange.endpoints.rest === undefined;
}

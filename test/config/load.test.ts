import { describe, expect, test } from 'bun:test';
import type { Variables } from '../../src/config/environment.ts';
import { describeProblems, loadConfig, type Settings } from '../../src/config/load.ts';

type Flags = Readonly<Record<string, unknown>>;

function load(text: string | null, env: Variables = {}, flags: Flags = {}) {
  return loadConfig({ text, env, flags: new Map(Object.entries(flags)) });
}

function settings(text: string | null, env: Variables = {}, flags: Flags = {}): Settings {
  const result = load(text, env, flags);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.settings;
}

function problems(text: string | null, env: Variables = {}) {
  const result = load(text, env);
  return result.ok ? [] : result.problems;
}

describe('which source wins', () => {
  const file = 'exchange: {environment: sim}\nreconcile: {interval_ms: 7000}';

  test('nothing given is the default, then the file, then the variable, then the flag', () => {
    const env = { RECONCILE_INTERVAL_MS: '8000' };
    expect(settings(null).reconcile.intervalMs).toBe(30_000);
    expect(settings(file).reconcile.intervalMs).toBe(7000);
    expect(settings(file, env).reconcile.intervalMs).toBe(8000);
    expect(settings(file, env, { 'reconcile.interval_ms': 9000 }).reconcile.intervalMs).toBe(9000);
    expect(settings(null, env).reconcile.intervalMs).toBe(8000);
  });

  test('an empty variable leaves the file alone', () => {
    expect(settings(file, { RECONCILE_INTERVAL_MS: '' }).reconcile.intervalMs).toBe(7000);
  });

  test.each([
    ['RECONCILE_INTERVAL_MS', '5000', 'reconcile.interval_ms', '5000'],
    ['RECONCILE_SYMBOL_WHITELIST', 'ETHUSDT,BTCUSDT', 'reconcile.symbol_whitelist', '["BTCUSDT","ETHUSDT"]'],
    ['RECONCILE_ACTION', 'flatten', 'reconcile.action', 'flatten'],
    ['MAX_FLATTEN_NOTIONAL_USDT', '50.5', 'reconcile.max_flatten_notional_usdt', '50.5'],
    ['RECONCILE_COOLDOWN_SECONDS', '90', 'reconcile.cooldown_seconds', '90'],
    ['MAX_ORDERS_PER_ACTION', '2', 'reconcile.max_orders_per_action', '2'],
    ['MAX_SYMBOLS_PER_ACTION', '2', 'reconcile.max_symbols_per_action', '2'],
    ['MAX_CALLS_PER_RUN', '4', 'budgets.max_calls_per_run', '4'],
    ['MAX_NOTIONAL_PER_RUN', '400', 'budgets.max_notional_per_run_usdt', '400'],
    ['MAX_CALLS_PER_DAY', '40', 'budgets.max_calls_per_day', '40'],
    ['MAX_NOTIONAL_PER_DAY', '4000', 'budgets.max_notional_per_day_usdt', '4000'],
    ['GRINDER_AUDIT_ENABLED', 'no', 'audit.enabled', 'false'],
  ])('%s=%s sets %s', (variable, value, key, text) => {
    expect(settings(null, { [variable]: value }).flat[key]).toBe(text);
    expect(settings(null).flat[key]).not.toBe(text);
  });

  test("the contract's defaults hold without any source", () => {
    const { reconcile, budgets, expectedState, arming, metrics, ceremony, embeddedSimulator } =
      settings(null);
    expect(embeddedSimulator).toBe(true);
    expect(reconcile).toMatchObject({
      intervalMs: 30_000,
      cooldownSeconds: 60,
      maxFlattenNotionalUsdt: '100',
      maxOrdersPerAction: 3,
      maxSymbolsPerAction: 1,
      confirmAfterMs: 10_000,
      remediateProtectiveOrders: false,
    });
    expect(budgets).toEqual({
      maxCallsPerRun: 10,
      maxNotionalPerRunUsdt: '1000',
      maxCallsPerDay: 100,
      maxNotionalPerDayUsdt: '5000',
    });
    expect(expectedState).toMatchObject({ staleAfterMs: 30_000, settleMs: 60_000 });
    expect(arming).toEqual({ lease: 4 * 3_600_000, maxExecutions: 10 });
    expect(metrics.listen).toBe('127.0.0.1:9090');
    expect(ceremony).toMatchObject({ requestedStage: 0, autoCanary: true, dwellMs: 600_000 });
  });
});

describe('the digest', () => {
  test('is the same for the same settings however they are written, and moves with a value or a variable', () => {
    const digest = settings('reconcile: {interval_ms: 7000}').digest;
    expect(settings('{"reconcile":\n  {"interval_ms": 7000}} # note').digest).toBe(digest);
    expect(settings(null, { RECONCILE_INTERVAL_MS: '7000' }).digest).toBe(digest);
    expect(settings('reconcile: {interval_ms: 7001}').digest).not.toBe(digest);
    expect(settings('reconcile: {interval_ms: 7000}', { ARMED: '0' }).digest).not.toBe(digest);
    expect(settings('reconcile: {interval_ms: 7000}', { ALLOW_MAINNET_TRADE: '1' }).digest).not.toBe(digest);
  });
});

describe('a file that is refused', () => {
  test.each([
    ['reconcile: {interval: 1}', 'reconcile.interval'],
    ['recncile: {}', 'recncile'],
    ['exchange: {endpoints: {http: x}}', 'exchange.endpoints.http'],
    ['ALLOW_MAINNET_TRADE: 1', 'ALLOW_MAINNET_TRADE'],
    ['__proto__: {a: 1}', '__proto__'],
    ['reconcile: {action: none}\nreconcile: {action: auto}', 'line 2'],
    ['reconcile:\n  action: none\n  action: auto', 'line 3'],
    ['a: [', 'line 1'],
    ['state_dir: !thing x', 'line 1'],
    ['- 1', 'file'],
    ['just text', 'file'],
    ['reconcile: 5', 'reconcile'],
  ])('F64 config keys twice or unknown, and what is no mapping: %j names %s', (text, key) => {
    expect(problems(text).map((problem) => problem.key)).toContain(key);
  });

  test.each(['%YAML 1.1', '# first\n%YAML  1.1', '\ufeff%YAML 1.1 # as ever'])(
    'a file that asks for another reading of its values is refused: %j',
    (directive) => {
      const text = `${directive}\n---\nreconcile: {cooldown_seconds: 1:30}\naudit: {enabled: no}\n`;
      expect(problems(text)).toMatchObject([{ key: 'file', value: '%YAML 1.1' }]);
      expect(load('%YAML 1.2\n---\naudit: {enabled: true}\n').ok).toBe(true);
    },
  );

  test('a file that multiplies itself by aliases is refused, not expanded', () => {
    const ten = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(',')}]`;
    const bomb = `a: &a [x,x]\nb: &b ${ten('a')}\nc: &c ${ten('b')}\nd: &d ${ten('c')}\ne: ${ten('d')}`;
    expect(problems(bomb)).toMatchObject([{ key: 'file', expected: 'at most 100 uses of YAML aliases' }]);
  });

  test.each([
    ['reconcile.interval_ms', 'reconcile: {interval_ms: 999}'],
    ['reconcile.interval_ms', 'reconcile: {interval_ms: "5000"}'],
    ['reconcile.interval_ms', 'reconcile: {interval_ms: 5000.5}'],
    ['reconcile.max_orders_per_action', 'reconcile: {max_orders_per_action: 0}'],
    ['reconcile.cooldown_seconds', 'reconcile: {cooldown_seconds: 0}'],
    ['reconcile.symbol_whitelist.0', 'reconcile: {symbol_whitelist: [btcusdt]}'],
    ['identity.prefix', 'identity: {prefix: "Grinder_"}'],
    ['identity.prefix', 'identity: {prefix: "grinder"}'],
    ['identity.prefix', 'identity: {prefix: "grc_"}'],
    ['identity.allowed_strategies', 'identity: {allowed_strategies: []}'],
    ['arming.lease', 'arming: {lease: 4}'],
    ['arming.lease', 'arming: {lease: 0h}'],
    ['ceremony.requested_stage', 'ceremony: {requested_stage: 5}'],
    ['metrics.listen', 'metrics: {listen: 9090}'],
    ['exchange.environment', 'exchange: {environment: live}'],
    ['exchange.recv_window_ms', 'exchange: {recv_window_ms: 5000}'],
    ['audit.enabled', 'audit: {enabled: "yes"}'],
  ])('%s in %j', (key, text) => {
    expect(problems(text).map((problem) => problem.key)).toContain(key);
  });

  const money = [
    'NaN',
    '.nan',
    '.inf',
    'inf',
    '1e400',
    '0',
    '-1',
    '0.0',
    '"1e3"',
    '""',
    '"0x10"',
    '[100]',
    '1e21',
  ];
  test.each([
    ...[
      'reconcile.max_flatten_notional_usdt',
      'budgets.max_notional_per_run_usdt',
      'budgets.max_notional_per_day_usdt',
    ],
  ])('F65 caps of 0, NaN or 1e400: %s takes an amount above zero and nothing else', (key) => {
    const [section, name] = key.split('.');
    for (const value of money)
      expect(problems(`${section}: {${name}: ${value}}`)).toMatchObject([
        { key, expected: expect.stringContaining('above zero') },
      ]);
    for (const value of ['100', '"100"', '99.50', '"0.01"'])
      expect(problems(`${section}: {${name}: ${value}}`)).toEqual([]);
  });

  test.each(['budgets.max_calls_per_run', 'budgets.max_calls_per_day', 'reconcile.max_symbols_per_action'])(
    'F65 caps of 0, NaN or as text: %s takes a whole number of one or more',
    (key) => {
      const [section, name] = key.split('.');
      for (const value of ['0', '-1', '1.5', '.nan', '.inf', '1e400', '"100"', 'true'])
        expect(problems(`${section}: {${name}: ${value}}`).map((problem) => problem.key)).toEqual([key]);
      expect(problems(`${section}: {${name}: 1}`)).toEqual([]);
    },
  );
});

test.each([
  ['state_dir: ~/grinder', 'state_dir'],
  ['state_dir: $HOME/grinder', 'state_dir'],
  ['audit: {path: $HOME/audit.jsonl}', 'audit.path'],
  ['log: {path: ~/app.log}', 'log.path'],
  ['expected_state: {path: ~/expected.jsonl}', 'expected_state.path'],
  ['control: {socket: $RUN/control.sock}', 'control.socket'],
  ['exchange: {key_file: ~/keys/key}', 'exchange.key_file'],
  ['exchange: {secret_file: "$HOME/secret"}', 'exchange.secret_file'],
])('%s is refused: nothing expands it, and a file STOP would be left elsewhere', (yaml, key) => {
  expect(problems(yaml)).toMatchObject([{ key, expected: expect.stringContaining('expanded') }]);
});

describe('a variable that is refused', () => {
  test.each([
    ['MAX_CALLS_PER_RUN', '0'],
    ['MAX_CALLS_PER_DAY', '-5'],
    ['MAX_ORDERS_PER_ACTION', '1.5'],
    ['MAX_SYMBOLS_PER_ACTION', 'NaN'],
    ['MAX_FLATTEN_NOTIONAL_USDT', '0'],
    ['MAX_FLATTEN_NOTIONAL_USDT', '-1'],
    ['MAX_FLATTEN_NOTIONAL_USDT', 'NaN'],
    ['MAX_NOTIONAL_PER_RUN', 'inf'],
    ['MAX_NOTIONAL_PER_DAY', '1e400'],
    ['RECONCILE_COOLDOWN_SECONDS', '0'],
    ['RECONCILE_INTERVAL_MS', '999'],
    ['RECONCILE_SYMBOL_WHITELIST', '[1]'],
    ['RECONCILE_SYMBOL_WHITELIST', 'btcusdt'],
    ['GRINDER_AUDIT_ENABLED', 'maybe'],
  ])('%s=%s is named as the operator wrote it', (variable, value) => {
    const found = problems(null, { [variable]: value });
    expect(found).toHaveLength(1);
    expect(found[0]?.key).toBe(variable);
    expect(found[0]?.expected).not.toBe('');
  });

  test('several problems are all named at once, and the sentence says that nothing was started', () => {
    const found = problems('reconcile: {interval: 1}', { ARMED: 'maybe', MAX_CALLS_PER_RUN: '0' });
    const sentence = describeProblems(found, 'config.yaml');
    for (const word of [
      'config.yaml',
      'reconcile.interval',
      'ARMED: maybe',
      'MAX_CALLS_PER_RUN',
      'nothing was started',
    ])
      expect(sentence).toContain(word);
  });
});

test.each([
  ['three dashes', 'exchange: {environment: sim}\n---\nreconcile: {max_orders_per_action: 1}'],
  ['three dots', 'exchange: {environment: sim}\n...\nreconcile: {max_orders_per_action: 1}'],
])('a second document after %s is refused, not passed over', (_, text) => {
  expect(problems(text)).toEqual([
    expect.objectContaining({ expected: 'one document of valid YAML without duplicate keys' }),
  ]);
});

test('an address with a port that does not exist, or a host in two parts, is refused', () => {
  for (const listen of ['127.0.0.1:65536', '0.0.0.0:99999', 'a:b:9090', '::1:9090', '[::1:9090'])
    expect(problems(`metrics: {listen: "${listen}"}`).map(({ key }) => key)).toEqual(['metrics.listen']);
  for (const listen of ['127.0.0.1:65535', '[::1]:9090', 'localhost:0'])
    expect(problems(`metrics: {listen: "${listen}"}`)).toEqual([]);
});

test('a rule between keys names the variable that the value came from', () => {
  const broken = problems(null, { RECONCILE_INTERVAL_MS: '120000' });
  expect(broken.map(({ key, value }) => [key, value])).toEqual([['RECONCILE_INTERVAL_MS', '120000']]);
});

test('an empty list and a list where a section belongs are shown as they are', () => {
  expect(problems('identity: {allowed_strategies: []}')[0]?.value).toBe('[]');
  expect(problems('reconcile: [1]')[0]?.value).toBe('[1]');
  expect(problems('reconcile: {interval_ms: .nan}')[0]?.value).toBe('NaN');
});

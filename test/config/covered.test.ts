import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { COVERAGE, type Coverage, coveredFor, flattenSettings, widened } from '../../src/config/covered.ts';
import { loadConfig } from '../../src/config/load.ts';
import { schemaKeys } from './schema-keys.ts';

describe('classification', () => {
  const known = new Set(schemaKeys());

  test('every key of the schema is covered or neutral', () => {
    expect(known.size).toBeGreaterThan(40);
    expect([...known].filter((key) => COVERAGE[key] === undefined)).toEqual([]);
  });

  test('nothing is classified that is no key of the schema, but the account', () => {
    expect(Object.keys(COVERAGE).filter((key) => !known.has(key))).toEqual(['account']);
  });

  test('the settings in force name keys of the schema alone', () => {
    const result = loadConfig({ text: null, env: {}, flags: new Map() });
    const flat = result.ok ? Object.keys(result.settings.flat) : ['refused'];
    expect(flat.filter((key) => !known.has(key))).toEqual([]);
  });

  test('what the contract names as covered is covered', () => {
    for (const key of [
      'exchange.environment',
      'account',
      'identity.prefix',
      'identity.allowed_strategies',
      'reconcile.symbol_whitelist',
      'reconcile.max_flatten_notional_usdt',
      'budgets.max_calls_per_day',
      'reconcile.cooldown_seconds',
      'freshness.snapshot_max_age_ms',
      'reconcile.confirm_after_ms',
      'expected_state.path',
    ])
      expect([key, COVERAGE[key]]).not.toEqual([key, 'neutral']);
  });
});

describe('what is wider than the evidence', () => {
  const key = (rule: Coverage): string => {
    const found = Object.entries(COVERAGE).find(([, one]) => one === rule);
    return found?.[0] ?? 'none';
  };
  test.each<[Coverage, string, string, boolean]>([
    ['at_most', '100', '100', false],
    ['at_most', '100', '99.99', false],
    ['at_most', '100', '100.01', true],
    ['at_most', '100', '100.0', false],
    ['at_most', '', '100', true],
    ['at_most', '100', '', true],
    ['at_most', '100', 'NaN', true],
    ['at_least', '60', '60', false],
    ['at_least', '60', '61', false],
    ['at_least', '60', '59', true],
    ['at_least', '60', '', true],
    ['equal', 'a', 'a', false],
    ['equal', 'a', 'b', true],
    ['equal', '', 'b', true],
    ['equal', 'a', '', true],
    ['subset', '["A","B"]', '["A","B"]', false],
    ['subset', '["A","B"]', '["B"]', false],
    ['subset', '["A"]', '["A","B"]', true],
    ['subset', '["A"]', '["B"]', true],
    ['subset', '["A"]', '[]', true],
    ['subset', 'A', '["A"]', true],
    ['neutral', '1', '2', false],
    ['action', 'auto', 'auto', false],
    ['action', 'auto', 'cancel_all', false],
    ['action', 'auto', 'flatten', false],
    ['action', 'auto', 'none', false],
    ['action', 'flatten', 'none', false],
    ['action', 'cancel_all', 'auto', true],
    ['action', 'flatten', 'auto', true],
    ['action', 'cancel_all', 'flatten', true],
    ['action', 'none', 'auto', true],
  ])('%s: %j then %j is wider: %p', (rule, before, now, wider) => {
    const name = key(rule);
    expect(widened({ [name]: before }, { [name]: now })).toEqual(wider ? [name] : []);
  });

  test('narrowing one and widening another names the widened one alone', () => {
    const before = {
      'reconcile.max_flatten_notional_usdt': '100',
      'reconcile.cooldown_seconds': '60',
      account: 'a',
    };
    const now = {
      ...before,
      'reconcile.max_flatten_notional_usdt': '50',
      'reconcile.cooldown_seconds': '30',
    };
    expect(widened(before, now)).toEqual(['reconcile.cooldown_seconds']);
  });

  test('a key that nobody classified counts as wider when it changes', () => {
    expect(widened({}, { 'new.key': '1' })).toEqual(['new.key']);
  });

  test("the runbook's step 4.2 narrows", () => {
    const flat = (env: Readonly<Record<string, string>>, text: string) => {
      const result = loadConfig({ text, env, flags: new Map() });
      return result.ok ? coveredFor(3, result.settings.flat) : {};
    };
    const text = 'reconcile: {symbol_whitelist: [BTCUSDT, ETHUSDT]}';
    const limits = {
      RECONCILE_SYMBOL_WHITELIST: '["BTCUSDT"]',
      MAX_FLATTEN_NOTIONAL_USDT: '100',
      RECONCILE_COOLDOWN_SECONDS: '60',
      MAX_ORDERS_PER_ACTION: '3',
      MAX_SYMBOLS_PER_ACTION: '1',
    };
    expect(widened(flat({}, text), flat(limits, text))).toEqual([]);
    expect(widened(flat(limits, text), flat({}, text))).toEqual(['reconcile.symbol_whitelist']);
  });

  test('narrowing twice is narrowing, and the same is never wider', () => {
    const value = fc.integer({ min: 1, max: 1000 }).map(String);
    const settings = fc.record({
      'reconcile.max_orders_per_action': value,
      'reconcile.cooldown_seconds': value,
    });
    fc.assert(
      fc.property(settings, settings, settings, (a, b, c) => {
        expect(widened(a, a)).toEqual([]);
        if (widened(a, b).length === 0 && widened(b, c).length === 0) expect(widened(a, c)).toEqual([]);
      }),
    );
  });
});

describe('the covered settings of a stage', () => {
  test('hold no neutral key, and the action from stage 2 on', () => {
    const all = { 'log.level': 'info', 'reconcile.action': 'auto', account: 'sim' };
    expect(coveredFor(1, all)).toEqual({ account: 'sim' });
    expect(coveredFor(2, all)).toEqual({ account: 'sim', 'reconcile.action': 'auto' });
  });

  test('are text: lists sorted as JSON, what is not set empty', () => {
    expect(flattenSettings({ a: { b: [2, 1], c: undefined }, d: true })).toEqual({
      'a.b': '[1,2]',
      'a.c': '',
      d: 'true',
    });
  });
});

import { describe, expect, test } from 'bun:test';
import { loadConfig } from '../../src/config/load.ts';
import { allowedHosts, type Environment } from '../../src/launch/hosts.ts';
import { readPlaceSettings } from '../../src/launch/settings.ts';
import { schemaKeys } from './schema-keys.ts';

const KEYS = 'key_file: k, secret_file: s';
const LOOPBACK = 'endpoints: {rest: "http://127.0.0.1:1", ws: "ws://127.0.0.1:2"}';
const elsewhere = `exchange: {${LOOPBACK}, ${KEYS}}`;
const testnet = `exchange: {environment: testnet, ${KEYS}}\nexpected_state: {path: e}`;

function keysOf(text: string): readonly string[] {
  const result = loadConfig({ text, env: {}, flags: new Map() });
  return result.ok ? [] : result.problems.map(({ key }) => key);
}

describe('relations', () => {
  test('the interval is below the freshness limit', () => {
    const at = (interval: number) =>
      keysOf(`reconcile: {interval_ms: ${interval}}\nfreshness: {snapshot_max_age_ms: 9000}`);
    expect(at(8999)).toEqual([]);
    expect(at(9000)).toEqual(['reconcile.interval_ms']);
    expect(at(9001)).toEqual(['reconcile.interval_ms']);
  });

  test('a real exchange needs the path of a feed that is a file, and none of one that is a socket', () => {
    const real = `exchange: {environment: testnet, ${KEYS}}\n`;
    expect(keysOf(real)).toEqual(['expected_state.path']);
    expect(keysOf(`${real}expected_state: {source: file}`)).toEqual(['expected_state.path']);
    expect(keysOf(`${real}expected_state: {source: socket}`)).toEqual([]);
  });

  test('a hedge group has two symbols at least', () => {
    expect(keysOf('reconcile: {hedge_groups: [[BTCUSDT, ETHUSDT]]}')).toEqual([]);
    expect(keysOf('reconcile: {hedge_groups: [[BTCUSDT]]}')).toEqual(['reconcile.hedge_groups.0']);
  });

  test.each([
    ['ceremony', 'dwell_ms', 600_000],
    ['expected_state', 'settle_ms', 60_000],
    ['expected_state', 'position_lag_ms', 30_000],
    ['reconcile', 'confirm_after_ms', 10_000],
  ])('%s.%s may be short on the embedded simulator alone', (section, key, least) => {
    const of = (value: number) => `\n${section}: {${key}: ${value}}`;
    expect(keysOf(of(1000))).toEqual([]);
    expect(keysOf(elsewhere + of(least - 1))).toEqual([`${section}.${key}`]);
    expect(keysOf(elsewhere + of(least))).toEqual([]);
    const real =
      section === 'expected_state'
        ? `exchange: {environment: testnet, ${KEYS}}\nexpected_state: {path: e, ${key}: ${least - 1}}`
        : testnet + of(least - 1);
    expect(keysOf(real)).toEqual([`${section}.${key}`]);
  });

  test('a lease is at most 12 hours', () => {
    for (const lease of ['12h', '720m', '43200s', '1s'])
      expect(keysOf(`arming: {lease: ${lease}}`)).toEqual([]);
    for (const lease of ['13h', '721m', '43201s'])
      expect(keysOf(`arming: {lease: ${lease}}`)).toEqual(['arming.lease']);
  });

  test('a symbol stands in the whitelist once', () => {
    expect(keysOf('reconcile: {symbol_whitelist: [BTCUSDT, BTCUSDT]}')).toEqual([
      'reconcile.symbol_whitelist',
    ]);
  });

  test('everything but the embedded simulator needs keys, and a real exchange a feed', () => {
    expect(keysOf(`exchange: {${LOOPBACK}}`)).toEqual(['exchange.key_file, exchange.secret_file']);
    expect(keysOf(`exchange: {${LOOPBACK}, key_file: k}`)).toEqual([
      'exchange.key_file, exchange.secret_file',
    ]);
    expect(keysOf(elsewhere)).toEqual([]);
    expect(keysOf(`exchange: {environment: testnet, ${KEYS}}`)).toEqual(['expected_state.path']);
    expect(keysOf(testnet)).toEqual([]);
  });

  test('a simulator elsewhere has both addresses', () => {
    expect(keysOf(`exchange: {endpoints: {rest: "http://127.0.0.1:1"}, ${KEYS}}`)).toEqual([
      'exchange.endpoints',
    ]);
    expect(keysOf(`exchange: {endpoints: {ws: "ws://127.0.0.1:1"}, ${KEYS}}`)).toEqual([
      'exchange.endpoints',
    ]);
  });
});

describe('endpoints', () => {
  const rows: readonly (readonly [Environment, 'rest' | 'ws', string, boolean])[] = [
    ['testnet', 'rest', 'http://127.0.0.1:8080', true],
    ['testnet', 'rest', 'http://localhost:8080', true],
    ['testnet', 'rest', 'http://[::1]:8080', true],
    ['testnet', 'ws', 'ws://127.0.0.1:8080', true],
    ['testnet', 'rest', 'https://127.0.0.1:8080', false],
    ['testnet', 'rest', 'https://demo-fapi.binance.com', true],
    ['testnet', 'rest', 'https://testnet.binancefuture.com/', true],
    ['testnet', 'rest', 'http://testnet.binancefuture.com', false],
    ['testnet', 'rest', 'https://fapi.binance.com', false],
    ['testnet', 'ws', 'wss://fstream.binancefuture.com', true],
    ['testnet', 'ws', 'wss://fstream.binance.com', false],
    ['testnet', 'ws', 'https://fstream.binancefuture.com', false],
    ['mainnet', 'rest', 'https://fapi.binance.com', true],
    ['mainnet', 'ws', 'wss://fstream.binance.com', true],
    ['mainnet', 'rest', 'http://127.0.0.1:8080', false],
    ['mainnet', 'ws', 'ws://localhost:8080', false],
    ['mainnet', 'rest', 'https://demo-fapi.binance.com', false],
    ['mainnet', 'rest', 'https://fapi.binance.com.evil.example', false],
    ['mainnet', 'rest', 'https://user:pw@fapi.binance.com', false],
    ['mainnet', 'rest', 'https://fapi.binance.com/path', false],
    ['mainnet', 'rest', 'https://fapi.binance.com/?x=1', false],
    ['mainnet', 'rest', 'fapi.binance.com', false],
    ['mainnet', 'rest', 'not a url', false],
  ];
  const document = (environment: Environment, key: string, url: string) =>
    `exchange: {environment: ${environment}, endpoints: {${key}: "${url}"}, ${KEYS}}\nexpected_state: {path: e}`;

  test.each(rows)('%s takes %s %s: %p', (environment, key, url, fine) => {
    expect(keysOf(document(environment, key, url))).toEqual(fine ? [] : [`exchange.endpoints.${key}`]);
  });

  test('whatever is accepted here the launcher lets through, so that a start does not fail at the first call', () => {
    for (const [environment, key, url, fine] of rows.filter((row) => row[3])) {
      const { hostname, port } = new URL(url);
      const granted = allowedHosts(environment, readPlaceSettings(document(environment, key, url)));
      expect([fine, granted.includes(`${hostname}:${port === '' ? 443 : port}`)]).toEqual([true, true]);
    }
  });

  test('a simulator is on loopback only', () => {
    const at = (rest: string) =>
      keysOf(`exchange: {endpoints: {rest: "${rest}", ws: "ws://127.0.0.1:2"}, ${KEYS}}`);
    expect(at('http://127.0.0.1:1')).toEqual([]);
    expect(at('http://10.0.0.1:1')).toEqual(['exchange.endpoints.rest']);
    expect(at('https://fapi.binance.com')).toEqual(['exchange.endpoints.rest']);
  });
});

describe('a duration', () => {
  const durations = schemaKeys().filter((key) => /_ms$|_seconds$|^arming\.lease$/.test(key));

  test.each(durations)('%s is refused where a timer would fire at once for it', (key) => {
    const [section = '', name = ''] = key.split('.');
    const value = name === 'lease' ? '"597h"' : name.endsWith('_seconds') ? 2_147_484 : 2_147_483_648;
    const loaded = loadConfig({ text: `${section}: {${name}: ${value}}`, env: {}, flags: new Map() });
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.key)).toContain(key);
  });
});

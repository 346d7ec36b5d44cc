import { describe, expect, test } from 'bun:test';
import { loadConfig, type Settings } from '../../src/config/load.ts';
import { type Reload, reloadConfig, TAKES_EFFECT } from '../../src/config/reload.ts';
import { schemaKeys } from './schema-keys.ts';

const none = new Map<string, unknown>();

function settingsOf(text: string, env: Record<string, string> = {}): Settings {
  const loaded = loadConfig({ text, env, flags: none });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.settings;
}

function read(before: string, after: string, env: Record<string, string> = {}) {
  const reload = reloadConfig(settingsOf(before, env), { text: after, env, flags: none });
  if (reload.kind !== 'read') throw new Error(JSON.stringify(reload.problems));
  return reload;
}

const keys = (changes: Extract<Reload, { kind: 'read' }>['changes']) => changes.map(({ key }) => key);

describe('when a key takes effect', () => {
  test('is said for every key of the schema and no other', () => {
    expect(Object.keys(TAKES_EFFECT).sort()).toEqual([...schemaKeys()].sort());
  });

  test('what names a place, a host, a key or the account waits for the next start', () => {
    const fixed = schemaKeys().filter((key) =>
      /^(exchange|identity|audit|log|metrics|control|simulator)\.|path|state_dir/.test(key),
    );
    expect(fixed.length).toBeGreaterThan(20);
    expect(fixed.filter((key) => TAKES_EFFECT[key] !== 'next_start')).toEqual([]);
  });
});

describe('a configuration that is read again', () => {
  test('gives the settings and the digest that a start would read from it', () => {
    const after = 'reconcile: {cooldown_seconds: 90}';
    const reload = read('', after);
    expect(reload.settings.flat).toEqual(settingsOf(after).flat);
    expect(reload.settings.digest).toBe(settingsOf(after).digest);
    // What waits for a start is as it was, and what was unset stays unset.
    const fixed = read('', 'exchange: {key_file: k, secret_file: s}\nreconcile: {cooldown_seconds: 90}');
    expect(fixed.settings.digest).toBe(settingsOf(after).digest);
  });

  test('and says what it said changes nothing, not even the object', () => {
    const current = settingsOf('reconcile: {cooldown_seconds: 90}');
    const reload = reloadConfig(current, {
      text: 'reconcile:\n  cooldown_seconds: 90\n',
      env: {},
      flags: none,
    });
    expect(reload).toEqual({ kind: 'read', settings: current, changes: [], atNextStart: [], widened: [] });
  });

  test('brings a narrower limit into force, and widens nothing', () => {
    const reload = read('', 'reconcile: {max_flatten_notional_usdt: 50, cooldown_seconds: 120}');
    expect(reload.changes).toEqual([
      { key: 'reconcile.cooldown_seconds', before: '60', after: '120' },
      { key: 'reconcile.max_flatten_notional_usdt', before: '100', after: '50' },
    ]);
    expect(reload.widened).toEqual([]);
    expect(reload.settings.reconcile.cooldownSeconds).toBe(120);
    expect(reload.settings.digest).not.toBe(settingsOf('').digest);
  });

  test('names what is wider than before, also when something else is narrower', () => {
    const reload = read('', 'reconcile: {max_orders_per_action: 4, cooldown_seconds: 120}');
    expect(reload.widened).toEqual(['reconcile.max_orders_per_action']);
  });

  test('leaves what is fixed as it was, and says that it waits', () => {
    const before = 'state_dir: a\nidentity: {prefix: "grinder_"}\nmetrics: {listen: "127.0.0.1:1"}';
    const after = 'state_dir: b\nidentity: {prefix: "other_"}\nreconcile: {interval_ms: 7000}';
    const reload = read(before, after);
    expect(keys(reload.changes)).toEqual(['reconcile.interval_ms']);
    expect(keys(reload.atNextStart)).toEqual(['identity.prefix', 'metrics.listen', 'state_dir']);
    const { stateDir, identity, metrics } = reload.settings;
    expect([stateDir, identity.prefix, metrics.listen]).toEqual(['a', 'grinder_', '127.0.0.1:1']);
  });

  test('keeps to a variable that goes over it', () => {
    const env = { RECONCILE_COOLDOWN_SECONDS: '77' };
    const reload = read('', 'reconcile: {cooldown_seconds: 90}', env);
    expect([reload.changes, reload.settings.reconcile.cooldownSeconds]).toEqual([[], 77]);
  });

  test.each<[string, string]>([
    ['reconcile: {cooldown_seconds: 0}', 'reconcile.cooldown_seconds'],
    ['reconcile: {nonsense: 1}', 'reconcile.nonsense'],
    ['exchange: {environment: mainnet}', 'exchange.key_file, exchange.secret_file'],
    ['a: [', 'line 1'],
  ])('%s is refused and names %s', (text, key) => {
    const reload = reloadConfig(settingsOf(''), { text, env: {}, flags: none });
    expect(reload.kind).toBe('refused');
    if (reload.kind === 'refused') expect(reload.problems.map((problem) => problem.key)).toContain(key);
  });
});

import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { readCommandLine } from '../../src/launch/argv.ts';
import { configSearch, findConfig } from '../../src/launch/find-config.ts';
import {
  accountDir,
  computePlaces,
  otherAccountDirs,
  type PlaceInputs,
  type Places,
} from '../../src/launch/places.ts';

const mainnetHosts = ['fapi', 'fstream', 'ws-fapi', 'api'].map((name) => `${name}.binance.com:443`);
const home = { HOME: '/home/op' };

function places(changes: Partial<PlaceInputs> = {}): Places {
  return computePlaces({ argv: ['run'], env: home, cwd: '/work dir', uid: 1000, config: null, ...changes });
}

function configured(text: string, changes: Partial<PlaceInputs> = {}): Places {
  return places({ config: { path: '/etc/grinder/config.yaml', text }, ...changes });
}

describe('places', () => {
  test('without a configuration everything is relative to the working directory', () => {
    expect(places()).toMatchObject({
      configPath: null,
      environment: 'sim',
      embeddedSimulator: true,
      stateDir: '/work dir/state',
      auditPath: '/work dir/audit/reconcile.jsonl',
      logPath: '/work dir/logs/app.log',
      expectedPath: '/work dir/state/expected.jsonl',
      metricsHost: '127.0.0.1',
      metricsPort: 9090,
      hosts: ['127.0.0.1'],
    });
  });

  test('relative paths in a configuration are relative to its file', () => {
    const text =
      'state_dir: data\naudit: {path: a/b.jsonl}\nlog: {path: /var/log/g.log}\nexpected_state: {path: ../e.jsonl}';
    expect(configured(text)).toMatchObject({
      stateDir: '/etc/grinder/data',
      auditPath: '/etc/grinder/a/b.jsonl',
      logPath: '/var/log/g.log',
      expectedPath: '/etc/e.jsonl',
    });
  });

  test('a variable wins over the file and an empty one counts as unset', () => {
    const env = { ...home, GRINDER_AUDIT_PATH: '/a/x.jsonl', GRINDER_LOG_PATH: '', GRINDER_STATE_DIR: 's' };
    expect(configured('audit: {path: b.jsonl}\nlog: {path: c.log}', { env })).toMatchObject({
      auditPath: '/a/x.jsonl',
      logPath: '/etc/grinder/c.log',
      stateDir: '/etc/grinder/s',
    });
  });

  test('the socket is named by a hash of the state directory, so its path stays short', () => {
    const deep = `/srv/${'d'.repeat(200)}`;
    const key = createHash('sha256').update(deep).digest('hex').slice(0, 12);
    const env = { ...home, XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(configured(`state_dir: ${deep}`, { env })).toMatchObject({
      socketPath: `/run/user/1000/grinder/${key}.sock`,
      registryPath: `/run/user/1000/grinder/${key}.json`,
      feedPath: `/run/user/1000/grinder/${key}.feed.sock`,
    });
  });

  test.each([
    [{ RUNTIME_DIRECTORY: '/run/grinder', XDG_RUNTIME_DIR: '/run/user/5' }, '/run/grinder'],
    [{ RUNTIME_DIRECTORY: '/run/a:/run/b' }, '/run/a'],
    [{ XDG_RUNTIME_DIR: '/run/user/5' }, '/run/user/5/grinder'],
    [{ XDG_RUNTIME_DIR: 'relative' }, '/tmp/grinder-1000'],
    [{}, '/tmp/grinder-1000'],
  ])('with %p sockets are in %s', (env, dir) => {
    expect(places({ env }).runtimeDir).toBe(dir);
  });

  test('a client looks in every directory where a daemon of this user may be', () => {
    const env = { ...home, XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(places({ env }).registryDirs).toEqual([
      '/run/user/1000/grinder',
      '/tmp/grinder-1000',
      '/run/grinder',
    ]);
  });

  test('a shell without a login session, as of cron or su, still finds the daemons of one', () => {
    const bare = places({ env: home });
    expect(bare.runtimeDir).toBe('/tmp/grinder-1000');
    expect(bare.registryDirs).toEqual(['/tmp/grinder-1000', '/run/user/1000/grinder', '/run/grinder']);
    const elsewhere = places({ env: { ...home, XDG_RUNTIME_DIR: '/run/other' } });
    expect(elsewhere.registryDirs).toContain('/run/user/1000/grinder');
  });

  test.each([
    [{ XDG_STATE_HOME: '/xdg', HOME: '/home/op' }, '/xdg/grinder'],
    [{ HOME: '/home/op' }, '/home/op/.local/state/grinder'],
    [{ HOME: '' }, '/var/lib/grinder'],
    [{ HOME: '/cache', GRINDER_HOME: '/home/op' }, '/home/op/.local/state/grinder'],
    [{ HOME: '/cache', GRINDER_HOME: '' }, '/var/lib/grinder'],
    // The service user's shell and its daemon, of which the unit says XDG_STATE_HOME=/var/lib, share lock and latch.
    [{ HOME: '/var/lib/grinder' }, '/var/lib/grinder'],
    [{ HOME: '/var/lib/grinder/' }, '/var/lib/grinder'],
    [{}, '/var/lib/grinder'],
  ])('with %p accounts are below %s', (env, base) => {
    expect(places({ env }).accountsBase).toBe(base);
  });

  test.each([
    // The unit's daemon, after an earlier program of the same user had only HOME to go by.
    [{ XDG_STATE_HOME: '/var/lib', HOME: '/var/lib/grinder' }, ['/var/lib/grinder/.local/state/grinder']],
    [{ HOME: '/var/lib/grinder' }, ['/var/lib/grinder/.local/state/grinder']],
    [{ XDG_STATE_HOME: '/xdg', HOME: '/home/op' }, ['/home/op/.local/state/grinder', '/var/lib/grinder']],
    [{ HOME: '/home/op' }, ['/var/lib/grinder']],
    [
      { XDG_STATE_HOME: '/xdg', HOME: '/run', GRINDER_HOME: '/h' },
      ['/h/.local/state/grinder', '/var/lib/grinder'],
    ],
    [{}, []],
  ])('with %p a stop or a lock is looked for in %p too', (env, bases) => {
    const at = places({ env });
    expect(at.otherAccountsBases).toEqual(bases);
    expect(otherAccountDirs(at, 'ab12')).toEqual([]);
    const real = configured('exchange: {environment: mainnet}');
    expect(otherAccountDirs(real, 'ab12')).toEqual(['/var/lib/grinder/accounts/ab12']);
  });

  test("a real account's lock is outside the state directory and the embedded simulator's inside", () => {
    expect(accountDir(configured('exchange: {environment: mainnet}'), 'ab12')).toBe(
      '/home/op/.local/state/grinder/accounts/ab12',
    );
    expect(accountDir(places(), 'sim')).toBe('/work dir/state/account');
  });

  test("a simulator's keys and feed are where its flags say, relative to the working directory", () => {
    const argv = ['sim', '--api-key-file', 'k', '--api-secret-file=/s', '--feed', 'f/e.jsonl'];
    const env = { ...home, GRINDER_SMOKE_DIR: '/tmp/s1' };
    expect(configured('exchange: {key_file: real}', { argv, env })).toMatchObject({
      keyFiles: ['/work dir/k', '/s'],
      expectedPath: '/work dir/f/e.jsonl',
    });
    const smoke = configured('exchange: {key_file: real}', { argv: ['smoke', ...argv.slice(1)], env });
    expect(smoke).toMatchObject({ keyFiles: [], expectedPath: '/tmp/s1/state/expected.jsonl' });
  });

  test("an operator's token file is read where the flag or the variable says, relative to the working directory", () => {
    const argv = ['approve', '--operator-token-file', 't'];
    expect(configured('', { argv }).keyFiles).toEqual(['/work dir/t']);
    const env = { ...home, GRINDER_OPERATOR_TOKEN_FILE: '/home/u/t' };
    expect(configured('', { argv: ['renew'], env }).keyFiles).toEqual(['/home/u/t']);
    expect(configured('', { argv, env }).keyFiles).toEqual(['/work dir/t']);
  });

  test('key files, wherever they are named, are resolved against the configuration', () => {
    const text = 'exchange: {key_file: k, secret_file: /s}\noperators: [{name: a, token_file: t}]';
    expect(configured(text).keyFiles).toEqual(['/etc/grinder/k', '/s', '/etc/grinder/t']);
  });

  test.each([
    ['sim', '', ['127.0.0.1']],
    ['mainnet', '', mainnetHosts],
    ['mainnet', 'rest: http://127.0.0.1:1/', mainnetHosts],
    [
      'sim',
      'rest: "http://127.0.0.1:8080", ws: "ws://localhost:8081"',
      ['127.0.0.1', '127.0.0.1:8080', 'localhost:8081'],
    ],
    ['sim', 'rest: "https://fapi.binance.com"', ['127.0.0.1']],
    ['sim', 'rest: "https://evil.example"', ['127.0.0.1']],
  ])('%s with endpoints {%s} reaches %j only', (environment, endpoints, hosts) => {
    expect(configured(`exchange: {environment: ${environment}, endpoints: {${endpoints}}}`).hosts).toEqual(
      hosts,
    );
  });

  test('--exchange wins over the file', () => {
    const changes = { argv: ['run', '--exchange', 'testnet'] };
    expect(configured('exchange: {environment: mainnet}', changes).environment).toBe('testnet');
  });

  test.each([
    ['0.0.0.0:9100', '0.0.0.0', 9100],
    ['[::1]:9100', '[::1]', 9100],
    ['localhost:99999', null, null],
    ['9100', null, null],
  ])('metrics.listen %s is host %p, port %p', (listen, host, port) => {
    expect(configured(`metrics: {listen: "${listen}"}`)).toMatchObject({
      metricsHost: host,
      metricsPort: port,
    });
  });

  test('text that is not YAML gives the defaults, so that the program can say what is wrong', () => {
    expect(configured('a: [').stateDir).toBe('/etc/grinder/state');
    expect(configured('- 1').stateDir).toBe('/etc/grinder/state');
  });

  test('smoke lives in its own directory, whatever variables and configuration say', () => {
    const env = {
      ...home,
      GRINDER_SMOKE_DIR: '/tmp/smoke-1',
      GRINDER_AUDIT_PATH: '/real/audit',
      XDG_STATE_HOME: '/real',
    };
    const found = configured('state_dir: /real/state\ncontrol: {socket: /real/s}', { argv: ['smoke'], env });
    expect(JSON.stringify({ ...found, configPath: null })).not.toContain('/real');
    expect(found).toMatchObject({ stateDir: '/tmp/smoke-1/state', runtimeDir: '/tmp/smoke-1' });
  });
});

describe('the command line', () => {
  test.each([
    [['--no-color', 'run'], 'run', null],
    [['run', '--config', 'a.yaml'], 'run', 'a.yaml'],
    [['--config=a=b.yaml', 'status'], 'status', 'a=b.yaml'],
    [['--config', 'stop', 'status'], 'status', 'stop'],
    [['status', '--', '--config', 'x'], 'status', null],
    [['run', '--config'], 'run', null],
    [['--port', '80', 'sim'], 'sim', null],
    [['-n', '5', 'audit', 'tail'], 'audit', null],
    [[], '', null],
  ])('%j has the verb %p and the configuration %p', (argv, verb, config) => {
    expect(readCommandLine(argv)).toMatchObject({ verb, configFlag: config });
  });
});

describe('the search for a configuration', () => {
  test('flag, then variable, then the two usual places', () => {
    const env = { GRINDER_CONFIG: 'env.yaml' };
    expect(configSearch(['run', '--config', 'f.yaml'], env, '/w')).toEqual({
      candidates: ['/w/f.yaml'],
      explicit: true,
    });
    expect(configSearch(['run'], env, '/w')).toEqual({ candidates: ['/w/env.yaml'], explicit: true });
    const usual = { candidates: ['/w/config.yaml', '/etc/grinder/config.yaml'], explicit: false };
    expect(configSearch(['run'], { GRINDER_CONFIG: '' }, '/w')).toEqual(usual);
  });

  test('the first that can be read is taken', () => {
    const search = configSearch(['run'], {}, '/w');
    expect(findConfig(search, (path) => (path.startsWith('/etc') ? 'x: 1' : null))?.path).toBe(
      '/etc/grinder/config.yaml',
    );
    expect(findConfig(search, () => null)).toBeNull();
  });
});

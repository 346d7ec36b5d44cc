import { describe, expect, test } from 'bun:test';
import { findUnsafePlace, type Inode } from '../../src/launch/checks.ts';
import { permissionFlags } from '../../src/launch/permissions.ts';
import { computePlaces, type Places } from '../../src/launch/places.ts';
import { formatRegistryEntry, parseRegistryEntry } from '../../src/launch/registry.ts';

const env = { HOME: '/home/op', XDG_RUNTIME_DIR: '/run/user/7' };

function placesOf(
  argv: readonly string[],
  text = '',
  variables: Readonly<Record<string, string>> = env,
): Places {
  return computePlaces({ argv, env: variables, cwd: '/w', uid: 7, config: { path: '/w/config.yaml', text } });
}

function flagsOf(argv: readonly string[], text = '', variables: Readonly<Record<string, string>> = env) {
  const context = {
    env: variables,
    bundlePath: '/c/grinder.js',
    configCandidates: ['/w/config.yaml'],
    sockets: ['/r/a.sock'],
    stateDirs: ['/other/state'],
  };
  const flags = permissionFlags(placesOf(argv, text, variables), context);
  const list = (name: string): readonly string[] =>
    flags
      .find((flag) => flag.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .split(',') ?? [];
  return { flags, read: list('--allow-read'), write: list('--allow-write'), net: list('--allow-net') };
}

describe('permissions', () => {
  test('no verb may run programs, load libraries, import from outside, or do everything', () => {
    for (const verb of [
      'run',
      'doctor',
      'smoke',
      'sim',
      'stop',
      'status',
      'config',
      'audit',
      'report',
      'nonsense',
      '',
    ]) {
      const { flags } = flagsOf([verb]);
      expect(flags.filter((flag) => /^(-A|--allow-(all|run|ffi|import))/.test(flag))).toEqual([]);
      expect(flags.filter((flag) => /^--allow-(read|write|net|env|sys)$/.test(flag))).toEqual([]);
      expect(flags).toContain('--no-prompt');
      expect(flags).toContain('--no-remote');
    }
  });

  test('a report may write the one file it was told to, and without one nothing', () => {
    const { write } = flagsOf(['report', '--format', 'html', '--output', 'out/report.html']);
    expect(write.filter((path) => !path.endsWith('.sock'))).toEqual(['/w/out/report.html']);
    expect(flagsOf(['report']).write.filter((path) => !path.endsWith('.sock'))).toEqual([]);
    expect(flagsOf(['status', '--output', 'x']).write).not.toContain('/w/x');
  });

  test('a mainnet daemon reaches the exchange, its metrics port and its sockets, and nothing else', () => {
    const { net } = flagsOf(['run'], 'exchange: {environment: mainnet}');
    expect(net.filter((entry) => !entry.startsWith('unix:'))).toEqual([
      'fapi.binance.com:443',
      'fstream.binance.com:443',
      'ws-fapi.binance.com:443',
      'api.binance.com:443',
      '127.0.0.1:9090',
    ]);
  });

  test('a daemon writes its own directories only, and reads keys without writing them', () => {
    const { read, write } = flagsOf(
      ['run'],
      'exchange: {environment: mainnet, key_file: /k/key}\nexpected_state: {path: /e/f.jsonl}',
    );
    expect(write).toEqual([
      '/w/state',
      '/w/audit',
      '/w/logs',
      '/home/op/.local/state/grinder',
      '/run/user/7/grinder',
    ]);
    expect(read).toContain('/k/key');
    expect(read).toContain('/e');
  });

  test('a client speaks to sockets and to no host', () => {
    const { net, write } = flagsOf(['status']);
    expect(net.every((entry) => entry.startsWith('unix:/'))).toBe(true);
    expect(net).toContain('unix:/r/a.sock');
    expect(write.every((path) => path.endsWith('.sock'))).toBe(true);
  });

  test('stop, and a screen, may leave their file in the state directory of every daemon that was found', () => {
    const { read, write } = flagsOf(['stop']);
    for (const path of ['/w/state', '/other/state']) {
      expect(write).toContain(path);
      expect(read).toContain(path);
    }
    // A screen leaves it where its daemon told that it looks.
    expect(flagsOf(['attach']).write).toContain('/other/state');
    expect(flagsOf(['shutdown']).write).not.toContain('/other/state');
    expect(flagsOf(['status']).write).not.toContain('/w/state');
  });

  test('a verb that only prints has neither network nor writing', () => {
    expect(flagsOf(['config', 'check'])).toMatchObject({ net: [], write: [] });
    expect(flagsOf(['--version'])).toMatchObject({ net: [], write: [] });
  });

  test('smoke has its directory and loopback', () => {
    const { net, write } = flagsOf(['smoke'], 'exchange: {environment: mainnet}', {
      ...env,
      GRINDER_SMOKE_DIR: '/tmp/s',
    });
    expect(write).toEqual(['/tmp/s']);
    expect(net.filter((entry) => !entry.startsWith('unix:/tmp/s/'))).toEqual(['127.0.0.1']);
  });

  test('a simulator reads the keys and writes the feed that it was told of, and nothing besides', () => {
    const argv = ['sim', '--api-key-file', 'k', '--api-secret-file', '/s', '--feed', '/f/e.jsonl'];
    const { net, read, write } = flagsOf(argv, '', { ...env, GRINDER_SMOKE_DIR: '/tmp/s' });
    expect(write).toEqual(['/tmp/s', '/f']);
    for (const path of ['/w/k', '/s', '/f']) expect(read).toContain(path);
    expect(net.filter((entry) => !entry.startsWith('unix:/tmp/s/'))).toEqual(['127.0.0.1']);
    expect(flagsOf(['sim'], '', { ...env, GRINDER_SMOKE_DIR: '/tmp/s' }).write).toEqual(['/tmp/s']);
  });

  test("systemd's notification socket is reachable when there is one", () => {
    const { flags, net } = flagsOf(['run'], '', { ...env, NOTIFY_SOCKET: '/run/systemd/notify' });
    expect(net).toContain('unix:/run/systemd/notify');
    expect(flags).toContain('--unstable-net');
    expect(flagsOf(['run']).flags).not.toContain('--unstable-net');
  });

  test('a comma in a path is doubled and a line break refused', () => {
    expect(flagsOf(['run'], 'state_dir: /a,b').flags.join()).toContain('/a,,b');
    expect(() => flagsOf(['run'], 'state_dir: "/a\\nb"')).toThrow(RangeError);
    expect(() => flagsOf(['run'], 'control: {socket: "/a,b.sock"}')).toThrow(RangeError);
  });
});

describe('unsafe places', () => {
  const fine: Inode = { isSymbolicLink: false, isDirectory: true, uid: 7, mode: 0o700 };
  const link: Inode = { ...fine, isSymbolicLink: true, isDirectory: false };

  test('what does not exist yet, and what is real and ours, is fine', () => {
    expect(findUnsafePlace(placesOf(['run']), 7, () => null)).toBeNull();
    expect(findUnsafePlace(placesOf(['run']), 7, () => fine)).toBeNull();
  });

  test.each(['/w/state', '/w/audit', '/w/audit/reconcile.jsonl', '/w/logs', '/home/op/.local/state/grinder'])(
    'a link at %s is refused by name',
    (path) => {
      const found = findUnsafePlace(placesOf(['run']), 7, (asked) => (asked === path ? link : null));
      expect(found).toContain(`${path} is a symbolic link`);
    },
  );

  test.each([
    [{ ...fine, uid: 8 }, 'belongs to user 8'],
    [{ ...fine, mode: 0o770 }, 'others can write'],
    [{ ...fine, mode: 0o702 }, 'others can write'],
    [link, 'not a real directory'],
    [{ ...fine, isDirectory: false }, 'not a real directory'],
  ])('a runtime directory that is %p is refused', (inode, message) => {
    const found = findUnsafePlace(placesOf(['run']), 7, (path) =>
      path === '/run/user/7/grinder' ? inode : null,
    );
    expect(found).toContain(message);
  });

  test('a socket path of 107 bytes is accepted and of 108 refused', () => {
    const at = (length: number): Places => placesOf(['run'], `control: {socket: /${'s'.repeat(length - 1)}}`);
    expect(findUnsafePlace(at(107), 7, () => null)).toBeNull();
    expect(findUnsafePlace(at(108), 7, () => null)).toContain('108 bytes');
  });

  test('a verb that touches no place is never refused', () => {
    expect(findUnsafePlace(placesOf(['--version']), 7, () => link)).toBeNull();
  });
});

describe('registry entries', () => {
  const entry = {
    pid: 4,
    account: 'sim',
    environment: 'sim',
    configPath: null,
    stateDir: '/s',
    socketPath: '/r/a.sock',
  };

  test('are read as they were written', () => {
    expect(parseRegistryEntry(formatRegistryEntry(entry))).toEqual(entry);
  });

  test.each(['', '{', '[]', 'null', '{"pid":4}', formatRegistryEntry({ ...entry, socketPath: 'relative' })])(
    'anything else is none: %s',
    (text) => expect(parseRegistryEntry(text)).toBeNull(),
  );
});

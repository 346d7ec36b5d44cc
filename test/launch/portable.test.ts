import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createFixture, type Fixture, makeDir } from './portable-fixture.ts';

let fixture: Fixture;
beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => fixture.remove());

describe('a start', () => {
  test('unpacks once, privately, and starts from there later', () => {
    expect(fixture.run().status).toBe(5);
    const [key = ''] = readdirSync(fixture.cache);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(lstatSync(fixture.cache).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(fixture.cache, key)).mode & 0o777).toBe(0o700);
    const before = lstatSync(join(fixture.cache, key, 'deno'));
    expect(fixture.run().status).toBe(5);
    expect(lstatSync(join(fixture.cache, key, 'deno')).ino).toBe(before.ino);
    expect(readdirSync(fixture.cache)).toEqual([key]);
  });

  test("gives the runtime a home without anybody else's files, and tells the program of the real one", () => {
    expect(fixture.run().stdout).toMatch(/^home=.*\/cache\/[0-9a-f]{16} real=(.*)$/m);
    expect(/ real=(.*)$/m.exec(fixture.run().stdout)?.[1]).toBe(fixture.dir);
  });

  test('passes flags, arguments and standard input on unchanged', () => {
    const { stdout } = fixture.run({ args: ['run', 'a b', '*', '', '--x=$HOME'], input: 'typed\n' });
    expect(stdout).toContain('[run]\n[--flag=one]\n[/with space]\n[*]\n');
    expect(stdout).toContain('grinder.js]\n[run]\n[a b]\n[*]\n[]\n[--x=$HOME]\n');
    expect(stdout).toEndWith('typed\n');
  });

  test('from a directory that is gone goes on for a stop alone, and says so to everything else', () => {
    const script = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"';
    const gone = (...args: readonly string[]) =>
      fixture.run({
        file: '/bin/sh',
        args: ['-c', script, join(fixture.dir, 'gone'), fixture.executable, ...args],
      });
    expect(gone('--config', 'x', 'stop').stdout).toContain('[stop]');
    const refused = gone('status');
    expect(refused.status).toBe(78);
    expect(refused.stderr).toContain('grinder: the current directory is gone');
    expect(refused.stdout).toBe('');
  });

  // Without iconv nothing tells such bytes, and the runtime ends with its own words.
  const hasIconv = spawnSync('iconv', ['-l']).status === 0;
  test.skipIf(!hasIconv)(
    'with bytes that are no UTF-8 goes on for a stop without them, and says so to everything else',
    () => {
      // printf makes the bytes: a JavaScript string can't hold them.
      const typed = (script: string, ...args: readonly string[]) =>
        fixture.run({ file: '/bin/sh', args: ['-c', script, fixture.executable, ...args] });
      const argument = 'word=$(printf "caf\\351 5"); exec "$0" "$@" "$word"';
      const stopped = typed(argument, 'stop', '--config', 'jürgen.yaml', '--reason');
      expect(stopped.stdout).toContain('[stop]\n[--config]\n[jürgen.yaml]\n[--reason]\n[caf? 5]\n');
      const refused = typed(argument, 'ack');
      expect([refused.status, refused.stdout]).toEqual([64, '']);
      expect(refused.stderr).toBe('grinder: an argument holds bytes that are no UTF-8: type it in UTF-8\n');

      const variable = (name: string) => `${name}=$(printf "\\351"); export ${name}; exec "$0" "$@"`;
      expect(typed(variable('LS_COLORS'), 'status').status).toBe(5);
      expect(typed(variable('XDG_RUNTIME_DIR'), 'stop').stdout).toContain('[stop]\n');
      const unplaced = typed(variable('XDG_RUNTIME_DIR'), 'status');
      expect([unplaced.status, unplaced.stdout]).toEqual([78, '']);
      expect(unplaced.stderr).toContain(
        'grinder: the variable XDG_RUNTIME_DIR holds bytes that are no UTF-8',
      );

      const directory = 'mkdir "$(printf "a\\351")"; cd "$(printf "a\\351")" && exec "$0" "$@"';
      expect(typed(directory, 'stop').stdout).toContain('[stop]\n');
      expect(typed(directory, 'status').stderr).toContain('the name of the current directory');
    },
  );

  test('lets nothing from outside configure the runtime', () => {
    const env = { GRINDER_CACHE_DIR: fixture.cache, NODE_OPTIONS: '--inspect', DENO_CERT: '/x' };
    expect(fixture.run({ env }).stdout).toContain(`options=none none ${fixture.executable}`);
  });

  test('works through a link, from PATH, and under each shell at hand', () => {
    const link = join(fixture.dir, 'a link');
    symlinkSync(fixture.executable, link);
    expect(fixture.run({ file: link }).status).toBe(5);
    const env = { GRINDER_CACHE_DIR: fixture.cache, PATH: `/usr/bin:/bin:${fixture.dir}` };
    expect(fixture.run({ file: '/bin/sh', args: ['-c', 'grinder x'], env, cwd: '/' }).status).toBe(5);
    for (const shell of [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']]) {
      const [name = '', ...args] = shell;
      if (spawnSync(name, [...args, '-c', 'exit 0']).status !== 0) continue;
      expect(fixture.run({ file: name, args: [...args, fixture.executable, 'y'] }).status).toBe(5);
    }
  });

  test('is the process that was started: same id, and signals reach the program', async () => {
    const env = { PATH: '/usr/bin:/bin', GRINDER_CACHE_DIR: fixture.cache, FAKE_WAIT: '1' };
    const child = spawn(fixture.executable, [], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('waiting')) child.kill('SIGTERM');
    });
    const [code] = await once(child, 'close');
    expect(text).toContain(`pid=${child.pid}\n`);
    expect(text).toContain('stopped');
    expect(code).toBe(9);
  });

  test('eight first starts at once all succeed and leave one copy', async () => {
    const env = { PATH: '/usr/bin:/bin', GRINDER_CACHE_DIR: fixture.cache };
    const children = Array.from({ length: 8 }, () =>
      spawn(fixture.executable, [], { env, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));
    expect(codes).toEqual(Array.from({ length: 8 }, () => 5));
    expect(readdirSync(fixture.cache)).toHaveLength(1);
  });

  test("ends with the launcher's exit code when that refuses", () => {
    const env = { GRINDER_CACHE_DIR: fixture.cache, FAKE_LAUNCH_EXIT: '78' };
    expect(fixture.run({ env })).toMatchObject({ status: 78, stdout: '' });
  });

  test('unpacks again what a cleaner of temporary files took away', () => {
    fixture.run();
    const [key = ''] = readdirSync(fixture.cache);
    spawnSync('rm', [join(fixture.cache, key, 'grinder.js')]);
    expect(fixture.run().status).toBe(5);
    expect(existsSync(join(fixture.cache, key, 'grinder.js'))).toBe(true);
  });
});

describe('the cache directory', () => {
  test.each([
    [{ GRINDER_CACHE_DIR: 'one', CACHE_DIRECTORY: 'two', XDG_CACHE_HOME: 'three' }, 'one'],
    [{ CACHE_DIRECTORY: 'two', XDG_CACHE_HOME: 'three' }, 'two'],
    [{ XDG_CACHE_HOME: 'three', HOME: '.' }, 'three/grinder'],
    [{ HOME: '.', TMPDIR: '.' }, '.cache/grinder'],
    [{ HOME: '', TMPDIR: '.' }, `grinder-cache-${process.getuid?.()}`],
    // Nothing can be made below /proc, not even by root: a home that is read-only.
    [{ HOME: '/proc', TMPDIR: '.' }, `grinder-cache-${process.getuid?.()}`],
  ])('of %j is %s', (names, expected) => {
    const absolute = (value: string): string =>
      value === '' || value.startsWith('/') ? value : join(fixture.dir, value);
    const env = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, absolute(value)]));
    expect(fixture.run({ env }).status).toBe(5);
    expect(readdirSync(join(fixture.dir, expected)).length).toBe(1);
  });

  test('is refused when it is a link', () => {
    const real = makeDir(join(fixture.dir, 'real'), 0o700);
    symlinkSync(real, fixture.cache);
    expectRefusal(fixture.run(), 'is a symbolic link');
    expect(readdirSync(real)).toEqual([]);
  });

  test('is refused when others can write to it', () => {
    makeDir(fixture.cache, 0o777);
    expectRefusal(fixture.run(), 'others can write');
    expect(readdirSync(fixture.cache)).toEqual([]);
  });

  test('is refused when the place for this version is a link', () => {
    fixture.run();
    const [key = ''] = readdirSync(fixture.cache);
    spawnSync('mv', [join(fixture.cache, key), join(fixture.dir, 'elsewhere')]);
    symlinkSync(join(fixture.dir, 'elsewhere'), join(fixture.cache, key));
    expectRefusal(fixture.run(), 'is a symbolic link');
  });

  test.skipIf(process.getuid?.() !== 0)('is refused when it is somebody else’s', () => {
    makeDir(fixture.cache, 0o700);
    spawnSync('chown', ['12345', fixture.cache]);
    expectRefusal(fixture.run(), 'belongs to user 12345');
  });

  test('that was named and can’t be made is an error, not passed over', () => {
    expectRefusal(
      fixture.run({ env: { GRINDER_CACHE_DIR: '/proc/grinder' } }),
      "/proc/grinder can't be created",
    );
  });
});

describe('a damaged executable', () => {
  test('with a flipped byte is refused and leaves nothing', () => {
    const bytes = readFileSync(fixture.executable);
    const at = bytes.length - 100_000;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(fixture.executable, bytes);
    expectRefusal(fixture.run(), 'damaged or incomplete');
    expect(existsSync(fixture.cache)).toBe(false);
  });

  test('that was cut short is refused and leaves nothing', () => {
    truncateSync(fixture.executable, readFileSync(fixture.executable).length - 1);
    expectRefusal(fixture.run(), 'damaged or incomplete');
    expect(existsSync(fixture.cache)).toBe(false);
  });
});

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe.skipIf(!canMount)('a file system', () => {
  /** Runs the executable with a fresh file system at /mnt, then prints what it left there. */
  function runMounted(options: string) {
    copyFileSync(fixture.executable, join(fixture.dir, 'plain'));
    const script = `mount -t tmpfs -o ${options},mode=700 none /mnt && "${fixture.dir}/plain"; code=$?; ls -A /mnt; exit $code`;
    return spawnSync('unshare', ['-rm', 'sh', '-c', script], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', GRINDER_CACHE_DIR: '/mnt/cache' },
    });
  }

  test('that is full is named, and nothing is left on it', () => {
    expectRefusal(runMounted('size=100k'), 'is the disk full?');
  });

  test('from which programs can’t be started is named, and nothing is left on it', () => {
    expectRefusal(runMounted('noexec'), 'noexec');
  });

  test('that is read-only is named', () => {
    expectRefusal(runMounted('ro'), "can't be created");
  });

  test('with room and permission works', () => {
    expect(runMounted('size=10m').status).toBe(5);
  });
});

/** One paragraph, exit 78, and not a word on standard output. */
function expectRefusal(
  result: { status: number | null; stdout: string; stderr: string },
  reason: string,
): void {
  expect(result.stderr).toContain(reason);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result).toMatchObject({ status: 78, stdout: '' });
}

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatRegistryEntry } from '../../src/launch/registry.ts';

const launcher = resolve(import.meta.dirname, '../../src/launch/main.ts');
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'grinder-launch-'));
  mkdirSync(join(dir, 'run/grinder'), { recursive: true, mode: 0o700 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the launcher itself; it only prints. */
function launch(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = spawnSync(process.execPath, [launcher, ...argv], {
    encoding: 'utf8',
    cwd: dir,
    env: { HOME: join(dir, 'home'), XDG_RUNTIME_DIR: join(dir, 'run'), ...env },
  });
  const list = (flag: string): readonly string[] =>
    result.stdout
      .split('\n')
      .find((line) => line.startsWith(`${flag}=`))
      ?.slice(flag.length + 1)
      .split(',') ?? [];
  return {
    ...result,
    write: list('--allow-write'),
    read: list('--allow-read'),
    lines: result.stdout.split('\n'),
  };
}

function register(name: string, stateDir: string): void {
  const socketPath = join(dir, 'run/grinder', `${name}.sock`);
  const entry = { pid: 1, account: 'sim', environment: 'sim', configPath: null, stateDir, socketPath };
  writeFileSync(join(dir, 'run/grinder', `${name}.json`), formatRegistryEntry(entry), { mode: 0o600 });
}

describe('stop', () => {
  test('may leave a file with every registered daemon, wherever its state is', () => {
    for (const name of ['a', 'b']) {
      mkdirSync(join(dir, name), { mode: 0o700 });
      register(name, join(dir, name));
    }
    const { status, write } = launch(['stop']);
    expect(status).toBe(0);
    expect(write).toContain(join(dir, 'a'));
    expect(write).toContain(join(dir, 'b'));
  });

  test('passes over a state directory that is a link, missing or unusable, and never fails for it', () => {
    mkdirSync(join(dir, 'real'), { mode: 0o700 });
    symlinkSync(join(dir, 'real'), join(dir, 'link'));
    register('a', join(dir, 'link'));
    register('b', join(dir, 'missing'));
    register('c', `${dir}/line\nbreak`);
    register('d', 'relative');
    const { status, write } = launch(['stop']);
    expect(status).toBe(0);
    for (const path of ['link', 'real', 'missing']) expect(write).not.toContain(join(dir, path));
    expect(write).toContain(join(dir, 'state'));
  });

  test('believes no registry that others can write to', () => {
    mkdirSync(join(dir, 'a'), { mode: 0o700 });
    register('a', join(dir, 'a'));
    chmodSync(join(dir, 'run/grinder'), 0o777);
    expect(launch(['stop']).write).not.toContain(join(dir, 'a'));
  });
});

describe('smoke', () => {
  test.each([
    ['unset', {}],
    ['empty', { TMPDIR: '' }],
    ['missing', { TMPDIR: '/nonexistent/tmp' }],
    ['relative', { TMPDIR: 'tmp' }],
  ])('with a TMPDIR that is %s has its sandbox in /tmp', (_, env) => {
    const { status, lines, write } = launch(['smoke'], env);
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/^GRINDER_SMOKE_DIR=\/tmp\/grinder-smoke-[0-9a-f]{12}$/);
    expect(write).toEqual([lines[0]?.slice('GRINDER_SMOKE_DIR='.length) ?? '']);
  });
});

test('a daemon may make the directory of its account when not even HOME is there', () => {
  writeFileSync(join(dir, 'config.yaml'), 'exchange: {environment: mainnet}');
  const { status, write } = launch(['run']);
  expect(status).toBe(0);
  expect(write).toContain(join(dir, 'home/.local/state/grinder'));
});

test('a link where a daemon would write is refused with one paragraph and exit 78', () => {
  mkdirSync(join(dir, 'real'));
  symlinkSync(join(dir, 'real'), join(dir, 'state'));
  const { status, stdout, stderr } = launch(['run']);
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('is a symbolic link');
});

test('a place that can not be looked at is one sentence and 78', () => {
  const loop = join(dir, 'loop');
  symlinkSync(loop, loop);
  writeFileSync(join(dir, 'config.yaml'), `state_dir: ${loop}/state\n`);
  const { status, stderr, stdout } = launch(['run']);
  expect([status, stdout]).toEqual([78, '']);
  expect(stderr).toMatch(/^grinder: a place of this start can't be looked at: [^\n]*loop[^\n]*\n$/);
});

import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findDeno } from '../../scripts/runtimes.mjs';
import { permissionFlags } from '../../src/launch/permissions.ts';
import { computePlaces } from '../../src/launch/places.ts';

const deno = findDeno(resolve(import.meta.dirname, '../..'));

/** Lets Deno, with the flags of a mainnet daemon, make one directory as the daemon does. */
function make(home: string, path: string) {
  const program = join(home, '..', 'make.mjs');
  writeFileSync(
    program,
    "import { mkdirSync } from 'node:fs'; mkdirSync(process.argv[2], { recursive: true, mode: 0o700 });",
  );
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, '..', 'run') };
  const config = { path: '/w/config.yaml', text: 'exchange: {environment: mainnet}' };
  const places = computePlaces({ argv: ['run'], env, cwd: '/w', uid: 1, config });
  const flags = permissionFlags(places, {
    env,
    bundlePath: program,
    configCandidates: [],
    sockets: [],
    stateDirs: [],
  });
  return spawnSync(deno, ['run', ...flags, program, path], {
    encoding: 'utf8',
    // Deno's own cache would else be the first thing made below HOME.
    env: { ...env, DENO_DIR: join(home, '..', 'deno') },
  });
}

test('the directory of an account is made although not even HOME is there, and nothing beside it can be', () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-home-'));
  try {
    const home = join(dir, 'missing');
    const account = join(home, '.local/state/grinder/accounts/abcdef123456');
    expect(make(home, account)).toMatchObject({ status: 0, stderr: '' });
    expect(lstatSync(account).mode & 0o777).toBe(0o700);
    expect(lstatSync(home).mode & 0o777).toBe(0o700);
    const beside = make(home, join(home, '.local/state/other'));
    expect(beside.status).not.toBe(0);
    expect(beside.stderr).toContain('NotCapable');
    expect(existsSync(join(home, '.local/state/other'))).toBe(false);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

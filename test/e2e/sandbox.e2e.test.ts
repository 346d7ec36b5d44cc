import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemdUnit } from '../../src/ops/systemd-unit.ts';
import { createMachine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';
import { missingStrace } from './strace.ts';

afterAll(dropCache);

const missing = missingStrace() ?? missingSets();

test.skipIf(missing !== null)(
  'from its first start to its end the executable makes no system call that the unit forbids',
  async () => {
    await using machine = await createMachine();
    const [cache, table] = [join(machine.dir, 'first'), join(machine.dir, 'calls')];
    mkdirSync(cache, { mode: 0o700 });
    const command = [machine.program, 'run', '--headless', '--config', machine.configPath];
    const traced = launch(['strace', '-f', '-c', '-U', 'name', '-o', table, ...command], {
      cwd: machine.dir,
      env: { ...machine.env, GRINDER_CACHE_DIR: cache },
    });
    const { pid } = await waitFor('a daemon that runs', () => machine.registered()[0] ?? null);
    expect((await machine.grinder(['stop'])).code).toBe(0);
    process.kill(pid, 'SIGTERM');
    expect((await traced.ended).code).toBe(0);
    const made = readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((name) => /^[a-z]\w*$/.test(name) && name !== 'syscall' && name !== 'total');
    expect(made).toContain('execve');
    const allowed = new Set(filterOf('SystemCallFilter').flatMap(callsIn));
    expect(made.filter((name) => !allowed.has(name))).toEqual([]);
  },
  240_000,
);

test('a call that the unit forbids is an error to the program and not its end', () => {
  expect(filterOf('SystemCallErrorNumber')).toEqual(['EPERM']);
});

/** The words of one setting of the unit. */
function filterOf(name: string): readonly string[] {
  const unit = systemdUnit({ executable: '/bin/true', configPath: '/etc/g.yaml', user: 'daemon' });
  const line = unit.split('\n').find((text) => text.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(' ') ?? [];
}

/** A system call, or all that are in a set of systemd's and in the sets within it. */
function callsIn(word: string): readonly string[] {
  if (!word.startsWith('@')) return [word];
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', word], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((name) => name !== word && /^@?[a-z][\w-]*$/.test(name))
    .flatMap(callsIn);
}

function missingSets(): string | null {
  if (spawnSync('systemd-analyze', ['syscall-filter', '@basic-io']).status === 0) return null;
  const why = 'systemd-analyze is missing: no system call of the executable was compared with the unit';
  if (process.env['CI'] === 'true') throw new Error(why);
  console.error(`SKIPPED: ${why}`);
  return why;
}

/** run_live.sh: what can't start must not cost what runs. */
import { afterAll, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { openShell } from '../docs/shell.ts';
import { createMachine, isAlive } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

const script = resolve(import.meta.dirname, '../../run_live.sh');

const vain: readonly (readonly [string, number, string])[] = [
  ['--config config.yaml --headles', 64, 'Unknown argument: headles'],
  ['--config', 64, 'config'],
  ['--config ""', 64, '--config is empty'],
  ['--exchange mainnet', 78, 'expected_state.path'],
];

test('a flag that is wrong, a world that is not set up and a full /tmp leave the running instance alone', async () => {
  await using machine = await createMachine();
  const running = await machine.start();
  await using shell = openShell(machine.dir, { ...machine.env, GRINDER_BIN: machine.program });
  for (const [words, code, says] of vain) {
    const ran = await shell.run(`sh '${script}' ${words}`);
    expect({ words, ...ran }).toMatchObject({ words, code });
    expect(ran.out).toContain(says);
    expect(isAlive(running.pid)).toBe(true);
  }
  const full = await shell.run(`TMPDIR=/proc/nowhere sh '${script}'`);
  expect(full).toMatchObject({ code: 78 });
  expect(full.out).toContain('nothing was changed');
  const help = await shell.run(`sh '${script}' --help`);
  expect(help).toMatchObject({ code: 0 });
  expect(help.out).toContain('--headless');
  expect((await running.status()).daemon.pid).toBe(running.pid);
}, 120_000);

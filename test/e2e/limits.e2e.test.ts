/** What a login shell's limits do to a daemon that was started from it. */
import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createMachine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';

afterAll(dropCache);

const KIB = 1024;
const LIMIT_KIB = 256;

test('a limit on the size of files is a failed write and not the end: it lives on, and a stop reaches it', async () => {
  await using machine = await createMachine();
  // The first start unpacks what is larger than the limit.
  expect((await machine.grinder(['--version'])).code).toBe(0);
  mkdirSync(dirname(machine.logPath), { mode: 0o700 });
  writeFileSync(machine.logPath, `${'x'.repeat(LIMIT_KIB * KIB - 200)}\n`, { mode: 0o600 });
  const command = [machine.program, 'run', '--headless', '--config', machine.configPath];
  const limited = ['bash', '-c', `ulimit -f ${LIMIT_KIB} && exec "$@"`, 'bash', ...command];
  const daemon = launch(limited, { cwd: machine.dir, env: machine.env });
  await waitFor('a daemon that runs, or its end', () => {
    if (daemon.exitCode() !== null) throw new Error(`it ended with ${daemon.exitCode()}: ${daemon.err()}`);
    return machine.registered().length > 0 && statSync(machine.logPath).size === LIMIT_KIB * KIB;
  });
  const stopped = await machine.grinder(['stop']);
  expect(stopped).toMatchObject({ code: 0, err: '' });
  expect(stopped.out).toContain('LATCHED');
  expect(stopped.out).not.toContain('NOT DURABLE');
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0, err: '' });
}, 120_000);

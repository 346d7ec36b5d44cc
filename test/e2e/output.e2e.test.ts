/** Outputs that take nothing. */
import { afterAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openShell } from '../docs/shell.ts';
import { createMachine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

test('a full disk behind stdout ends no daemon, and a verb that could not print has failed', async () => {
  await using machine = await createMachine();
  await using shell = openShell(machine.dir, { ...machine.env, GRINDER: machine.program });
  const said = await shell.run('"$GRINDER" config check --config config.yaml > /dev/full');
  expect(said.code).toBe(1);
  expect(said.out).toMatch(/^grinder: output was lost: [^\n]*\n$/);
  await shell.run('"$GRINDER" run --headless --config config.yaml > /dev/full 2>&1 &');
  const stop = 'until "$GRINDER" status --ready --config config.yaml >/dev/null 2>&1; do sleep 0.1; done';
  expect((await shell.run(stop)).code).toBe(0);
  const stopped = await shell.run('"$GRINDER" stop --config config.yaml > /dev/full');
  expect(stopped.code).toBe(1);
  expect(stopped.out).toContain('output was lost');
  const status = await shell.run('"$GRINDER" status --config config.yaml');
  expect(status.out).toContain('LATCHED');
  expect((await shell.run('"$GRINDER" shutdown --config config.yaml')).code).toBe(0);
}, 120_000);

test.each(['TERM', 'INT'])(
  'a daemon whose outputs took nothing and that ends in order on SIG%s exits 0',
  async (signal) => {
    await using machine = await createMachine();
    await using shell = openShell(machine.dir, { ...machine.env, GRINDER: machine.program });
    await shell.run(
      'set -m; "$GRINDER" run --headless --config config.yaml > /dev/full 2>&1 & echo $! > pid',
    );
    const ready = 'until "$GRINDER" status --ready --config config.yaml >/dev/null 2>&1; do sleep 0.1; done';
    const ended = await shell.run(`${ready}; kill -${signal} $(cat pid); wait $(cat pid)`);
    expect(ended.code).toBe(0);
  },
  120_000,
);

test('a verb that follows says at once, and once, that its lines are lost', async () => {
  await using machine = await createMachine();
  const daemon = await machine.start();
  await daemon.when('two lines to show', ({ stage }) => stage.in_force >= 1);
  const child = spawn(
    '/bin/sh',
    ['-c', `exec "$0" audit tail -f --config "$1" > /dev/full`, machine.program, machine.configPath],
    { env: machine.env, cwd: machine.dir, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    await waitFor('a word on stderr', () => (said === '' ? null : said));
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([1, expect.stringMatching(/^grinder: output was lost: [^\n]*\n$/)]);
}, 120_000);

/** Homes and limits that the runtime under the program can't do with. */
import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openShell } from '../docs/shell.ts';
import { createMachine } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';

afterAll(dropCache);

test.each([
  ['is a directory', 'mkdir -p home/.npmrc; HOME=$PWD/home'],
  ['is no text', "mkdir -p home; printf '\\377' > home/.npmrc; HOME=$PWD/home"],
  ['lies below no directory', 'HOME=/dev/null'],
])(
  "a stop reaches the daemon although another program's file in the home %s",
  async (_, home) => {
    await using machine = await createMachine();
    await using shell = openShell(machine.dir, { ...machine.env, GRINDER: machine.program });
    await shell.run('"$GRINDER" run --headless --config config.yaml > /dev/null 2>&1 &');
    await shell.run(
      'until "$GRINDER" status --ready --config config.yaml >/dev/null 2>&1; do sleep 0.1; done',
    );
    const stopped = await shell.run(`${home} "$GRINDER" stop --config config.yaml`);
    expect(stopped).toMatchObject({ code: 0, out: expect.stringContaining('LATCHED') });
    expect((await shell.run('"$GRINDER" shutdown --config config.yaml')).code).toBe(0);
  },
  120_000,
);

test('too small an address space is one paragraph that names the limit, and 78', async () => {
  await using machine = await createMachine();
  await using shell = openShell(machine.dir, { ...machine.env, GRINDER: machine.program });
  const { code, out } = await shell.run('ulimit -v 2000000; "$GRINDER" run --check --config config.yaml');
  expect(code).toBe(78);
  expect(out).toMatch(
    /grinder: the runtime ended with status \d+[^\n]*ulimit -v\) 2000000 KiB[^\n]*MemoryMax[^\n]*\n$/,
  );
});

test.each([
  ['a home', '', { XDG_STATE_HOME: '/proc' }],
  ['a state directory', 'state_dir: /dev/shm/grinder\n', {}],
  ['a log', 'log: {path: /dev/stderr}\n', {}],
])(
  '%s where the runtime lets nobody is one sentence without its own advice',
  async (_, config, env) => {
    await using machine = await createMachine();
    writeFileSync(join(machine.dir, 'barred.yaml'), config);
    const { status, stdout, stderr } = spawnSync(machine.program, ['run', '--config', 'barred.yaml'], {
      encoding: 'utf8',
      cwd: machine.dir,
      timeout: 20_000,
      env: { ...machine.env, ...env },
    });
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^grinder: [^\n]*"\/(proc|dev)[^\n]* belongs to the system[^\n]*HOME[^\n]*\n$/);
    expect(stderr).not.toContain('allow-all');
  },
  120_000,
);

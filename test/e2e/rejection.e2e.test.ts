/** A bug that nobody caught, in the built program: its bundle with one line before it that throws on demand. */
import { afterAll, expect, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectControl } from '../../src/control/client.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;

test.each([
  ['promise', 'Promise.reject(new Error("nobody caught this"))'],
  ['exception', 'throw new Error("nobody caught this")'],
])(
  'F60 unhandled rejection: a %s that nobody caught ends the daemon in order, and the next one is unarmed',
  async (_, bug) => {
    await using machine = await createMachine();
    const daemon = startWith(machine, bug);
    const socket = await waitFor('the daemon', () => {
      if (daemon.exitCode() !== null) throw new Error(daemon.err());
      return machine.registered().find(({ pid }) => pid === daemon.pid)?.socketPath ?? null;
    });
    const client = connectControl(socket);
    await waitFor('stage 1', async () => ((await client.status()).stage.in_force === 1 ? true : null));
    client.close();
    writeFileSync(join(machine.dir, 'go'), '');
    const ended = await daemon.ended;
    expect(ended.code).toBe(1);
    expect(machine.log()).toMatch(/shutting down: (unhandled|uncaught): Error: nobody caught this/);
    expect(machine.leftovers()).toEqual([]);
    expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
    const next = await machine.start();
    expect((await next.status()).switches.armed).toBe(false);
  },
  LIMIT_MS,
);

/** The same bundle under the same runtime, which waits for a file to make its bug happen. */
function startWith(machine: Machine, bug: string) {
  const cache = machine.env['GRINDER_CACHE_DIR'] ?? '';
  const unpacked = readdirSync(cache).find((name) => /^[0-9a-f]{16}$/.test(name)) ?? '';
  const wrapper = join(machine.dir, 'with-a-bug.mjs');
  writeFileSync(
    wrapper,
    `import { existsSync } from 'node:fs';
const watch = setInterval(() => {
  if (!existsSync(${JSON.stringify(join(machine.dir, 'go'))})) return;
  clearInterval(watch);
  ${bug};
}, 20);
await import(${JSON.stringify(join(cache, unpacked, 'grinder.js'))});
`,
  );
  const flags = ['run', '--quiet', '--no-config', '--no-lock', '-A'];
  const args = ['run', '--headless', '--config', machine.configPath];
  return launch([join(cache, unpacked, 'deno'), ...flags, wrapper, ...args], {
    cwd: machine.dir,
    env: machine.env,
  });
}

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../control/fixture.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
beforeEach(() => {
  at = machine();
});
afterEach(() => at.close());

async function startSim(line: readonly string[] = []) {
  const ending = new AbortController();
  let out = '';
  const running = at.run(['sim', ...line], {
    signal: ending.signal,
    stdout: (text) => {
      out += text;
    },
  });
  await until('the addresses', () => out.includes('keys '));
  return {
    rest: /^rest (\S+)$/m.exec(out)?.[1] ?? '',
    keys: /^keys (\S+) (\S+)$/m.exec(out)?.slice(1) ?? [],
    end: async () => {
      ending.abort();
      return (await running).code;
    },
  };
}

test('the simulator answers until it is ended, and leaves its keys in private files', async () => {
  const sim = await startSim();
  expect((await fetch(`${sim.rest}/fapi/v1/time`)).status).toBe(200);
  expect(sim.keys.map((path) => lstatSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(readFileSync(sim.keys[0] ?? '', 'utf8').trim().length).toBe(64);
  expect(await sim.end()).toBe(0);
});

test('a busy port is the temporary exit code', async () => {
  const sim = await startSim();
  const second = await at.run(['sim', '--port', new URL(sim.rest).port]);
  expect(second.code).toBe(75);
  await sim.end();
});

test('keys that others can read are refused', async () => {
  const path = join(at.path, 'key');
  writeFileSync(path, 'k\n', { mode: 0o644 });
  const ran = await at.run(['sim', '--api-key-file', path, '--api-secret-file', path]);
  expect(ran.code).toBe(78);
  expect(ran.err).toContain('mode');
});

import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findDeno } from '../../scripts/runtimes.mjs';
import { scratch } from './durable.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

test('a socket that is closed is let go by the runtime that ships, be it of a status, a scrape or a posted line', () => {
  using directory = scratch();
  const flags = ['-A', '--no-config', '--no-lock', '--node-modules-dir=manual', '--v8-flags=--expose-gc'];
  const words = ['run', ...flags, 'test/engine/sockets-on-deno.ts', directory.path];
  const ran = spawnSync(findDeno(project), words, { cwd: project, encoding: 'utf8', timeout: 60_000 });
  // One of each may be the last one, which a variable still holds.
  const held: unknown = JSON.parse(ran.stdout || JSON.stringify(ran.stderr));
  expect(held).toEqual({
    status: expect.any(Number),
    scrapes: expect.any(Number),
    posts: expect.any(Number),
  });
  for (const count of Object.values(held as object)) expect(count).toBeLessThanOrEqual(3);
}, 90_000);

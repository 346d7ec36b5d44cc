import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDeno } from '../../scripts/runtimes.mjs';
import { scratch } from './durable.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(project, 'test/engine/open-link.ts');

test('a link is never opened, whether it is read or written, with the permissions of the executable either', () => {
  using directory = scratch();
  const [aim, link] = [join(directory.path, 'aim'), join(directory.path, 'link')];
  writeFileSync(aim, 'keep');
  symlinkSync(aim, link);
  const grants = [`--allow-read=${project},${directory.path}`, `--allow-write=${directory.path}`];
  const ways = [
    [process.execPath, entry, link],
    [findDeno(project), 'run', '--no-prompt', '--no-config', ...grants, entry, link],
  ];
  for (const [program = '', ...words] of ways) {
    const ran = spawnSync(program, words, { encoding: 'utf8', cwd: dirname(aim) });
    expect([ran.stdout, ran.stderr]).toEqual(['["ELOOP","ELOOP"]', '']);
  }
  expect(readFileSync(aim, 'utf8')).toBe('keep');
});

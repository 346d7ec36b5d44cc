/**
 * Breaks one safety rule after the other in a scratch copy of the tree and runs the tests aimed at it: `npm run mutate`,
 * `-- --only NAME` (several times, part of a name does), `-- --list`. A mutation that no test notices has survived.
 * Exit 0 when every one was killed; 1 when one survived or no longer applies, or a test fails without any; 64 usage.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mutation } from './mutations/mutation.ts';
import { MUTATIONS } from './mutations.ts';

const root = resolve(import.meta.dirname, '..');
const NOT_COPIED = new Set(['node_modules', '.git', 'dist', 'state', 'audit', 'logs']);
process.exitCode = main();

function main(): number {
  const asked = readArguments();
  if (asked === null) return 64;
  const chosen = MUTATIONS.filter(
    ({ name }) => asked.only.length === 0 || asked.only.some((part) => name.includes(part)),
  );
  if (asked.list) {
    for (const { name, file } of chosen) console.log(`${name}  (${file})`);
    return 0;
  }
  if (chosen.length === 0) return usage(`no mutation is named like ${asked.only.join(', ')}`);
  const scratch = mkdtempSync(join(tmpdir(), 'grinder-mutate-'));
  try {
    copyTree(scratch);
    return tryAll(scratch, chosen) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readArguments(): { readonly list: boolean; readonly only: readonly string[] } | null {
  try {
    const { values } = parseArgs({
      options: {
        list: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch (error) {
    usage(error instanceof Error ? error.message : String(error));
    return null;
  }
}

function usage(why: string): number {
  console.error(`mutate: ${why}\nusage: npm run mutate [-- --list | --only NAME ...]`);
  return 64;
}

function copyTree(scratch: string): void {
  for (const name of readdirSync(root))
    if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(scratch, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
}

function tryAll(scratch: string, chosen: readonly Mutation[]): boolean {
  const tests = [...new Set(chosen.flatMap((one) => one.tests))];
  const baseline = runTests(scratch, tests);
  if (baseline.code !== 0) {
    console.error(`mutate: the tests fail without any mutation\n${baseline.text.slice(-4000)}`);
    return false;
  }
  const results = chosen.map((mutation) => {
    const result = tryOne(scratch, mutation);
    console.log(`${result.padEnd(8)} ${mutation.name}`);
    return result;
  });
  const count = (word: string) => results.filter((result) => result === word).length;
  console.log(`${count('killed')} killed, ${count('SURVIVED')} survived, ${count('STALE')} no longer apply`);
  return count('killed') === results.length;
}

/** Only a test that failed kills: a run that broke before its tests noticed nothing. */
function tryOne(
  scratch: string,
  { file, search, replace, tests }: Mutation,
): 'killed' | 'SURVIVED' | 'STALE' {
  const path = join(scratch, file);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text.split(search).length !== 2) return 'STALE';
  writeFileSync(
    path,
    text.replace(search, () => replace),
  );
  const { code, text: output } = runTests(scratch, [...tests, '--bail=1']);
  writeFileSync(path, text);
  return code !== 0 && /^\s*(\(fail\)|✗)/m.test(output) ? 'killed' : 'SURVIVED';
}

function runTests(
  scratch: string,
  args: readonly string[],
): { readonly code: number | null; readonly text: string } {
  const bun = join(root, 'node_modules/.bin/bun');
  const run = spawnSync(bun, ['test', '--timeout', '60000', ...args], { cwd: scratch, encoding: 'utf8' });
  return { code: run.status, text: `${run.stdout}${run.stderr}` };
}

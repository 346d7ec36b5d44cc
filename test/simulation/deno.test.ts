/** The executable runs on Deno, the campaigns on Bun: a world goes the same way on both, or what they found proves less. */
import { expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findDeno } from '../../scripts/runtimes.mjs';
import { simulate } from './simulate.ts';

const FROM = 501;
const SEEDS = 20;
const HOURS = 0.4;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const FLAGS = [
  '--no-prompt',
  '--allow-read',
  '--allow-env',
  '--allow-sys',
  `--import-map=${path('./on-deno/import-map.json')}`,
];

test('a seed gives the same trace on Deno, and holds there', async () => {
  const { stdout } = await promisify(execFile)(findDeno(path('../..')), [
    'run',
    ...FLAGS,
    path('./on-deno/traces.ts'),
    ...[FROM, SEEDS, HOURS].map(String),
  ]);
  const here = Array.from({ length: SEEDS }, (_, index) => FROM + index).map(
    (seed) => `${seed} ${simulate(seed, { hours: HOURS }).traceHash} held`,
  );
  expect(stdout.trim().split('\n')).toEqual(here);
}, 300_000);

/** What one comparison costs: all of an account, and what changed since the last one, beside a plain version of it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findDeno } from '../scripts/runtimes.mjs';
import type { CompareSamples, Samples } from './compare-probe.ts';
import { amount, bench, type Figure, percentile, timing } from './table.ts';

const root = join(import.meta.dirname, '..');
const probe = join(import.meta.dirname, 'compare-probe.ts');
/** The product runs on Deno: its figures have limits, Bun's are for information. */
const LIMITED = 100_000;
const FULL = { of: 'p50', below: 60 } as const;
const INCREMENTAL = { of: 'p95', below: 3 } as const;

await bench('compare', async () => [
  ...figures(
    'Deno',
    run(findDeno(root), [
      'run',
      '--quiet',
      '--no-lock',
      '--node-modules-dir=manual',
      '--v8-flags=--expose-gc',
      probe,
    ]),
  ),
  ...figures('Bun', run(process.execPath, ['--expose-gc', probe])),
]);

function figures(runtime: string, sizes: readonly CompareSamples[]): readonly Figure[] {
  return sizes.flatMap((one) => {
    const name = `${runtime}: ${one.orders} orders, ${one.mismatches} mismatches`;
    const isLimited = runtime === 'Deno' && one.orders === LIMITED;
    const ratio = ({ wall }: Samples): number => percentile(wall, 'p50') / percentile(one.plain.wall, 'p50');
    return [
      timing(`${name}: full`, one.full.wall, 'ms', isLimited ? FULL : null),
      timing(`${name}: 100 changed`, one.incremental.wall, 'ms', isLimited ? INCREMENTAL : null),
      timing(`${name}: full, processor time`, one.full.processor, 'ms'),
      timing(`${name}: 100 changed, processor time`, one.incremental.processor, 'ms'),
      timing(`${name}: specification`, one.specification.wall, 'ms'),
      timing(`${name}: nested dictionaries`, one.plain.wall, 'ms'),
      amount(`${name}: full to nested dictionaries`, ratio(one.full), 'times'),
      amount(`${name}: 100 changed to nested dictionaries`, ratio(one.incremental), 'times'),
      amount(`${name}: kept an order`, one.bytesPerOrder, 'bytes'),
    ];
  });
}

function run(file: string, args: readonly string[]): readonly CompareSamples[] {
  const done = spawnSync(file, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 24 });
  if (done.status !== 0) throw new Error(`${file}: exit ${done.status}\n${done.stderr}`);
  return JSON.parse(done.stdout);
}

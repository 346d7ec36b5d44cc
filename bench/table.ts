/** What every benchmark prints: the machine it ran on, and one table of figures against their limits. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { denoVersion } from './executable.ts';

/** One row. `limit` is an upper bound for `judged`; a row without one is for information. */
export interface Figure {
  readonly figure: string;
  readonly measured: string;
  readonly limit: string;
  readonly verdict: 'OK' | 'OVER' | '-';
}

/** A limit on one percentile of a list of samples, both in the samples' unit. */
export interface Limit {
  readonly of: 'p50' | 'p95' | 'p99' | 'max';
  readonly below: number;
}

const PERCENTILES = ['p50', 'p95', 'p99', 'max'] as const;

/** Sums samples up as a row: n, the percentiles, and whether the one that is limited keeps its limit. */
export function timing(
  figure: string,
  samples: readonly number[],
  unit: string,
  limit: Limit | null = null,
): Figure {
  if (samples.length === 0) throw new Error(`${figure}: nothing was measured`);
  const spread = PERCENTILES.map((name) => `${name} ${short(percentile(samples, name))}`).join('  ');
  const measured = `n ${samples.length}  ${spread} ${unit}`;
  if (limit === null) return { figure, measured, limit: '', verdict: '-' };
  const verdict = percentile(samples, limit.of) < limit.below ? 'OK' : 'OVER';
  return { figure, measured, limit: `${limit.of} < ${limit.below} ${unit}`, verdict };
}

/** One number against an upper bound. */
export function amount(
  figure: string,
  value: number,
  unit: string,
  below: number | null = null,
  more = '',
): Figure {
  const measured = `${short(value)} ${unit}${more === '' ? '' : `  (${more})`}`;
  if (below === null) return { figure, measured, limit: '', verdict: '-' };
  return { figure, measured, limit: `< ${below} ${unit}`, verdict: value < below ? 'OK' : 'OVER' };
}

/** The nearest-rank percentile; for few samples the high ones are the maximum. */
export function percentile(samples: readonly number[], name: (typeof PERCENTILES)[number]): number {
  const share = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 }[name];
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Prints the machine and the table. */
export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = [{ figure: title, measured: 'measured', limit: 'limit', verdict: '' }, ...figures];
  const width = (key: 'figure' | 'measured' | 'limit') => Math.max(...rows.map((row) => row[key].length));
  const line = (row: (typeof rows)[number]) =>
    [
      row.figure.padEnd(width('figure')),
      row.measured.padEnd(width('measured')),
      row.limit.padEnd(width('limit')),
      row.verdict,
    ]
      .join('  ')
      .trimEnd();
  const [head, ...rest] = rows.map(line);
  const rule = '-'.repeat(Math.max(...rows.map((row) => line(row).length)));
  console.log([machineLine(), head, rule, ...rest, ''].join('\n'));
}

/** Runs a benchmark; a figure over its limit is a verdict. A part that can't be measured costs its own figures, and exit 1. */
export async function bench(
  title: string,
  ...parts: readonly (() => Promise<readonly Figure[]>)[]
): Promise<void> {
  const figures: Figure[] = [];
  let failed = 0;
  for (const measure of parts) {
    try {
      figures.push(...(await measure()));
    } catch (error) {
      failed += 1;
      console.error(
        `${title}: could not be measured: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  }
  if (figures.length > 0) printTable(title, figures);
  process.exit(failed === 0 ? 0 : 1);
}

function machineLine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const node = spawnSync('node', ['--version'], { encoding: 'utf8' }).stdout?.trim() || 'no node';
  const load = loadavg().map((value) => value.toFixed(2));
  return `machine: ${cpus().length} x ${model}; Deno ${denoVersion()}, Bun ${Bun.version}, Node ${node}; load ${load.join(' ')}`;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

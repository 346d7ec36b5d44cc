/** The smoke's report as text: one table a stage, then what was proven and what was not. */
import { alignColumns } from './print.ts';
import type { SmokeReport } from './smoke-walk.ts';

/** Formats a report for people. */
export function formatSmoke(report: SmokeReport): string {
  const tables = report.stages.flatMap(({ stage, name, checks }) => [
    `Stage ${stage} ${name}`,
    ...alignColumns(checks.map(({ title, figure, verdict }) => [`  ${title}`, figure, verdict] as const)),
    '',
  ]);
  const open = report.not_proven.length === 0 ? [] : [`Not proven: ${report.not_proven.join('; ')}.`];
  const verdict = report.passed ? 'PASSED' : `FAILED: ${report.failures.join('; ')}`;
  return [...tables, ...open, `Smoke ${verdict} (${(report.duration_ms / 1000).toFixed(1)} s).`].join('\n');
}

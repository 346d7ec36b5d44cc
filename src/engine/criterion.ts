/** One criterion, and its figures as text. */
import type { Criterion, CriterionVerdict } from './types.ts';

/** Builds one criterion. */
export function criterion(
  id: string,
  title: string,
  verdict: CriterionVerdict,
  figure: string,
  limit: string,
): Criterion {
  return { id, title, verdict, figure, limit };
}

/** Milliseconds as "m:ss" or "0.8s". */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}s`;
  const total = Math.floor(ms / 1000);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
}

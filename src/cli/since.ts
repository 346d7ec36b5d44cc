/** When something is told from, as an operator writes it. */
import { UsageError } from './context.ts';

/** Reads a span before now ("90s", "30m", "2h", "3d"), a day or a time; null when absent. Throws a UsageError. */
export function sinceOf(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const span = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const unit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[span?.[2] ?? ''];
  const atMs =
    unit === undefined
      ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : '')
      : nowMs - Number(span?.[1]) * unit;
  if (Number.isFinite(atMs)) return atMs;
  throw new UsageError(
    `since: ${text} — expected a span such as 30m or 2h, or a time such as 2026-11-23T10:00:00Z`,
  );
}

/** How a gate's answer is worded: short enough for a screen of 80 columns. */
import type { GateAnswer } from './gate.ts';

const VALUE_WIDTH = 18;
const LIMIT_WIDTH = 14;

/** Makes an answer; value and limit are clipped to 18 and 14 characters. Anything but `true` is closed. */
export function answer(open: boolean, value: string, limit: string): GateAnswer {
  return { open: open === true, value: clip(value, VALUE_WIDTH), limit: clip(limit, LIMIT_WIDTH) };
}

/** Words a duration in milliseconds: "850 ms", "12.0 s", "3 h", "never" for infinity, "unknown" for NaN or null. */
export function duration(ms: number | null): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return 'unknown';
  if (ms === Number.POSITIVE_INFINITY) return 'never';
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 600_000) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** Tells whether an age in milliseconds is known and at most `limitMs`; an age below -1 s is a broken clock. */
export function isFresh(ageMs: number | null, limitMs: number): boolean {
  return isCount(limitMs) && typeof ageMs === 'number' && ageMs >= -CLOCK_JITTER_MS && ageMs <= limitMs;
}

/** Tells whether a number is finite and not below zero. */
export function isCount(value: number | null): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Tells whether something is a list of words and nothing else. */
export function isWords(list: readonly string[] | null): list is readonly string[] {
  return Array.isArray(list) && list.every((word) => typeof word === 'string');
}

/** Two threads' clocks are aligned to within far less than this. */
const CLOCK_JITTER_MS = 1000;

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

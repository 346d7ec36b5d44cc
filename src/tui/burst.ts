/** Tells typing from text that comes faster than anybody types; pure. */
import type { Scanned } from './stop-scan.ts';

/** So many characters within `WINDOW_MS` nobody types, and no held key gives. */
export const PASTE_FROM_CHARS = 12;
const WINDOW_MS = 100;
/** What follows a paste sooner belongs to it: a terminal gives a long one in pieces, the last of them as short as a key. */
const SILENCE_MS = 150;

/** What is left of a read; `isNew` when a paste is recognized that was not told of yet. */
export interface Typed {
  readonly text: string;
  readonly isNew: boolean;
}

/**
 * Returns a filter for reads at monotonic times in ms. A read in which a paste is recognized, or that follows one at once,
 * gives nothing; what came before it a person may have typed.
 */
export function burstFilter(): { take(read: Pick<Scanned, 'text' | 'paste'>, nowMs: number): Typed } {
  let recent: readonly { readonly atMs: number; readonly chars: number }[] = [];
  let seenMs = Number.NEGATIVE_INFINITY;
  return {
    take: ({ text, paste }, nowMs) => {
      const chars = charsIn(text);
      recent = [...recent.filter(({ atMs }) => nowMs - atMs < WINDOW_MS), { atMs: nowMs, chars }];
      const isFast = recent.reduce((sum, one) => sum + one.chars, 0) >= PASTE_FROM_CHARS;
      const isRest = nowMs - seenMs <= SILENCE_MS;
      if (paste === 'none' && !isFast && !isRest) return { text, isNew: false };
      if (paste !== 'none' || text !== '') seenMs = nowMs;
      return { text: '', isNew: paste === 'begins' || (paste === 'none' && !isRest) };
    },
  };
}

/** Keys that may be held down on a line that lags don't count: arrows and their like, backspace, Enter. */
function charsIn(text: string): number {
  const keys = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O[\x20-\x7e]|[\s\S])?|[\x00-\x1f\x7f]/g;
  return text.replace(keys, '').length;
}

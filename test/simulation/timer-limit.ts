/** What the runtimes can wait for. */

/** F43: the runtimes fire at once what is to wait for longer than this, or for no number; nobody may ask for it. */
export function withinTimers(ms: number, overflowed: (ms: number) => void): number {
  if (ms <= MOST_TIMER_MS) return ms;
  overflowed(ms);
  return 1;
}

const MOST_TIMER_MS = 2_147_483_647;

/** A promise that is waited for no longer than it is worth. */

import { type Timers, thisMachine } from './machine.ts';

/** Waits for `work` at most `limitMs` (below 2^31); rejects after that, and what comes later is nobody's. */
export async function withinDeadline<T>(
  work: Promise<T>,
  limitMs: number,
  timers: Timers = thisMachine.timers,
): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = timers.after(limitMs, () => reject(new Error(`no answer within ${limitMs} ms`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
    work.catch(() => undefined);
  }
}

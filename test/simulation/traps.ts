/** What waits for a moment of the daemon's that can't be planned: one trap a moment, sprung once. */

/** `reading`: a run reads once more before a write. `sending`: a write has its intent and no outcome. */
export type Moment = 'reading' | 'sending';

export interface Traps {
  /** Replaces the one that waits for this moment. */
  readonly set: (moment: Moment, run: () => void) => void;
  /** After every event; null when it is neither. */
  readonly spring: (moment: Moment | null) => void;
}

/** None is set. */
export function createTraps(): Traps {
  const waiting = new Map<Moment, () => void>();
  return {
    set: (moment, run) => {
      waiting.set(moment, run);
    },
    spring: (moment) => {
      const run = moment === null ? undefined : waiting.get(moment);
      if (moment === null || run === undefined) return;
      waiting.delete(moment);
      run();
    },
  };
}

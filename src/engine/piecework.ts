/** Does long work in pieces, one work at a time: what is asked in a pause waits for nobody, it does the rest first. */

/** Work that may be left for a while wherever it yields. */
export type Steps<T> = Generator<undefined, T>;

export interface Piecework<T> {
  /** Does what is still under way, then this, without a pause. */
  readonly atOnce: (steps: Steps<T>) => T;
  /** The same with a pause after each piece of this. */
  readonly withPauses: (steps: Steps<T>, pause: () => Promise<void>) => Promise<T>;
}

/** Makes a place at which one work at a time is done; an error of a work is thrown to who asked for that one. */
export function createPiecework<T>(): Piecework<T> {
  let underWay: Work<T> | null = null;

  function begin(steps: Steps<T>): Work<T> {
    underWay?.finish();
    underWay = workOn(steps);
    return underWay;
  }

  return {
    atOnce: (steps) => {
      const work = begin(steps);
      work.finish();
      return work.result();
    },
    withPauses: async (steps, pause) => {
      const work = begin(steps);
      while (!work.step()) await pause();
      return work.result();
    },
  };
}

interface Work<T> {
  /** Does one piece, if anything is left; true once it is done. */
  readonly step: () => boolean;
  readonly finish: () => void;
  readonly result: () => T;
}

function workOn<T>(steps: Steps<T>): Work<T> {
  let ended: { readonly value: T } | { readonly error: unknown } | null = null;

  function step(): boolean {
    if (ended !== null) return true;
    try {
      const piece = steps.next();
      if (piece.done === true) ended = { value: piece.value };
    } catch (error) {
      ended = { error };
    }
    return ended !== null;
  }

  return {
    step,
    finish: () => {
      let isDone = false;
      while (!isDone) isDone = step();
    },
    result: () => {
      if (ended === null) throw new Error('asked for the result of work that is not done');
      if ('error' in ended) throw ended.error;
      return ended.value;
    },
  };
}

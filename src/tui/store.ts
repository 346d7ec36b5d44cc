/** The screen's state, and when React may see it. */

/** A state that is always current, and the last one that was published to React. */
export interface Store<State> {
  readonly get: () => State;
  /** Takes a new state; React sees it at once, or after `publish` when the gate was closed. */
  readonly set: (next: State) => void;
  readonly publish: () => void;
  readonly published: () => State;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Makes a store; while `mayPublish` says no, drawing waits and nothing else does. */
export function createStore<State>(initial: State, mayPublish: () => boolean): Store<State> {
  let current = initial;
  let shown = initial;
  const listeners = new Set<() => void>();
  const publish = (): void => {
    if (shown === current || !mayPublish()) return;
    shown = current;
    for (const listener of listeners) listener();
  };
  return {
    get: () => current,
    set: (next) => {
      current = next;
      publish();
    },
    publish,
    published: () => shown,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The heartbeat of a simulated process as a loaded machine gives it: in time while a run executes, less often after an
 * event and while an intent is open, and seconds apart when nothing goes on.
 */
import type { Core } from '../../src/daemon/core.ts';
import type { Random } from './random.ts';
import type { Thread } from './threads.ts';
import type { Timeline } from './timeline.ts';

const BUSY_MS = 250;
const ALERT_MS = 700;
const ALERT_FOR_MS = 1500;
const OPEN_MS = 1100;

export interface HeartbeatDeps {
  readonly core: Core;
  readonly timeline: Timeline;
  readonly control: Pick<Thread, 'after'>;
  readonly random: Random;
  /** The longest from one beat to the next, milliseconds. */
  readonly idleMs: number;
}

/** Beats at once and from then on. `wake` ends a rest that began before anything was to be done. */
export function createHeartbeat(
  { core, timeline, control, random, idleMs }: HeartbeatDeps,
  beat: () => void,
): { readonly wake: () => void } {
  let alertUntilMs = 0;
  let next: { readonly atMs: number; readonly cancel: () => void } | null = null;
  core.exchange.subscribe(({ type }) => {
    if (type !== 'stream_alive') alertUntilMs = timeline.nowMs() + ALERT_FOR_MS;
  });
  const restMs = (): number => {
    if (core.vitals.executing) return BUSY_MS;
    if (timeline.nowMs() < alertUntilMs) return ALERT_MS;
    if (core.journal.state().openIntents.size > 0) return OPEN_MS;
    return random.whole(1000, idleMs);
  };
  const beatIn = (ms: number): void => {
    next?.cancel();
    next = { atMs: timeline.nowMs() + ms, cancel: control.after(ms, beatNow) };
  };
  function beatNow(): void {
    beat();
    beatIn(restMs());
  }
  beatNow();
  return {
    wake: () => {
      if (next !== null && next.atMs > timeline.nowMs() + BUSY_MS) beatIn(BUSY_MS);
    },
  };
}

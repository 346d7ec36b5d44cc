/** Brings the daemon's documents to the screen: at most four times a second, and ages them when none come. */
import type { ControlClient } from '../control/client.ts';
import type { Clock } from '../engine/clock.ts';
import type { Received, ScreenEvent } from './types.ts';

const TICK_MS = 250;
/** Every so many ticks one status is asked for, to tell how long a round trip takes. */
const PROBE_TICKS = 20;

export interface FeedSetting {
  readonly client: Pick<ControlClient, 'status' | 'stream'>;
  readonly clock: Clock;
  readonly onEvent: (event: ScreenEvent) => void;
  readonly onUp: () => void;
}

/** Starts the stream and the tick; returns how to end both. */
export function openFeed(setting: FeedSetting): { close(): void } {
  const { client, clock, onEvent } = setting;
  let latest: Received | null = null;
  let ticks = 0;
  let isFirst = true;
  let isClosed = false;

  const tick = (): void => {
    onEvent({ type: 'tick', nowMs: clock.monoMs(), wallMs: clock.wallMs(), received: latest });
    latest = null;
  };
  const probe = (): void => {
    const startedMs = clock.monoMs();
    client.status().then(
      () => {
        if (!isClosed) onEvent({ type: 'latency', ms: clock.monoMs() - startedMs });
      },
      () => {
        // The stream says what is wrong with the link.
      },
    );
  };
  const stream = client.stream({
    onStatus: (status) => {
      latest = { status, atMs: clock.monoMs() };
      if (isFirst) tick();
      isFirst = false;
    },
    onUp: () => {
      onEvent({ type: 'link', up: true, why: '' });
      setting.onUp();
      probe();
    },
    onDown: (why) => onEvent({ type: 'link', up: false, why }),
  });
  const timer = setInterval(() => {
    ticks += 1;
    tick();
    if (ticks % PROBE_TICKS === 0) probe();
  }, TICK_MS);
  return {
    close: () => {
      isClosed = true;
      clearInterval(timer);
      stream.close();
    },
  };
}

/** Sends every stream the newest status: at most 4 a second, at least one, and never a backlog. */
import type { ServerResponse } from 'node:http';
import type { ControlTarget } from './control.ts';

const MIN_GAP_MS = 250;
const MAX_GAP_MS = 1000;
/** A reader that took nothing for this long is dropped. */
const STUCK_MS = 10_000;

export interface StreamHub {
  readonly add: (response: ServerResponse) => void;
  readonly close: () => void;
}

interface Reader {
  readonly response: ServerResponse;
  /** A line is still on its way to this reader, since then; newer ones replace each other meanwhile. */
  busyTicks: number;
  behind: boolean;
}

/** Starts the hub; `onError` hears what the target threw. */
export function createStreamHub(target: ControlTarget, onError: (error: unknown) => void): StreamHub {
  const readers = new Set<Reader>();
  let newest = '';
  let changed = false;
  let sinceSendMs = 0;

  const refresh = (): boolean => {
    try {
      newest = `${JSON.stringify(target.status())}\n`;
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  };
  const send = (reader: Reader): void => {
    reader.behind = false;
    reader.busyTicks = 0;
    const { response } = reader;
    if (response.write(newest)) return;
    reader.busyTicks = 1;
    response.once('drain', () => {
      reader.busyTicks = 0;
      if (reader.behind) send(reader);
    });
  };
  const tick = (): void => {
    sinceSendMs += MIN_GAP_MS;
    if (readers.size === 0) return;
    for (const reader of readers) {
      if (reader.busyTicks > 0) reader.busyTicks += 1;
      if (reader.busyTicks * MIN_GAP_MS > STUCK_MS) drop(reader);
    }
    if (!changed && sinceSendMs < MAX_GAP_MS) return;
    if (!refresh()) return;
    changed = false;
    sinceSendMs = 0;
    for (const reader of readers) {
      if (reader.busyTicks > 0) reader.behind = true;
      else send(reader);
    }
  };
  const drop = (reader: Reader): void => {
    readers.delete(reader);
    reader.response.destroy();
  };

  const timer = setInterval(tick, MIN_GAP_MS);
  const unsubscribe = target.subscribe(() => {
    changed = true;
  });
  return {
    add: (response) => {
      const reader: Reader = { response, busyTicks: 0, behind: false };
      response.on('close', () => readers.delete(reader));
      response.on('error', () => drop(reader));
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      if (!refresh()) {
        response.destroy();
        return;
      }
      readers.add(reader);
      send(reader);
    },
    close: () => {
      clearInterval(timer);
      unsubscribe();
      for (const reader of readers) drop(reader);
    },
  };
}

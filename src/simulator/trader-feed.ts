/** Writes the expected-state feed as the trading engine does: append-only JSON lines, gapless within a session. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FeedLine } from '../engine/feed-schema.ts';

type Body<T> = T extends unknown ? Omit<T, 'session_id' | 'seq' | 'ts_ms'> : never;
/** A feed line without what the writer adds. */
export type FeedBody = Body<FeedLine>;

/** An open feed file. */
export interface TraderFeed {
  /** Starts a new session, also after a line that couldn't be written; its first line must be a checkpoint. */
  newSession(sessionId: string): void;
  /** Writes a line; nothing more of the session once one couldn't be written, as on a full disk. */
  append(body: FeedBody): void;
  /** Tells whether a line of the session couldn't be written. */
  failed(): boolean;
  close(): void;
}

/** Writes to a file and tells how many bytes it took. */
export type WriteText = (fd: number, text: string) => number;

/** Opens the feed for appending, created with mode 0600; every line is on its way to the disk when `append` returns. */
export function openTraderFeed(path: string, now: () => number, write: WriteText = writeSync): TraderFeed {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  let sessionId = '';
  let seq = 0;
  let isBroken = false;
  const put = (text: string): void => {
    try {
      isBroken = write(file, text) < Buffer.byteLength(text);
    } catch {
      isBroken = true;
    }
  };
  return {
    newSession(id) {
      sessionId = id;
      seq = 0;
      // Half a line may stand there.
      if (isBroken) put('\n');
    },
    append(body) {
      if (isBroken) return;
      seq += 1;
      put(`${JSON.stringify({ ...body, session_id: sessionId, seq, ts_ms: now() })}\n`);
    },
    failed: () => isBroken,
    close: () => closeSync(file),
  };
}

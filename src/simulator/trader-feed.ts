/** Writes the expected-state feed as the trading engine does: append-only JSON lines, gapless within a session. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FeedLine } from '../engine/feed-schema.ts';

type Body<T> = T extends unknown ? Omit<T, 'session_id' | 'seq' | 'ts_ms'> : never;
/** A feed line without what the writer adds. */
export type FeedBody = Body<FeedLine>;

/** An open feed file. */
export interface TraderFeed {
  /** Starts a new session; its first line must be a checkpoint. */
  newSession(sessionId: string): void;
  append(body: FeedBody): void;
  close(): void;
}

/** Opens the feed for appending, created with mode 0600; every line is on its way to the disk when `append` returns. */
export function openTraderFeed(path: string, now: () => number): TraderFeed {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  let sessionId = '';
  let seq = 0;
  return {
    newSession(id) {
      sessionId = id;
      seq = 0;
    },
    append(body) {
      seq += 1;
      writeSync(file, `${JSON.stringify({ ...body, session_id: sessionId, seq, ts_ms: now() })}\n`);
    },
    close: () => closeSync(file),
  };
}

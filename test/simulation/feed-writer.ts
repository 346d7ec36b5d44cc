/** Writes the feed as a trading engine would: sessions, gapless numbers, and every way to get it wrong. */
import type { MemoryDisk } from './memory-disk.ts';

export type Body = Readonly<Record<string, unknown>>;

export interface FeedWriter {
  /** Writes one line of the session. */
  readonly line: (body: Body) => void;
  /** Takes a number and loses its line. */
  readonly loseNext: () => void;
  /** The next line takes the number and time of the one before, as two threads do that race for a counter. */
  readonly repeatNext: () => void;
  readonly newSession: () => void;
  /** Anything at all, as it is. */
  readonly raw: (text: string) => void;
  /** What is written from now on goes into a new file. */
  readonly rotate: () => void;
  readonly truncate: () => void;
  /** Shifts the engine's clock. */
  readonly setClockOffset: (ms: number) => void;
  /** Whether nobody will read what the next line says: it is lost, or becomes the end of half a one. */
  readonly losesNext: () => boolean;
  /** True time of the last line; null before the first. */
  readonly lastLineMs: () => number | null;
  /** Since when a reader can know that something was lost or garbled and no checkpoint has said everything anew; or null. */
  readonly brokenSinceMs: () => number | null;
  /** When the session's first checkpoint was written; null before it. */
  readonly sessionSinceMs: () => number | null;
  readonly clockOffsetMs: () => number;
  /** Why the file can't be trusted as it lies there; null when it can. */
  readonly spoiled: () => string | null;
}

/** Opens the file at a path. Lines are stamped by the machine's wall clock; all else is true time. */
export function createFeedWriter(
  disk: MemoryDisk,
  path: string,
  { nowMs, wallMs }: { readonly nowMs: () => number; readonly wallMs: () => number },
): FeedWriter {
  let session = 0;
  let seq = 0;
  let offsetMs = 0;
  let lastMs: number | null = null;
  let loses = false;
  let repeats = false;
  let lastStampMs = 0;
  let gap = false;
  let half = false;
  let brokenMs: number | null = null;
  let sessionMs: number | null = null;
  let isUnheard = true;
  const breakNow = (): void => {
    brokenMs ??= nowMs();
  };
  return {
    line: (body) => {
      seq += 1;
      if (loses) {
        loses = false;
        gap = true;
        return;
      }
      // A number whose line was lost is taken once by whoever takes it.
      const isRepeated = repeats && seq > 1 && !gap;
      repeats = false;
      if (isRepeated) seq -= 1;
      else lastStampMs = wallMs() + offsetMs;
      const line = { ...body, session_id: `s${session}`, seq, ts_ms: lastStampMs };
      disk.append(path, `${JSON.stringify(line)}\n`);
      lastMs = nowMs();
      if (gap || half) breakNow();
      gap = false;
      if (isRepeated) {
        half = false;
        breakNow();
        return;
      }
      // It became the end of what has no sense, and says nothing.
      if (half) {
        half = false;
        return;
      }
      // Its first line may have been lost: nobody knows of it before one came.
      if (isUnheard) sessionMs = null;
      isUnheard = false;
      if (body['type'] === 'checkpoint') {
        sessionMs ??= nowMs();
        if (body['account'] === 'sim') brokenMs = null;
        else breakNow();
      }
    },
    loseNext: () => {
      loses = true;
    },
    repeatNext: () => {
      repeats = true;
    },
    newSession: () => {
      session += 1;
      repeats = false;
      seq = 0;
      gap = false;
      isUnheard = true;
    },
    raw: (text) => {
      disk.append(path, text);
      // An empty line says nothing, unless it is the end of half a one.
      if (text === '\n' && !half) return;
      // Half a line may still be on its way; with the next one it is known to be none.
      half = !text.endsWith('\n');
      if (!half) breakNow();
    },
    rotate: () => {
      half = false;
      disk.replace(path, '');
    },
    truncate: () => {
      const inode = disk.find(path);
      if (inode !== undefined) inode.size = 0;
      half = false;
      breakNow();
    },
    setClockOffset: (ms) => {
      offsetMs = ms;
    },
    losesNext: () => loses || half,
    lastLineMs: () => lastMs,
    brokenSinceMs: () => brokenMs,
    sessionSinceMs: () => sessionMs,
    clockOffsetMs: () => offsetMs,
    spoiled: () => {
      const inode = disk.find(path);
      if (inode === undefined) return 'gone';
      if (inode.kind !== 'file') return `a ${inode.kind}`;
      return (inode.mode & 0o022) === 0 ? null : 'writable by others';
    },
  };
}

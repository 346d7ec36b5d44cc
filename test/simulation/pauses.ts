/** What of the exchange's pauses a process can know, told from what lies on the disk. */
import { z } from 'zod';
import type { Coverage } from './coverage.ts';
import type { WatchedLine } from './journal-watch.ts';
import type { Knowledge } from './knowledge.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { ACCOUNT } from './process.ts';

const recordSchema = z.object({ until_ms: z.number() });

/** Takes in what a line of the audit keeps of one. */
export function notePause(
  { details }: WatchedLine,
  { knowledge, coverage }: { readonly knowledge: Knowledge; readonly coverage: Coverage },
): void {
  const untilMs = details['backoff_until_ms'];
  if (typeof untilMs !== 'number') return;
  knowledge.pauseKeptMs = Math.max(knowledge.pauseKeptMs, untilMs);
  if (details['why'] === 'the wall clock was moved') coverage.count('pause_kept_anew');
}

/**
 * What the next process has to know of a pause that was told, as the wall clock stands when it starts: what the audit keeps,
 * or, where that is spoiled, what the account's own record does.
 */
export function pauseAtStart(
  disk: MemoryDisk,
  { knowledge, coverage }: { readonly knowledge: Knowledge; readonly coverage: Coverage },
): void {
  const apartMs = knowledge.tampered ? recordOf(disk) : 0;
  if (apartMs > 0 && apartMs >= knowledge.pauseToldMs - 1000) coverage.count('pause_kept_apart');
  const { pauseKeptMs, wall } = knowledge;
  knowledge.pauseUntilMs = knowledge.tampered
    ? pauseApart(disk, knowledge)
    : Math.min(knowledge.pauseUntilMs, pauseKeptMs - wall.offsetMs);
}

/** The same of one that finds no audit: by the account's own record alone. */
export function pauseApart(disk: MemoryDisk, { pauseUntilMs, wall }: Knowledge): number {
  return Math.min(pauseUntilMs, recordOf(disk) - wall.offsetMs);
}

/** Wall time; 0 for none. */
function recordOf(disk: MemoryDisk): number {
  const inode = disk.find(ACCOUNT.pause);
  if (inode === undefined) return 0;
  const text = Buffer.from(inode.bytes.subarray(0, inode.size)).toString('utf8');
  try {
    return recordSchema.parse(JSON.parse(text)).until_ms;
  } catch {
    return 0;
  }
}

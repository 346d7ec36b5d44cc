/**
 * The end of the longest pause that the exchange asked for, beside lock and latch: a ban outlives a restart also where
 * the audit, which keeps it too, is switched off, spoiled or on a full disk.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Disk, realDisk } from './disk.ts';
import { describeError, ensurePrivateDirectory, readPrivateFile, replaceFile } from './files.ts';

/** Nothing here throws. */
export interface PauseRecord {
  /** Wall time up to which an earlier process was told to stay away; 0 for none. */
  readonly untilMs: number;
  /** Keeps that wall time durably unless a later one is kept; says why it could not, or null. */
  readonly keep: (untilMs: number) => string | null;
}

const recordSchema = z.strictObject({
  schema_version: z.literal(1),
  until_ms: z.number().nonnegative(),
});

/** Where an account's record is, in its directory. */
export function pausePath(accountDirectory: string): string {
  return join(accountDirectory, 'pause.json');
}

/** Reads the record; one that is missing or can't be read is none, for the audit keeps the same. */
export function openPauseRecord(path: string, disk: Disk = realDisk): PauseRecord {
  const untilMs = readRecord(path, disk);
  let keptMs = untilMs;
  return {
    untilMs,
    keep: (laterMs) => {
      if (!(laterMs > keptMs)) return null;
      try {
        const directory = ensurePrivateDirectory(dirname(path), disk);
        if (directory.kind === 'refused') return directory.why;
        replaceFile(path, `${JSON.stringify({ schema_version: 1, until_ms: laterMs })}\n`, disk);
        // A name that is only in memory would be gone with the power.
        disk.syncDirectory(dirname(path));
        keptMs = laterMs;
        return null;
      } catch (error) {
        return `pause record ${path}: ${describeError(error)}`;
      }
    },
  };
}

function readRecord(path: string, disk: Disk): number {
  try {
    const text = readPrivateFile(path, 1024, disk);
    return text === null ? 0 : recordSchema.parse(JSON.parse(text)).until_ms;
  } catch {
    return 0;
  }
}

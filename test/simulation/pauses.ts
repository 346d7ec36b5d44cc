/** What of the exchange's pauses a process can know, told from what lies on the disk. */
import { z } from 'zod';
import type { Knowledge } from './knowledge.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { ACCOUNT } from './process.ts';

const recordSchema = z.object({ until_ms: z.number() });

/** Tells whether the account's own record of the pause says as much as some process of it was told. */
export function isKeptApart(disk: MemoryDisk, { pauseToldMs }: Knowledge): boolean {
  const inode = disk.find(ACCOUNT.pause);
  if (inode === undefined) return false;
  const text = Buffer.from(inode.bytes.subarray(0, inode.size)).toString('utf8');
  try {
    return recordSchema.parse(JSON.parse(text)).until_ms >= pauseToldMs - 1000;
  } catch {
    return false;
  }
}

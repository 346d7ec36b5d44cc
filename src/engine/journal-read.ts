/** Reads a journal's records in order, over all of its files, for whoever only wants to tell what happened. */
import { constants } from 'node:fs';
import type { AuditRecord } from './audit-record.ts';
import type { ChainHead } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import { rotatedFiles } from './journal-files.ts';
import { scanJournal } from './journal-scan.ts';

/**
 * Hands every good record to `visit`, each once, and stops where the chain ends or breaks; returns the last one read.
 * Whether all is there, verifyJournal tells. Throws when a file can't be read.
 */
export function readRecords(
  path: string,
  visit: (record: AuditRecord) => void,
  disk: Disk = realDisk,
): ChainHead | null {
  let head: ChainHead | null = null;
  for (const file of [...rotatedFiles(path, disk).map((one) => one.path), path]) {
    const fd = disk.open(file, constants.O_RDONLY, 0);
    try {
      const scan = scanJournal(
        fd,
        disk,
        (record) => {
          // A copy that a crash left beside what it was copied from holds the same lines again.
          if (head !== null && record.seq <= head.seq) return;
          head = { seq: record.seq, hash: record.hash };
          visit(record);
        },
        null,
      );
      if (scan.kind !== 'ok') return head;
    } finally {
      disk.close(fd);
    }
  }
  return head;
}

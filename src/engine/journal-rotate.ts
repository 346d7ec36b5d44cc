/** Plans a rotation: where the current file's lines go, the checkpoint that begins the next, and which files are too old. */
import type { AuditEntry } from './audit-record.ts';
import { formatLine, nextRecord } from './chain.ts';
import { checkpointEntries } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { lastLineAtMs, rotatedFiles, rotatedPath } from './journal-files.ts';
import { anchorIn, MAX_LINE_BYTES } from './journal-scan.ts';
import type { JournalState } from './journal-state.ts';

/** What a rotation does: `expired` files go once the checkpoint is on disk. */
export interface RotationPlan {
  readonly to: string;
  readonly checkpoint: readonly AuditEntry[];
  readonly expired: readonly string[];
}

/** Stay whatever their age, so that a clock that jumped ahead takes nothing away. */
const ALWAYS_KEPT = 10;

/** Plans it; null when the checkpoint would not fit into lines. Throws what the disk throws. */
export function planRotation(
  current: {
    readonly path: string;
    readonly fd: number;
    readonly state: JournalState;
    readonly nowMs: number;
    readonly keepMs: number;
  },
  disk: Disk,
): RotationPlan | null {
  const { path, fd, state } = current;
  const anchor = anchorIn(fd, disk);
  if (anchor === null) throw new Error('its first line can not be read');
  const firstSeq = anchor.seq + 1;
  const files = [...rotatedFiles(path, disk), { path: rotatedPath(path, firstSeq), firstSeq }];
  // An intent that is not resolved keeps its INTENT's file, for whoever has to find out.
  const neededSeq = Math.min(
    Number.POSITIVE_INFINITY,
    ...[...state.openIntents.values()].map(({ seq }) => seq),
  );
  let expired = 0;
  for (const [index, file] of files.entries()) {
    const next = files[index + 1];
    if (next === undefined || index >= files.length - ALWAYS_KEPT || next.firstSeq > neededSeq) break;
    const lastAtMs = lastLineAtMs(file.path, disk);
    if (lastAtMs === null || current.nowMs - lastAtMs <= current.keepMs) break;
    expired += 1;
  }
  const keepsFromSeq = files[expired]?.firstSeq ?? firstSeq;
  const checkpoint = checkpointEntries(state, { keepsFromSeq });
  for (const entry of checkpoint)
    if (formatLine(nextRecord(state.head, entry, current.nowMs)).length > MAX_LINE_BYTES / 2) return null;
  return {
    to: rotatedPath(path, firstSeq),
    checkpoint,
    expired: files.slice(0, expired).map((file) => file.path),
  };
}

/** Removes files as far as it can and says how many; what stays is asked for again at the next rotation. */
export function removeAll(paths: readonly string[], disk: Disk): string {
  const removed = paths.filter((path) => {
    try {
      disk.remove(path);
      return true;
    } catch {
      return false;
    }
  });
  return removed.length === 0 ? '' : `, ${removed.length} file(s) past their time removed`;
}

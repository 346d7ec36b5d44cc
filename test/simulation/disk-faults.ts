/** What may happen to the disk of durable state: one failure armed at a time, at the n-th call that changes something. */
import type { Coverage } from './coverage.ts';
import { DiskError } from './inode.ts';
import type { DiskHook, MemoryDisk } from './memory-disk.ts';
import type { Random } from './random.ts';
import type { Owner } from './timeline.ts';

export const DISK_FAULTS = [
  'F44_no_space',
  'F45_short_write',
  'F46_sync_fails',
  'F47_read_only',
  'F48_no_descriptors',
] as const;
export type DiskFault = (typeof DISK_FAULTS)[number];

export interface DiskFaults {
  /** At one of so many of its next calls; 8 when not said. */
  readonly arm: (fault: DiskFault, within?: number) => void;
  /** The process dies at some of its next calls. */
  readonly armKill: () => void;
  readonly disarm: () => void;
}

export interface DiskFaultDeps {
  readonly disk: MemoryDisk;
  readonly random: Random;
  readonly coverage: Coverage;
  /** A call on the audit failed for this process. `isOldRead`: only a look into a file that was rotated away. */
  readonly auditFailed: (owner: Owner, fault: DiskFault, isOldRead: boolean) => void;
  /** This process could not read which pause is kept apart from the audit. */
  readonly pauseUnread: (owner: Owner) => void;
  readonly killed: (owner: Owner) => void;
  readonly pausePath: string;
  readonly auditPath: string;
  readonly headPath: string;
}

/** Takes the disk's hook. */
export function createDiskFaults(deps: DiskFaultDeps): DiskFaults {
  const { random, coverage, auditPath, headPath } = deps;
  let armed: { readonly fault: DiskFault; countdown: number; readonly stays: boolean } | null = null;
  let kill: number | null = null;

  const hook: DiskHook = ({ what, path, owner, bytes, changes }) => {
    if (kill !== null) {
      kill -= 1;
      if (kill < 0) {
        kill = null;
        coverage.count('F55_killed_at_a_disk_call');
        deps.killed(owner);
        return { cut: what === 'write' ? random.whole(0, bytes) : 0, error: new DiskError('EIO') };
      }
    }
    if (armed === null || !hits(armed.fault, what, changes)) return null;
    armed.countdown -= 1;
    if (armed.countdown >= 0) return null;
    const { fault, stays } = armed;
    coverage.count(fault);
    if (!stays) armed = null;
    if (path.startsWith(auditPath) || path.startsWith(headPath)) {
      const isOldRead = !changes && path !== auditPath && path.startsWith(auditPath);
      deps.auditFailed(owner, fault, isOldRead);
    }
    if (path === deps.pausePath && what === 'open' && !changes) deps.pauseUnread(owner);
    return {
      cut: fault === 'F45_short_write' ? random.whole(1, bytes) : 0,
      error: new DiskError(CODES[fault]),
    };
  };
  deps.disk.setHook(hook);

  return {
    arm: (fault, within = 8) => {
      armed = { fault, countdown: random.whole(0, within), stays: random.chance(0.5) };
    },
    armKill: () => {
      kill = random.whole(0, 20);
    },
    disarm: () => {
      armed = null;
      kill = null;
    },
  };
}

const CODES: Readonly<Record<DiskFault, string>> = {
  F44_no_space: 'ENOSPC',
  F45_short_write: 'ENOSPC',
  F46_sync_fails: 'EIO',
  F47_read_only: 'EROFS',
  F48_no_descriptors: 'EMFILE',
};

function hits(fault: DiskFault, what: Parameters<DiskHook>[0]['what'], changes: boolean): boolean {
  switch (fault) {
    case 'F44_no_space':
    case 'F45_short_write':
      return what === 'write';
    case 'F46_sync_fails':
      return what === 'sync';
    case 'F47_read_only':
      return changes && what !== 'sync' && what !== 'syncDirectory';
    case 'F48_no_descriptors':
      return what === 'open';
  }
}

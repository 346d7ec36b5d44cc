/** Somebody lays hands on the audit or the latch while the daemon is down; the operator puts back what was there. */

import { reservePath } from '../../src/engine/journal-reserve.ts';
import { appendNewer } from './foreign-hands.ts';
import type { Inode } from './inode.ts';
import { ACCOUNT } from './process.ts';
import type { World } from './world.ts';

const YOUNG_MS = 180_000;

/** Kills the process, spoils a file, lets a process see it, and puts it back. */
export function tamper(world: World): void {
  const { random, disk, coverage, timeline, scenario, trace, observer } = world;
  // The account's own record of the audit has to have come to rest for anybody to miss something.
  const isYoung = timeline.nowMs() - world.beganMs < YOUNG_MS;
  if (observer.knowledge.tampered || world.process() === null || isYoung) return;
  world.kill(false);
  const { auditPath } = scenario.places;
  const path = random.chance(0.75) ? auditPath : ACCOUNT.latch;
  const inode = disk.find(path);
  if (inode === undefined || inode.size < 2000 * Number(path === auditPath)) return;
  const before: Inode = { ...inode, bytes: inode.bytes.slice(), synced: null, syncedSize: inode.size };
  const how =
    path === auditPath
      ? random.pick(['flip', 'delete', 'rollback', isReserved(world) ? 'flip' : 'newer'] as const)
      : 'flip';
  switch (how) {
    case 'flip': {
      coverage.count(path === auditPath ? 'F50_bit_flip' : 'latch_spoiled');
      const at = random.whole(0, path === auditPath ? inode.size >> 1 : 20);
      inode.bytes[at] = (inode.bytes[at] ?? 0) ^ 1;
      break;
    }
    case 'newer':
      coverage.count('F54_newer_audit');
      appendNewer(inode, random.chance(0.5) ? { schema_version: 2 } : { event_type: 'FROM_THE_FUTURE' });
      break;
    case 'delete':
      coverage.count('F51_audit_deleted');
      disk.remove(path);
      break;
    case 'rollback': {
      coverage.count('F52_audit_rolled_back');
      const end = Buffer.from(inode.bytes.subarray(0, inode.size >> 1)).lastIndexOf(0x0a) + 1;
      inode.size = end;
      inode.syncedSize = end;
      break;
    }
  }
  trace('tampering', `${how} ${path}`);
  if (path !== auditPath) return;
  observer.knowledge.tampered = true;
  world.start();
  timeline.after(random.whole(10_000, 120_000), null, () => {
    world.kill(false);
    disk.put(path, before);
    observer.knowledge.tampered = false;
    trace('tampering', 'put back');
  });
}

/** Last words wait in the reserve: a newer program would have taken them in before it wrote anything. */
function isReserved({ disk, scenario }: World): boolean {
  return disk.find(reservePath(scenario.places.auditPath))?.bytes[0] !== 0x20;
}

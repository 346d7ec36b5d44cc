/** Somebody lays hands on the audit or the latch while the daemon is down; the operator puts back what was there. */

import { reservePath } from '../../src/engine/journal-reserve.ts';
import { appendNewer } from './foreign-hands.ts';
import type { Inode } from './inode.ts';
import { spoilLatch } from './latch-hands.ts';
import type { World } from './world.ts';

const YOUNG_MS = 180_000;

/** Kills the process, spoils a file, lets a process see it, and puts it back. */
export function tamper(world: World): void {
  const { random, disk, coverage, timeline, scenario, trace, observer } = world;
  // The account's own record of the audit has to have come to rest for anybody to miss something.
  const isYoung = timeline.nowMs() - world.beganMs < YOUNG_MS;
  if (observer.knowledge.tampered || world.process() === null || isYoung) return;
  world.endOthers('killed');
  world.kill(false);
  if (random.chance(0.25)) {
    spoilLatch(world);
    return;
  }
  const { auditPath: path } = scenario.places;
  const inode = disk.find(path);
  if (inode === undefined || inode.size < 2000) return;
  const before: Inode = { ...inode, bytes: inode.bytes.slice(), synced: null, syncedSize: inode.size };
  const how = random.pick(['flip', 'delete', 'rollback', isReserved(world) ? 'flip' : 'newer'] as const);
  switch (how) {
    case 'flip': {
      coverage.count('F50_bit_flip');
      const at = random.whole(0, inode.size >> 1);
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

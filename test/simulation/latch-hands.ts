/** Somebody lays hands on the stop latch: what can't be read, or is gone, counts as a stop. */
import { resize, sync } from './inode.ts';
import { ACCOUNT } from './process.ts';
import type { World } from './world.ts';

/** Spoils the latch while the daemon is down, and starts it. */
export function spoilLatch(world: World): void {
  const { random, disk, coverage, trace } = world;
  const inode = disk.find(ACCOUNT.latch);
  if (inode === undefined || inode.size === 0) return;
  const how = random.pick(['garble', 'cut', 'delete'] as const);
  coverage.count('latch_spoiled');
  trace('tampering', `${how} ${ACCOUNT.latch}`);
  switch (how) {
    case 'garble':
      // In what both of its words begin with, or differ by: whichever is hit, it is neither any more.
      inode.bytes[random.whole(0, 19)] = 0x7e;
      sync(inode);
      break;
    case 'cut':
      resize(inode, random.whole(0, inode.size - 1));
      sync(inode);
      break;
    case 'delete':
      disk.remove(ACCOUNT.latch);
      break;
  }
  world.start();
  judgeUnreadableLatch(world);
}

/** S21: a process that has started with a latch that nobody can read is stopped. */
export function judgeUnreadableLatch({ process, observer }: World): void {
  const started = process();
  if (started !== null && !started.core.interlock.latched())
    observer.fail('S21', 'a start takes a latch that can not be read for none');
}

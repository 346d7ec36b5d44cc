/** F57: more than one process of an account: beside one that has the lock, as it dies, and after its lock file was lost. */
import { makeInode } from './inode.ts';
import { ACCOUNT } from './process.ts';
import type { World } from './world.ts';

/** By then the account's own record of the audit has come to rest. */
const YOUNG_MS = 180_000;

/** Starts another one, or several at once, beside the one that runs or as it dies. */
export function startSecond(world: World): void {
  const { random, timeline, coverage } = world;
  const many = random.chance(0.3) ? random.whole(2, 4) : 1;
  const go = (): void => {
    for (let one = 0; one < many; one++) startAnother(world);
    endOthersLater(world);
  };
  if (random.chance(0.2)) {
    if (world.process() === null || !mayStart(world)) return;
    world.kill(random.chance(0.3));
    if (many > 1) coverage.count('F57_starters_race');
    go();
  } else if (random.chance(0.25)) go();
  else {
    const delayMs = random.whole(0, 300);
    world.setTrap(random.pick(['reading', 'sending']), () => {
      timeline.after(delayMs, null, go);
    });
  }
}

/** Takes the account's lock away now, or as something is about to be repaired. */
export function loseLockSometime(world: World): void {
  const { random, timeline, coverage } = world;
  coverage.count('lock_lost');
  if (random.chance(0.5)) {
    loseLock(world);
    return;
  }
  const delayMs = random.whole(0, 300);
  world.setTrap(random.pick(['reading', 'sending']), () => {
    timeline.after(delayMs, null, () => loseLock(world));
  });
}

/** Takes the account's lock file away under the one that has it; mostly another one is started then. */
export function loseLock(world: World): void {
  const { random, timeline, coverage, disk, held, trace } = world;
  if (!mayStart(world)) return;
  const inode = disk.find(ACCOUNT.lock);
  const isHeld = held.holder(ACCOUNT.lock) === world.process()?.owner;
  if (inode === undefined || !isHeld) return;
  const how = random.pick(['moved', 'moved', 'removed', 'replaced'] as const);
  coverage.count(`F57_lock_${how}`);
  trace('lock', how);
  if (how === 'replaced') disk.put(ACCOUNT.lock, makeInode('file', 0o600));
  else disk.remove(ACCOUNT.lock);
  if (how === 'moved')
    timeline.after(random.whole(20_000, 120_000), null, () => {
      if (world.weather.healed()) return;
      coverage.count('F57_lock_put_back');
      if (held.holder(ACCOUNT.lock) !== null) coverage.count('F57_lock_put_back_over_another');
      trace('lock', 'put back');
      disk.put(ACCOUNT.lock, inode);
    });
  if (random.chance(0.4)) return;
  const soonMs = random.chance(0.5) ? random.whole(0, 3000) : random.whole(0, 60_000);
  timeline.after(soonMs, null, () => {
    startAnother(world);
    endOthersLater(world);
    if (random.chance(0.15)) world.operator.stop();
  });
}

function startAnother(world: World): void {
  if (!mayStart(world)) return;
  const isYoung = world.timeline.nowMs() - world.beganMs < YOUNG_MS;
  world.startAnother(!isYoung && world.random.chance(0.25) ? 'elsewhere' : 'here');
}

function mayStart({ timeline, weather, observer, startsAfterMs }: World): boolean {
  if (timeline.asleep() || weather.healed() || observer.knowledge.tampered) return false;
  return timeline.nowMs() >= startsAfterMs();
}

/** Somebody finds that there are two. */
function endOthersLater(world: World): void {
  const how = world.random.chance(0.5) ? 'in order' : 'killed';
  world.timeline.after(world.random.whole(20_000, 600_000), null, () => world.endOthers(how));
}

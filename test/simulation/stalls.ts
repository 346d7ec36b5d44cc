/** A process, or its control thread alone, that stands still for a while: at any moment, or between a read and its write. */
import type { World } from './world.ts';

/** The thread alone for up to 30 s, as a long computation does; all of it for up to minutes, as a SIGSTOP does. */
export function stallSometime(world: World): void {
  const { random, trace } = world;
  const isStopped = random.chance(0.4);
  const ms = isStopped ? random.whole(3000, 300_000) : random.whole(1000, 30_000);
  const name = isStopped ? 'F58_process_stopped' : 'F62_control_stalls';
  const hold = (): void => {
    const process = world.process();
    if (process === null || process.stalledSinceMs() !== null) return;
    world.coverage.count(name);
    if (process.core.vitals.executing) world.coverage.count(`${name}_while_executing`);
    trace('stall', `${name} for ${ms}`);
    process.stall(isStopped ? 'both' : 'control', ms);
  };
  if (random.chance(0.3)) hold();
  else {
    const delayMs = random.whole(0, 300);
    world.setTrap(random.pick(['reading', 'reading', 'sending']), () => {
      world.timeline.after(delayMs, null, hold);
    });
  }
}

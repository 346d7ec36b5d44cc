/** Somebody writes the configuration anew: narrower, wider or unusable, with a SIGHUP or without one. */
import { CHANGES, changeConfig } from './config-changes.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** By then a SIGHUP has been taken up: a run may have to end first. */
const TAKEN_UP_MS = 240_000;
const LOOK_MS = 10_000;

/** One change, repaired a while later where it was none. */
export function rewriteConfig(world: World): void {
  const { random, scenario, timeline, trace, coverage } = world;
  const { config } = scenario;
  if (random.chance(0.12)) {
    config.spoil(random.pick(['garbage', 'unreadable']));
    coverage.count('config_spoiled');
    trace('config', 'spoiled');
    hangUp(world);
    timeline.after(random.whole(20_000, 120_000), null, () => {
      config.repair();
      hangUp(world);
    });
    return;
  }
  const how = random.pick(CHANGES);
  const next = changeConfig(random, config.tree(), how);
  if (next === null) return;
  config.write(next);
  trace('config', `${how} than before`);
  if (random.chance(0.15)) coverage.count('config_waits_for_a_start');
  else hangUp(world);
  if (!random.chance(0.1)) return;
  coverage.count('F80_stop_during_reload');
  world.operator.stop();
}

function hangUp(world: World): void {
  const process = world.process();
  if (process === null) return;
  world.trace('config', 'SIGHUP');
  process.reload();
  watch(world, process, { wanted: null, leftMs: TAKEN_UP_MS * world.scenario.pace.looks });
}

/** Looks now and then: only time in which the process could do something counts. */
function watch(
  world: World,
  process: Process,
  { wanted, leftMs }: { readonly wanted: string | null; readonly leftMs: number },
): void {
  const { timeline, scenario, observer } = world;
  const digest = scenario.config.load()?.settings.digest ?? null;
  const isOver = process.owner.dead || digest === null || (wanted !== null && wanted !== digest);
  if (isOver || process.core.settings.digest === digest) return;
  if (leftMs <= 0) {
    observer.fail('reload', 'a SIGHUP was not taken up');
    return;
  }
  const stoodMs = timeline.sleptMs() + process.stalledMs();
  timeline.after(LOOK_MS, null, () => {
    const isAwake = timeline.sleptMs() + process.stalledMs() === stoodMs && !timeline.asleep();
    watch(world, process, { wanted: digest, leftMs: isAwake ? leftMs - LOOK_MS : leftMs });
  });
}

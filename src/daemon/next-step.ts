/** Says in words what a higher stage waits for, so that nobody has to guess. */
import { MAY_STAY_INCONCLUSIVE } from '../engine/criteria.ts';
import { currentCriteria, lowestHold } from '../engine/stages.ts';
import type { StageNumber } from '../engine/types.ts';
import { earned, holdsOf, stageContext } from './ceremony.ts';
import type { Core } from './core.ts';
import { acknowledgements } from './prerequisites.ts';

/** Names what is missing for a stage. */
export function missingFor(core: Core, stage: StageNumber): string {
  if (core.vitals.latch !== null) return `the stop is latched: clear-stop ${core.vitals.latch.id}`;
  const hold = lowestHold(holdsOf(core));
  if (hold !== null && hold.stage < stage) return `${hold.because} holds at ${hold.stage}`;
  const open = openCriteria(core);
  const reached = earned(core);
  if (reached < stage)
    return `stage ${reached} has to pass first: ${open.length === 0 ? 'it has just begun' : open.join('; ')}`;
  return stage === 4 ? "an operator's confirmation (`grinder stage 4`, or key a)" : 'the next tick';
}

/** The criteria of the stage in force that do not pass yet, each with figure and limit. */
export function openCriteria(core: Core): readonly string[] {
  const criteria = currentCriteria(core.vitals.stage, stageContext(core));
  return criteria
    .filter(({ id, verdict }) => verdict !== 'PASS' && !MAY_STAY_INCONCLUSIVE.has(id))
    .map(({ title, figure, limit }) => `${title} ${figure}${limit === '' ? '' : ` (${limit})`}`);
}

/** The one thing to do or wait for next. */
export function nextStep(core: Core): string {
  const { stage, latch } = core.vitals;
  if (latch !== null) return `stopped; to go on: clear-stop ${latch.id}, then stage 1`;
  if (stage.inForce === 4) return 'live: watch, d or disarm lowers at any time';
  const next = ([1, 2, 3, 4, 4] as const)[stage.inForce];
  const hold = lowestHold(holdsOf(core));
  if (hold !== null && hold.stage <= stage.inForce) return `${hold.because} holds at ${hold.stage}`;
  if (next === 4) {
    const open = acknowledgements(core).filter(({ doneBy }) => doneBy === null);
    if (earned(core) === 4)
      return open.length > 0
        ? `for 4 acknowledge: ${open.map(({ item }) => item).join(', ')}`
        : 'stage 4 is earned: confirm it with a, or grinder stage 4';
    return `for 4: ${missingFor(core, 4)}`;
  }
  if (stage.request.stage < next)
    return earned(core) >= next
      ? `stage ${next} is earned: a advances`
      : `for ${next}: ${missingFor(core, next)}; then a`;
  return `on the way to ${next}: ${missingFor(core, next)}`;
}

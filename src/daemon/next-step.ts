/** Says in words what a higher stage waits for and what to do next, so that nobody has to guess. */
import { adviceOf, inWords, missingText, openCriteriaOf } from '../engine/next-step.ts';
import type { StageNumber } from '../engine/types.ts';
import { machineContext, machineOf } from './ceremony.ts';
import type { Core } from './core.ts';
import { acknowledgements } from './prerequisites.ts';

/** Names what is missing for a stage. */
export function missingFor(core: Core, stage: StageNumber): string {
  const latchId = core.vitals.latch?.id ?? null;
  return missingText(machineOf(core), machineContext(core), { stage, latchId });
}

/** The criteria of the stage in force that do not pass yet, each with figure and limit. */
export function openCriteria(core: Core): readonly string[] {
  return openCriteriaOf(machineOf(core), machineContext(core)).map(inWords);
}

/** The one thing to do or wait for next. */
export function nextStep(core: Core): string {
  const { vitals, settings } = core;
  const open = acknowledgements(core).filter(({ doneBy }) => doneBy === null);
  const facts = {
    latchId: vitals.latch?.id ?? null,
    unacknowledged: open.map(({ item }) => item),
    autoCanary: settings.ceremony.autoCanary,
    digest: null,
  };
  return adviceOf(machineOf(core), machineContext(core), facts).text;
}

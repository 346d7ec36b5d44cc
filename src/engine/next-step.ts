/** The one thing to do or to wait for next, and what a higher stage lacks, from the machine's own state. Pure. */
import { stillPartly } from './approval.ts';
import type { MachineContext, MachineState } from './ceremony-types.ts';
import { MAY_STAY_INCONCLUSIVE } from './criteria.ts';
import { breaksLive, currentCriteria, earnedStage, lowestHold } from './stages.ts';
import type { Criterion, StageNumber } from './types.ts';

/** What the machine doesn't hold itself. */
export interface NextStepFacts {
  readonly latchId: string | null;
  /** Items that are not acknowledged yet. */
  readonly unacknowledged: readonly string[];
  /** A canary comes by itself when nothing else is missing. */
  readonly autoCanary: boolean;
  /** What an approval given now would stand for; null leaves the comparison out. */
  readonly digest: string | null;
}

/** The next step: `text` for people; `does` is what to type or to do, null when there is nothing but to wait. */
export interface Advice {
  readonly text: string;
  readonly does: string | null;
}

/** Criteria that only a plan can make pass. */
export const NEEDS_A_PLAN: ReadonlySet<string> = new Set([
  'planned',
  'blocked_dry_run',
  'plans_in_audit',
  'blocked_not_armed',
]);

/** Tells what to do next; following it leads to stage 4 from every state, as far as the world allows. */
export function adviceOf(machine: MachineState, context: MachineContext, facts: NextStepFacts): Advice {
  const { stage } = machine;
  if (stage.latched) {
    const command = `grinder clear-stop ${facts.latchId ?? ''}`.trim();
    return { text: `stopped; to go on: ${command}, then stage 1`, does: command };
  }
  if (stage.inForce === 4) return { text: 'live: watch, d or disarm lowers at any time', does: null };
  const hold = lowestHold(context.holds);
  if (hold !== null && hold.stage <= stage.inForce) {
    const named = hold.remedy === undefined || hold.because.includes(hold.remedy);
    const remedy = named ? '' : `; ${hold.remedy}`;
    return { text: `${hold.because} holds at ${hold.stage}${remedy}`, does: hold.remedy ?? null };
  }
  return stage.inForce === 3 ? towardsLive(machine, context, facts) : upwards(machine, context, facts);
}

/** Names what is missing for a stage. */
export function missingText(
  { stage }: MachineState,
  context: MachineContext,
  input: { readonly stage: StageNumber; readonly latchId: string | null },
): string {
  if (stage.latched) return `the stop is latched: clear-stop ${input.latchId ?? ''}`;
  const hold = lowestHold(context.holds);
  if (hold !== null && hold.stage < input.stage) return `${hold.because} holds at ${hold.stage}`;
  const reached = earnedStage(stage, context);
  if (reached < input.stage) {
    const open = openCriteriaOf({ stage, offer: null }, context).map(inWords);
    return `stage ${reached} has to pass first: ${open.length === 0 ? 'it has just begun' : open.join('; ')}`;
  }
  return input.stage === 4 ? "an operator's confirmation (`grinder stage 4`, or key a)" : 'the next tick';
}

/** The criteria of the stage in force that do not pass yet and hold it up. */
export function openCriteriaOf({ stage }: MachineState, context: MachineContext): readonly Criterion[] {
  return currentCriteria(stage, context).filter(
    ({ id, verdict }) => verdict !== 'PASS' && !MAY_STAY_INCONCLUSIVE.has(id),
  );
}

/** One criterion in a line: title, figure and limit. */
export function inWords({ title, figure, limit }: Criterion): string {
  return `${title} ${figure}${limit === '' ? '' : ` (${limit})`}`;
}

function towardsLive(machine: MachineState, context: MachineContext, facts: NextStepFacts): Advice {
  const { stage, offer } = machine;
  if (earnedStage(stage, context) < 4)
    return waiting(machine, context, { facts, text: `for 4: ${missing(machine, context, facts, 4)}` });
  const broken = breaksLive(context);
  if (broken !== null) return { text: `for 4: ${broken}`, does: null };
  const [item] = facts.unacknowledged;
  if (item !== undefined)
    return {
      text: `for 4 acknowledge: ${facts.unacknowledged.join(', ')} (grinder ack ITEM)`,
      does: `grinder ack ${item}`,
    };
  const isPartly =
    offer !== null && stillPartly(offer, { purpose: 'enter', digest: facts.digest ?? offer.digest }, context);
  if (isPartly) {
    const count = `${offer.approvedBy.length} of ${context.approvals}`;
    return {
      text: `stage 4 approved by ${offer.approvedBy.join(', ')}, ${count}: another operator runs grinder approve`,
      does: 'grinder approve',
    };
  }
  return { text: 'stage 4 is earned: confirm it with a, or grinder stage 4', does: 'grinder stage 4' };
}

function upwards(machine: MachineState, context: MachineContext, facts: NextStepFacts): Advice {
  const { stage } = machine;
  const next = ([1, 2, 3, 4, 4] as const)[stage.inForce];
  const open = openCriteriaOf(machine, context);
  const failing = open.find(({ verdict }) => verdict === 'FAIL');
  if (stage.inForce === 0 && failing !== undefined) {
    const does = failing.id === 'prerequisites' ? 'grinder doctor' : 'grinder stage 0';
    return { text: `for 1: ${open.map(inWords).join('; ')}: ${does}`, does };
  }
  const text = missing(machine, context, facts, next);
  if (stage.request.stage >= next)
    return waiting(machine, context, { facts, text: `on the way to ${next}: ${text}` });
  const does = `grinder stage ${next}`;
  return earnedStage(stage, context) >= next
    ? { text: `stage ${next} is earned: a, or ${does}`, does }
    : { text: `for ${next}: ${text}; a, or ${does} asks for it`, does };
}

/** Nothing but time, unless a plan is all that is missing and none comes by itself. */
function waiting(
  machine: MachineState,
  context: MachineContext,
  what: { readonly facts: NextStepFacts; readonly text: string },
): Advice {
  const open = openCriteriaOf(machine, context);
  const onlyPlan = open.length > 0 && open.every(({ id }) => NEEDS_A_PLAN.has(id));
  if (!onlyPlan || what.facts.autoCanary) return { text: what.text, does: null };
  return { text: `${what.text}: grinder inject-mismatch`, does: 'grinder inject-mismatch' };
}

function missing(
  machine: MachineState,
  context: MachineContext,
  { latchId }: NextStepFacts,
  stage: StageNumber,
): string {
  return missingText(machine, context, { stage, latchId });
}

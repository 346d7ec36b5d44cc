/**
 * The whole machine as one pure function: stages, evidence, latch, holds, lease (stages.ts) and the approvals that enter
 * stage 4 or prolong it (approval.ts). Nothing else in the program moves a stage; a test walks every state of it.
 *
 * An approval outlives nothing that it stood for: the offer to enter 4 is gone once the daemon is not in stage 3 with
 * stage 4 earned any more, the offer to renew once it is not in stage 4, and both when their time is over.
 */
import { isOver, type Offer, openOffer, type Redeemed, redeemOffer, stillPartly } from './approval.ts';
import type {
  Answer,
  MachineContext,
  MachineEffect,
  MachineEvent,
  MachineState,
  MachineStep,
} from './ceremony-types.ts';
import { renewLease } from './lease.ts';
import type { StageEvent } from './stage-types.ts';
import { breaksLive, earnedStage, lowestHold, stepStage } from './stages.ts';

type RaiseEvent = Extract<MachineEvent, { readonly type: 'raise' }>;
type RenewEvent = Extract<MachineEvent, { readonly type: 'renew' }>;

/** Applies one event. Lowering is never refused; a raise that is refused changes nothing that time and world did not. */
export function stepMachine(state: MachineState, event: MachineEvent, context: MachineContext): MachineStep {
  if (event.type !== 'raise' && event.type !== 'renew')
    return withKeptOffer(move(state, event, context), context);
  if (event.type === 'raise' && asksForLess(state, event))
    return withKeptOffer(lower(state, event, context), context);
  // What time and world have ended since the last look is ended before anybody is answered.
  const looked = withKeptOffer(move(state, { type: 'tick' }, context), context);
  const step =
    event.type === 'raise' ? raise(looked.state, event, context) : renew(looked.state, event, context);
  return withKeptOffer({ ...step, effects: [...looked.effects, ...step.effects] }, context);
}

function withKeptOffer(step: MachineStep, context: MachineContext): MachineStep {
  return { ...step, state: { ...step.state, offer: kept(step.state, context) } };
}

const DONE: Answer = { kind: 'done' };

/** Lets the stage machine move. */
function move(state: MachineState, event: StageEvent, context: MachineContext): MachineStep {
  const before = state.stage.request;
  const { state: stage, effects } = stepStage(state.stage, event, context);
  const told: MachineEffect[] = [...effects];
  const moved = effects.some((effect) => effect.type === 'stage_changed');
  // What changes no stage is an operator's act all the same.
  const asks = event.type === 'request' || event.type === 'lower';
  if (asks && !moved && (stage.request.stage !== before.stage || event.by !== before.by))
    told.push({ type: 'requested', stage: stage.request.stage, by: event.by, why: event.why ?? 'requested' });
  return { state: { ...state, stage }, effects: told, answer: DONE };
}

/** Below what is in force, or below what was asked for: whatever comes with it, that is no raise. */
function asksForLess({ stage }: MachineState, event: RaiseEvent): boolean {
  return event.stage < 4 && (event.stage <= stage.inForce || event.stage <= stage.request.stage);
}

function lower(state: MachineState, event: RaiseEvent, context: MachineContext): MachineStep {
  const pending = event.stage > state.stage.inForce;
  const step = move(state, { type: 'request', stage: event.stage, by: event.by.name }, context);
  return pending && step.state.stage.inForce < event.stage ? { ...step, answer: { kind: 'pending' } } : step;
}

function raise(state: MachineState, event: RaiseEvent, context: MachineContext): MachineStep {
  const { stage } = state;
  if (stage.inForce === 4 && event.stage === 4) return unmoved(state, DONE);
  const refusal = whyNotRaised(state, event);
  if (refusal !== null) return unmoved(state, { kind: 'refused', why: refusal });
  if (event.stage === 4) return raiseToLive(state, event, context);
  const step = move(state, { type: 'request', stage: event.stage, by: event.by.name }, context);
  return { ...step, answer: step.state.stage.inForce >= event.stage ? DONE : { kind: 'pending' } };
}

function whyNotRaised({ stage }: MachineState, { seen, barred }: RaiseEvent | RenewEvent): string | null {
  if (stage.latched) return 'the stop is latched: clear it first';
  if (!seen) return 'refused: the settings moved since you looked; look again';
  return barred;
}

function raiseToLive(state: MachineState, event: RaiseEvent, context: MachineContext): MachineStep {
  const { stage, offer } = state;
  const waiting = earnedStage(stage, context) < 4 || lowestHold(context.holds) !== null || stage.inForce < 3;
  if (waiting) {
    // It climbs to 3 as it earns it, and then asks for the confirmation.
    const step = move(state, { type: 'request', stage: 4, by: event.by.name }, context);
    return { ...step, answer: { kind: 'pending' } };
  }
  if (!event.pictured)
    return refused(
      state,
      'stage 4 waits: there is no complete picture of the exchange under these settings yet',
    );
  // To enter it only to lose all evidence in the next moment helps nobody.
  const broken = breaksLive(context);
  if (broken !== null) return refused(state, `stage 4 waits: ${broken}`);
  const what = { purpose: 'enter', digest: event.digest, code: event.newCode, shownTo: event.by } as const;
  if (event.secondOnly && (offer === null || !stillPartly(offer, what, context)))
    return refused(state, 'nobody has approved what there is now: the first operator runs `grinder stage 4`');
  if (event.phrase === null)
    return { ...unmoved(state, { kind: 'asked' }), state: { stage, offer: openOffer(offer, what, context) } };
  if (event.unacknowledged.length > 0)
    return refused(state, `not acknowledged yet: ${event.unacknowledged.join(', ')} (grinder ack ITEM)`);
  const redeemed = redeem(state, event, { ...context, word: '4', needed: context.approvals });
  if (redeemed.kind !== 'approved') return notYet(state, event, redeemed, context);
  const { leaseMs, maxExecutions } = context;
  const confirm: StageEvent = {
    type: 'confirm',
    by: redeemed.approvedBy.join(' and '),
    leaseMs,
    maxExecutions,
  };
  const step = move({ stage, offer: null }, confirm, context);
  const entered = step.state.stage.inForce === 4;
  const effects = [approved(event, redeemed.approvedBy, context.approvals), ...step.effects];
  return { state: step.state, effects, answer: entered ? DONE : { kind: 'pending' } };
}

/** More time in stage 4, by one operator who has seen what was executed. */
function renew(state: MachineState, event: RenewEvent, context: MachineContext): MachineStep {
  const { stage, offer } = state;
  const { lease } = stage;
  if (lease === null || stage.inForce !== 4)
    return refused(state, 'there is nothing to renew: not in stage 4');
  const refusal = whyNotRaised(state, event);
  if (refusal !== null) return refused(state, refusal);
  const terms = { leaseMs: context.leaseMs, maxExecutions: context.maxExecutions };
  const renewed = renewLease(lease, terms, context);
  if (renewed === null)
    return refused(
      state,
      'a renewal would give no more time: the lease is full, or 12 h after it was granted are near',
    );
  if (event.phrase === null) {
    const what = { purpose: 'renew', digest: event.digest, code: event.newCode, shownTo: event.by } as const;
    return { ...unmoved(state, { kind: 'asked' }), state: { stage, offer: openOffer(offer, what, context) } };
  }
  if (context.approvals > 1 && !event.by.verified)
    return unmoved(state, {
      kind: 'denied',
      why: 'where several approvals are asked for, a renewal needs a token: give --operator-token-file',
    });
  const redeemed = redeem(state, event, { ...context, word: 'renew', needed: 1 });
  if (redeemed.kind !== 'approved') return notYet(state, event, redeemed, context);
  const step = move({ stage: { ...stage, lease: renewed }, offer: null }, { type: 'tick' }, context);
  return { ...step, effects: [approved(event, redeemed.approvedBy, 1), ...step.effects] };
}

function redeem(
  { offer }: MachineState,
  { phrase, by, digest, type }: RaiseEvent | RenewEvent,
  now: MachineContext & { readonly word: string; readonly needed: number },
): Redeemed {
  const purpose = type === 'raise' ? 'enter' : 'renew';
  const own = offer?.purpose === purpose ? offer : null;
  const { host, word, needed, nowMs, nowMonoMs } = now;
  return redeemOffer(
    own,
    { phrase: phrase ?? '', by },
    { prefix: `${host} ${word}`, digest, needed, nowMs, nowMonoMs },
  );
}

function notYet(
  state: MachineState,
  event: RaiseEvent | RenewEvent,
  redeemed: Exclude<Redeemed, { readonly kind: 'approved' }>,
  context: MachineContext,
): MachineStep {
  const { stage } = state;
  const { offer } = redeemed;
  if (redeemed.kind === 'denied')
    return { state: { stage, offer }, effects: [], answer: { kind: 'denied', why: redeemed.why } };
  const effects = [approved(event, redeemed.offer.approvedBy, context.approvals)];
  return { state: { stage, offer }, effects, answer: { kind: 'partly', offer: redeemed.offer } };
}

function approved(
  { type, by, digest }: RaiseEvent | RenewEvent,
  approvedBy: readonly string[],
  needed: number,
): MachineEffect {
  return { type: 'approved', purpose: type === 'raise' ? 'enter' : 'renew', by, approvedBy, needed, digest };
}

/** An offer ends with its time and with what it stood for. */
function kept({ stage, offer }: MachineState, context: MachineContext): Offer | null {
  if (offer === null || stage.latched || isOver(offer, context)) return null;
  if (offer.purpose === 'renew') return stage.inForce === 4 ? offer : null;
  return stage.inForce === 3 && earnedStage(stage, context) === 4 ? offer : null;
}

function unmoved(state: MachineState, answer: Answer): MachineStep {
  return { state, effects: [], answer };
}

function refused(state: MachineState, why: string): MachineStep {
  return unmoved(state, { kind: 'refused', why });
}

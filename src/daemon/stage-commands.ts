/** Commands that move the stage. A raise carries what the operator saw; lowering carries nothing and is never refused. */
import type { CommandReply, ParsedBody } from '../control/protocol.ts';
import type { Operator } from '../engine/approval.ts';
import type { Answer } from '../engine/ceremony-types.ts';
import { escapeText } from '../engine/escape.ts';
import { leaseLeftMs } from '../engine/lease.ts';
import type { StageNumber } from '../engine/types.ts';
import { confirmationOf, entryDigest, openItems, renewalDigest } from './approval.ts';
import { sendStageEvent } from './ceremony.ts';
import { type Core, instant } from './core.ts';
import { missingFor } from './next-step.ts';
import { identify } from './operators.ts';
import { DENIED, OK, reply, TEMPORARY, USAGE } from './reply.ts';

export interface StageCommandDeps {
  readonly core: Core;
  readonly runSoon: () => void;
  /** The daemon is on its way out: nothing is raised any more. */
  readonly ending: () => boolean;
  /** A code that was never given before. */
  readonly newCode: () => string;
}

/** `stage N`: down at once, up as far as it is earned, to 4 with a phrase. */
export function setStage(deps: StageCommandDeps, body: ParsedBody<'stage'>): CommandReply {
  const { core } = deps;
  if (body.stage === 4 && isLive(core)) return reply(OK, 'stage 4 already');
  const { inForce, request } = core.vitals.stage;
  if (body.stage < 4 && (body.stage <= inForce || body.stage <= request.stage)) {
    // Less than there is, or than was asked for: whoever it is, and whatever else the body says.
    const by = escapeText(body.operator, 64);
    sendStageEvent(core, { type: 'request', stage: body.stage, by });
    return answered(
      deps,
      { kind: body.stage > Math.max(inForce, core.vitals.stage.inForce) ? 'pending' : 'done' },
      {
        stage: body.stage,
        by: { name: by, verified: false },
      },
    );
  }
  return raise(deps, body, { stage: body.stage, secondOnly: false });
}

/** `approve`: another operator completes what the first one approved. */
export function approve(deps: StageCommandDeps, body: ParsedBody<'approve'>): CommandReply {
  if (isLive(deps.core)) return reply(OK, 'stage 4 already');
  return raise(deps, body, { stage: 4, secondOnly: true });
}

/** `renew`: more time in stage 4, after a look at what was executed. */
export function renew(deps: StageCommandDeps, body: ParsedBody<'renew'>): CommandReply {
  const { core } = deps;
  if (body.config_digest === undefined) return reply(USAGE, UNSEEN);
  const who = identify(core.settings, body);
  if (!who.ok) return reply(DENIED, who.why);
  const answer = sendStageEvent(core, {
    type: 'renew',
    by: who.operator,
    seen: isSeen(core, body.config_digest),
    barred: deps.ending() ? ENDING : null,
    phrase: body.confirm ?? null,
    newCode: deps.newCode(),
    digest: renewalDigest(core),
  });
  if (answer.kind !== 'done') return answered(deps, answer, { stage: 4, by: who.operator });
  core.notebook.alarm('lease', null);
  return reply(OK, `arming renewed: ${leaseText(core)}`);
}

/** `disarm`: asks for 3 at most; a climb to 3 or below that is under way goes on. Never refused. */
export function disarm({ core }: StageCommandDeps, body: ParsedBody<'disarm'>): CommandReply {
  sendStageEvent(core, { type: 'lower', stage: 3, by: escapeText(body.operator, 64), why: 'disarmed' });
  return reply(OK, `disarmed: stage ${core.vitals.stage.inForce}`);
}

const UNSEEN =
  'a raise carries the config_digest of the settings it is meant for, as GET /v1/status shows it (daemon.config_digest)';
const ENDING = 'refused: the daemon is shutting down';

function raise(
  deps: StageCommandDeps,
  body: ParsedBody<'approve'>,
  to: { readonly stage: StageNumber; readonly secondOnly: boolean },
): CommandReply {
  const { core } = deps;
  if (body.config_digest === undefined) return reply(USAGE, UNSEEN);
  const who = identify(core.settings, body);
  if (!who.ok) return reply(DENIED, who.why);
  const answer = sendStageEvent(core, {
    type: 'raise',
    ...to,
    by: who.operator,
    seen: isSeen(core, body.config_digest),
    barred: whyBarred(deps, to.stage),
    phrase: body.confirm ?? null,
    newCode: deps.newCode(),
    digest: entryDigest(core),
    unacknowledged: openItems(core).map(({ item }) => item),
    pictured: isPictured(core),
  });
  if (answer.kind !== 'refused' && answer.kind !== 'denied') deps.runSoon();
  return answered(deps, answer, { stage: to.stage, by: who.operator });
}

/** The picture is complete, and the plan that is shown of it was made under the settings that are shown with it. */
function isPictured({ vitals }: Core): boolean {
  const { observation, decidedAtMonoMs, resettledMonoMs } = vitals;
  return observation?.complete === true && (decidedAtMonoMs ?? Number.NEGATIVE_INFINITY) >= resettledMonoMs;
}

/** Time may have ended the arming since the last heartbeat, as after a suspend. */
function isLive(core: Core): boolean {
  if (core.vitals.stage.inForce === 4) sendStageEvent(core, { type: 'tick' });
  return core.vitals.stage.inForce === 4;
}

function isSeen(core: Core, digest: string | undefined): boolean {
  return digest === core.settings.digest;
}

function whyBarred({ core, ending }: StageCommandDeps, stage: StageNumber): string | null {
  if (ending()) return ENDING;
  // Not even kept as a wish: whoever acknowledges it asks again, having looked.
  return core.vitals.massFound !== null && stage > 1 ? `refused: ${missingFor(core, stage)}` : null;
}

function answered(
  { core }: StageCommandDeps,
  answer: Answer,
  { stage, by }: { readonly stage: StageNumber; readonly by: Operator },
): CommandReply {
  const now = core.vitals.stage.inForce;
  const { latch, offer } = core.vitals;
  switch (answer.kind) {
    case 'done':
      return reply(OK, stage === 4 ? `stage 4: ${leaseText(core)}` : `stage ${now}`);
    case 'pending':
      return reply(
        TEMPORARY,
        stage === 4
          ? `stage 4 can't be confirmed yet, in force is ${now}: ${missingFor(core, 4)}`
          : `stage ${stage} is pending, in force is ${now}: ${missingFor(core, stage)}`,
      );
    case 'asked':
      return asked(core);
    case 'partly': {
      const count = `${answer.offer.approvedBy.length} of ${core.settings.ceremony.approvals}`;
      return reply(
        TEMPORARY,
        `${count} approvals, by ${answer.offer.approvedBy.join(', ')}: within 2 minutes another operator runs grinder approve`,
      );
    }
    case 'refused':
      return reply(
        TEMPORARY,
        latch === null
          ? answer.why
          : `the stop is latched (${latch.id}): clear it first with clear-stop ${latch.id}`,
      );
    case 'denied': {
      const left = offer === null ? '' : ` (${offer.approvedBy.length} approved so far)`;
      core.notebook.note('warn', 'APPROVAL_DENIED', `approval by ${by.name} denied: ${answer.why}${left}`);
      return reply(DENIED, answer.why);
    }
  }
}

function asked(core: Core): CommandReply {
  const { offer } = core.vitals;
  if (offer === null) return reply(TEMPORARY, 'the question was withdrawn at once: look again');
  const confirmation = confirmationOf(core, offer);
  const open = offer.purpose === 'enter' ? confirmation.unacknowledged.map(({ item }) => item) : [];
  const what = offer.purpose === 'enter' ? 'stage 4' : 'a renewal';
  const next =
    open.length > 0
      ? `acknowledge first: ${open.join(', ')}`
      : `confirm within 2 minutes with: ${confirmation.phrase}`;
  return { ...reply(TEMPORARY, `${what} needs a confirmation; ${next}`), confirmation };
}

function leaseText(core: Core): string {
  const { lease } = core.vitals.stage;
  if (lease === null) return 'not armed';
  const minutes = Math.round(leaseLeftMs(lease, instant(core.clock)) / 60_000);
  return `armed for ${minutes} min or ${lease.executionsLeft} executions`;
}

/** What the operator's commands do. Lowering and stop carry nothing and are never refused. */
import type { CommandName, CommandReply, ParsedBody } from '../control/protocol.ts';
import { escapeText } from '../engine/escape.ts';
import type { Latch } from '../engine/latch.ts';
import { MASS_ITEM } from '../engine/mass-records.ts';
import { lowestHold } from '../engine/stages.ts';
import type { StageNumber } from '../engine/types.ts';
import type { Approvals } from './approval.ts';
import { injectCanary } from './canary.ts';
import { earned, entryBase, holdsOf, sendStageEvent } from './ceremony.ts';
import type { Core, LatchState } from './core.ts';
import { acknowledgeMass } from './mass.ts';
import { missingFor } from './next-step.ts';
import { acknowledged, acknowledgements } from './prerequisites.ts';
import { clearStop, latchText } from './stopping.ts';

export interface CommandDeps {
  readonly core: Core;
  readonly stopNow: (by: string, reason: string) => LatchState;
  readonly latch: Latch;
  readonly approvals: Approvals;
  readonly acknowledgeGates: () => void;
  readonly runSoon: () => void;
  readonly shutdown: (by: string) => void;
  /** The daemon is on its way out: nothing is raised any more. */
  readonly ending: () => boolean;
  /** Places a real stray order on the embedded simulator; says why not, or null. */
  readonly realStray: () => Promise<string | null>;
}

const OK = 0;
const FAILED = 1;
const TEMPORARY = 75;
const DENIED = 77;

/** Carries out one command. */
export async function runCommand<N extends CommandName>(
  deps: CommandDeps,
  name: N,
  body: ParsedBody<N>,
): Promise<CommandReply> {
  const handlers: {
    readonly [K in CommandName]: (body: ParsedBody<K>) => CommandReply | Promise<CommandReply>;
  } = {
    stop: (one) => stopHere(deps, one),
    'clear-stop': (one) => clear(deps, one),
    stage: (one) => setStage(deps, one),
    advance: (one) => setStage(deps, { ...one, stage: above(deps.core.vitals.stage.inForce) }),
    disarm: (one) => disarm(deps, one),
    shutdown: (one) => {
      deps.shutdown(one.operator);
      return reply(OK, 'shutting down');
    },
    ack: (one) => acknowledge(deps, one),
    seen: () => {
      deps.acknowledgeGates();
      const count = deps.core.notebook.acknowledge();
      return reply(OK, `${count} message(s) acknowledged; no gate was opened by it`);
    },
    'inject-mismatch': (one) => inject(deps, one),
  };
  return handlers[name](body);
}

function stopHere({ core, stopNow }: CommandDeps, body: ParsedBody<'stop'>): CommandReply {
  const state = stopNow(escapeText(body.operator, 64), escapeText(body.reason, 200));
  const { identity, settings } = core;
  const text = `${latchText(state)} ${state.id} (account ${identity.account}, ${settings.exchange.environment}, pid ${identity.pid})`;
  return {
    ...reply(state.durable ? OK : FAILED, text),
    latch: { id: state.id, durable: state.durable, text: latchText(state) },
  };
}

function clear({ core, latch }: CommandDeps, body: ParsedBody<'clear-stop'>): CommandReply {
  const refused = clearStop(core, latch, { latchId: body.latch_id, by: escapeText(body.operator, 64) });
  return refused === null
    ? reply(OK, `stop latch ${body.latch_id} cleared: stage 0`)
    : reply(FAILED, refused);
}

function setStage(deps: CommandDeps, body: ParsedBody<'stage'>): CommandReply {
  const { core } = deps;
  const { inForce } = core.vitals.stage;
  const by = escapeText(body.operator, 64);
  if (inForce === 4 && body.stage === 4) return reply(OK, 'stage 4 already');
  if (body.stage <= inForce) {
    sendStageEvent(core, { type: 'request', stage: body.stage, by });
    return reply(OK, `stage ${core.vitals.stage.inForce}`);
  }
  if (core.vitals.latch !== null)
    return reply(
      TEMPORARY,
      `the stop is latched (${core.vitals.latch.id}): clear it first with clear-stop ${core.vitals.latch.id}`,
    );
  if (body.config_digest !== undefined && body.config_digest !== core.settings.digest)
    return reply(TEMPORARY, 'refused: the settings moved since you looked; look again');
  if (deps.ending()) return reply(TEMPORARY, 'refused: the daemon is shutting down');
  // Not even kept as a wish: whoever acknowledges it asks again, having looked.
  if (core.vitals.massFound !== null && body.stage > 1)
    return reply(TEMPORARY, `refused: ${missingFor(core, body.stage)}`);
  if (body.stage === 4) return enterLive(deps, body, by);
  sendStageEvent(core, { type: 'request', stage: body.stage, by });
  deps.runSoon();
  const now = core.vitals.stage.inForce;
  if (now >= body.stage) return reply(OK, `stage ${now}`);
  return reply(
    TEMPORARY,
    `stage ${body.stage} is pending, in force is ${now}: ${missingFor(core, body.stage)}`,
  );
}

/** Asks for 3 at most; a climb to 3 or below that is under way goes on. Never refused. */
function disarm({ core }: CommandDeps, body: ParsedBody<'disarm'>): CommandReply {
  const stage = lesser(3, core.vitals.stage.request.stage);
  sendStageEvent(core, { type: 'request', stage, by: escapeText(body.operator, 64) });
  return reply(OK, `disarmed: stage ${core.vitals.stage.inForce}`);
}

function enterLive(
  { core, approvals, runSoon }: CommandDeps,
  body: ParsedBody<'stage'>,
  by: string,
): CommandReply {
  const hold = lowestHold(holdsOf(core));
  const waiting = earned(core) < 4 || hold !== null || core.vitals.stage.inForce < 3;
  if (waiting) {
    // Pending: it climbs to 3 as it earns it, and then asks for the confirmation.
    sendStageEvent(core, { type: 'request', stage: 4, by });
    runSoon();
    return reply(
      TEMPORARY,
      `stage 4 can't be confirmed yet, in force is ${core.vitals.stage.inForce}: ${missingFor(core, 4)}`,
    );
  }
  if (core.vitals.observation?.complete !== true)
    return reply(TEMPORARY, 'stage 4 waits: the last picture of the exchange is not complete');
  if (body.confirm === undefined) {
    const confirmation = approvals.offer(core);
    const open = confirmation.unacknowledged.map(({ item }) => item);
    const next =
      open.length > 0
        ? `acknowledge first: ${open.join(', ')}`
        : `confirm within 2 minutes with: ${confirmation.phrase}`;
    return { ...reply(TEMPORARY, `stage 4 needs a confirmation; ${next}`), confirmation };
  }
  const open = acknowledgements(core).filter(({ doneBy }) => doneBy === null);
  if (open.length > 0)
    return reply(
      TEMPORARY,
      `not acknowledged yet: ${open.map(({ item }) => item).join(', ')} (grinder ack ITEM)`,
    );
  const refused = approvals.redeem(core, body.confirm);
  if (refused !== null) return reply(DENIED, refused);
  const appended = core.journal.append({
    ...entryBase(core),
    event_type: 'APPROVED',
    operator: by,
    details: { stage: 4, config_digest: core.settings.digest, operator_unverified: true },
  });
  if (!appended.ok) return reply(FAILED, `the approval can't be written to the audit: ${appended.problem}`);
  const { lease, maxExecutions } = core.settings.arming;
  sendStageEvent(core, { type: 'confirm', by, leaseMs: lease, maxExecutions });
  runSoon();
  const now = core.vitals.stage.inForce;
  return now === 4
    ? reply(OK, `stage 4: armed for ${Math.round(lease / 60_000)} min or ${maxExecutions} executions`)
    : reply(TEMPORARY, `in force is ${now}: ${missingFor(core, 4)}`);
}

function acknowledge({ core }: CommandDeps, body: ParsedBody<'ack'>): CommandReply {
  const item = escapeText(body.item, 100);
  const open = acknowledgements(core);
  const known = open.map((one) => one.item);
  const asked = open.find((one) => one.item === item);
  if (asked === undefined)
    return reply(
      FAILED,
      known.length === 0
        ? 'there is nothing to acknowledge'
        : `there is no item ${item} to acknowledge, only: ${known.join(', ')}`,
    );
  const operator = escapeText(body.operator, 64);
  if (item === MASS_ITEM) {
    const refused = acknowledgeMass(core, operator);
    return refused === null ? reply(OK, `${item} acknowledged by ${operator}`) : reply(FAILED, refused);
  }
  const appended = core.journal.append({
    ...entryBase(core),
    event_type: 'ACKNOWLEDGED',
    operator,
    details: { ...acknowledged(core, asked), operator_unverified: true },
  });
  if (!appended.ok) return reply(FAILED, `not acknowledged, the audit can't take it: ${appended.problem}`);
  core.notebook.note('info', 'ACKNOWLEDGED', `${item} acknowledged by ${operator}`);
  return reply(OK, `${item} acknowledged by ${operator}`);
}

async function inject(
  { core, realStray, runSoon }: CommandDeps,
  body: ParsedBody<'inject-mismatch'>,
): Promise<CommandReply> {
  const refused = body.real ? await realStray() : injectCanary(core, escapeText(body.operator, 64));
  if (refused !== null) return reply(FAILED, refused);
  runSoon();
  return reply(
    OK,
    body.real
      ? 'a real stray order was placed on the simulator'
      : 'canary injected: the next run judges it; it is never sent',
  );
}

function above(stage: StageNumber): StageNumber {
  return ([1, 2, 3, 4, 4] as const)[stage];
}

function lesser(a: StageNumber, b: StageNumber): StageNumber {
  return a < b ? a : b;
}

function reply(exitCode: number, message: string): CommandReply {
  return { schema_version: 1, ok: exitCode === OK, exit_code: exitCode, message };
}

/** What the operator's commands do. Lowering and stop carry nothing and are never refused; what changes anything is in the audit. */
import type { CommandName, CommandReply, ParsedBody } from '../control/protocol.ts';
import { escapeText } from '../engine/escape.ts';
import type { Latch } from '../engine/latch.ts';
import { MASS_ITEM } from '../engine/mass-records.ts';
import { OTHER_EXECUTOR_ITEM } from '../engine/other-executor.ts';
import type { StageNumber } from '../engine/types.ts';
import { injectCanary } from './canary.ts';
import { entryBase, sendStageEvent } from './ceremony.ts';
import type { LatchState } from './core.ts';
import { acknowledgeMass } from './mass.ts';
import { identify } from './operators.ts';
import { acknowledgeOther } from './other-executor.ts';
import { acknowledged, acknowledgements } from './prerequisites.ts';
import { proveHere } from './proving.ts';
import { DENIED, FAILED, OK, reply, TEMPORARY } from './reply.ts';
import type { ResolveByHand } from './resolving.ts';
import { approve, disarm, renew, type StageCommandDeps, setStage } from './stage-commands.ts';
import { clearStop, latchText } from './stopping.ts';

export interface CommandDeps extends StageCommandDeps {
  readonly stopNow: (by: string, reason: string) => LatchState;
  readonly latch: Latch;
  readonly acknowledgeGates: (untilMs: number) => void;
  readonly shutdown: (by: string) => void;
  /** What an operator says of a write whose outcome is not known. */
  readonly resolve: ResolveByHand;
  /** Places a real stray order on the embedded simulator; says why not, or null. */
  readonly realStray: () => Promise<string | null>;
}

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
    renew: (one) => renew(deps, one),
    approve: (one) => approve(deps, one),
    shutdown: (one) => {
      const by = escapeText(one.operator, 64);
      sendStageEvent(deps.core, { type: 'request', stage: 0, by, why: 'shutdown' });
      deps.shutdown(by);
      return reply(OK, 'shutting down');
    },
    ack: (one) => acknowledge(deps, one),
    seen: (one) => seen(deps, one),
    resolve: (one) => deps.resolve(one),
    'inject-mismatch': (one) => inject(deps, one),
    prove: (one) => proveHere(deps.core, escapeText(one.operator, 64)),
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
  const who = identify(core.settings, body);
  if (!who.ok) return reply(DENIED, who.why);
  const operator = who.operator.name;
  // It may be another thing by now than what they last saw of it.
  const done = `${item} acknowledged by ${operator}: ${escapeText(asked.why, 300)}`;
  if (item === MASS_ITEM) {
    const refused = acknowledgeMass(core, who.operator);
    return refused === null ? reply(OK, done) : reply(FAILED, refused);
  }
  if (item === OTHER_EXECUTOR_ITEM) {
    const refused = acknowledgeOther(core, who.operator);
    return refused === null ? reply(OK, done) : reply(FAILED, refused);
  }
  const appended = core.journal.append({
    ...entryBase(core),
    event_type: 'ACKNOWLEDGED',
    operator,
    details: { ...acknowledged(core, asked), operator_unverified: !who.operator.verified },
  });
  if (!appended.ok) return reply(FAILED, `not acknowledged, the audit can't take it: ${appended.problem}`);
  core.notebook.note('info', 'ACKNOWLEDGED', `${item} acknowledged by ${operator}`);
  return reply(OK, done);
}

/** Takes the marks off the screen; the audit keeps who did. */
function seen({ core, acknowledgeGates }: CommandDeps, body: ParsedBody<'seen'>): CommandReply {
  const untilMs = body.shown_at_ms ?? Number.POSITIVE_INFINITY;
  acknowledgeGates(untilMs);
  const count = core.notebook.acknowledge(untilMs);
  core.journal.append({
    ...entryBase(core),
    event_type: 'ACKNOWLEDGED',
    operator: escapeText(body.operator, 64),
    details: { seen: count, operator_unverified: true },
  });
  return reply(OK, `${count} message(s) acknowledged; no gate was opened by it`);
}

async function inject(
  { core, realStray, runSoon }: CommandDeps,
  body: ParsedBody<'inject-mismatch'>,
): Promise<CommandReply> {
  const operator = escapeText(body.operator, 64);
  const refused = body.real ? await realStray() : injectCanary(core, operator);
  // A canary may be taken later, as a proof may; a real order is never placed but on the embedded simulator.
  const code = body.real ? (core.settings.embeddedSimulator ? FAILED : DENIED) : TEMPORARY;
  if (refused !== null) return reply(code, refused);
  if (body.real)
    core.journal.append({
      ...entryBase(core),
      event_type: 'CANARY_INJECTED',
      operator,
      details: { real: true },
    });
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

/**
 * `resolve`: an operator says what became of a write when no read could tell. Asked for only once the program gave up,
 * and taken only from somebody who was shown what the exchange shows.
 */
import type { CommandReply, ParsedBody } from '../control/protocol.ts';
import { escapeText } from '../engine/escape.ts';
import type { OpenIntent } from '../engine/fold.ts';
import type { IntentResolver } from '../engine/intents.ts';
import type { Core } from './core.ts';
import { identify } from './operators.ts';
import { DENIED, FAILED, OK, reply, TEMPORARY } from './reply.ts';

export type ResolveByHand = (body: ParsedBody<'resolve'>) => Promise<CommandReply>;

/** How long a look counts, in milliseconds. */
const LOOK_LASTS_MS = 300_000;
const USAGE = 64;

/** Makes the command; what was shown is remembered by intent, outcome and operator. */
export function createResolveByHand(
  core: Core,
  resolver: Pick<IntentResolver, 'look' | 'manual' | 'resolveByHand'>,
): ResolveByHand {
  const shown = new Map<string, number>();
  const answer = (exitCode: number, message: string): CommandReply => ({
    ...reply(exitCode, message),
    unresolved: listOf(core, resolver),
  });

  return async (body) => {
    const { intent_id, as } = body;
    const who = identify(core.settings, body);
    if (!who.ok) return answer(DENIED, who.why);
    const operator = who.operator.name;

    if (intent_id === undefined)
      return as === undefined
        ? answer(OK, formatList(core, resolver))
        : answer(USAGE, `name the write: ${formatList(core, resolver)}`);
    const id = escapeText(intent_id, 100);
    const intent = core.journal.state().openIntents.get(intent_id);
    if (intent === undefined)
      return answer(FAILED, `there is no unresolved write ${id}; ${formatList(core, resolver)}`);
    if (!resolver.manual().some((one) => one.intent.intentId === intent_id))
      return answer(TEMPORARY, `${id} is still being asked about: wait until the program gives up on it`);
    const sign = await resolver.look(intent_id);
    if (sign === null) return answer(FAILED, `${id} was resolved meanwhile`);
    const view = `${describeIntent(intent)}. The exchange shows now: ${escapeText(sign.text, 300)}; ${accountOf(core, intent)}`;
    if (as === undefined)
      return answer(OK, `${view}. Then: grinder resolve ${id} --as executed, or --as not_executed`);
    if (sign.kind === 'proof' && sign.outcome !== as)
      return answer(DENIED, `${view}. That proves ${sign.outcome}, not ${as}`);
    const key = JSON.stringify([intent_id, as, who.operator]);
    const shownAt = shown.get(key);
    const nowMono = core.clock.monoMs();
    if (shownAt === undefined || nowMono - shownAt > LOOK_LASTS_MS) {
      shown.set(key, nowMono);
      return answer(
        TEMPORARY,
        `${view}. If that means ${as}, say it again within 5 minutes: grinder resolve ${id} --as ${as}`,
      );
    }
    shown.delete(key);
    const done = resolver.resolveByHand(intent_id, as, operator);
    return done.ok
      ? answer(OK, `${id} resolved as ${as} by ${operator}; its budget stays used`)
      : answer(FAILED, `${id} is not resolved: ${done.why}`);
  };
}

function listOf(core: Core, resolver: Pick<IntentResolver, 'manual'>): CommandReply['unresolved'] {
  const manual = new Map(resolver.manual().map(({ intent, text }) => [intent.intentId, text]));
  return [...core.journal.state().openIntents.values()].map(({ intentId, action, symbol, atMs, status }) => ({
    intent_id: intentId,
    action,
    symbol: escapeText(symbol, 60),
    at_ms: atMs,
    needs_operator: manual.has(intentId),
    text: escapeText(manual.get(intentId) ?? `${status}, still being asked about`, 300),
  }));
}

function formatList(core: Core, resolver: Pick<IntentResolver, 'manual'>): string {
  const open = listOf(core, resolver) ?? [];
  if (open.length === 0) return 'no write is unresolved';
  const lines = open.map(
    ({ intent_id, action, symbol, text }) => `${intent_id} (${action} ${symbol}: ${text})`,
  );
  return `unresolved: ${lines.join(', ')}`;
}

function describeIntent(intent: OpenIntent): string {
  const aim = intent.repairClientOrderId ?? intent.clientOrderId ?? intent.orderId ?? '';
  return escapeText(
    `${intent.action} ${intent.symbol} ${aim} of ${new Date(intent.atMs).toISOString()}`,
    300,
  );
}

/** What the last picture of the account shows on the intent's symbol. */
function accountOf({ vitals, clock }: Core, { symbol }: OpenIntent): string {
  const picture = vitals.complete;
  if (picture === null) return 'the account was not read completely yet';
  const ageS = Math.round((clock.monoMs() - picture.startedMonoMs) / 1000);
  const positions = picture.positions
    .filter((position) => position.symbol === symbol)
    .map(({ positionSide, amount }) => `${positionSide} ${amount}`);
  const orders = picture.orders.filter((order) => order.symbol === symbol && !order.synthetic).length;
  const position = positions.length === 0 ? 'no position' : `position ${positions.join(', ')}`;
  return escapeText(`${position} and ${orders} open order(s) on ${symbol}, read ${ageS} s ago`, 300);
}

/** Compares with what the daemon knows, and asks the exchange about the few orders that deserve a targeted read. */
import { attribute } from '../engine/attribution.ts';
import type { Question } from '../engine/comparer.ts';
import type { CompareOptions, Comparison } from '../engine/comparison.ts';
import { answerOf, foldTargeted, isConditionalType, type TargetedRead } from '../engine/targeted.ts';
import type { Observation } from '../engine/types.ts';
import type { Core } from './core.ts';

/** Compares; where an order is not seen, asks for it (a few a run) and compares again with the answers. */
export async function compareWithReads(core: Core, observation: Observation): Promise<Comparison> {
  const { vitals } = core;
  // Taking in 10,000 orders has just kept this thread for a while: a stop that came meanwhile goes first.
  const pause = () => pauseOf(core);
  await pause();
  const { orders } = core.feed.state();
  vitals.targeted = foldTargeted(vitals.targeted, {
    reads: [],
    observed: observation.orders,
    expected: orders,
  });
  const question = questionNow(core, observation);
  const first = attributed(core, question, await vitals.comparer.compareInPieces(question, pause));
  const asked = first.queries.slice(0, core.settings.reconcile.targetedReadsPerRun);
  if (asked.length === 0) return first;
  const expected = core.feed.state();
  const reads = await Promise.all(
    asked.map(async (clientOrderId): Promise<TargetedRead> => {
      const { symbol, orderType } = expected.orders.get(clientOrderId) ?? { symbol: '', orderType: 'LIMIT' };
      // Ordinary orders know nothing of a conditional one: asked there, each would be denied and missing.
      const conditional = isConditionalType(orderType);
      const result = await core.exchange.queryOrder({ symbol, clientOrderId, orderId: null, conditional });
      const status = result.kind === 'found' ? result.order.status : null;
      const answer = result.kind === 'found' ? answerOf(result.order.status) : result.kind;
      return { clientOrderId, answer, status, readAtMonoMs: core.clock.monoMs() };
    }),
  );
  vitals.targeted = foldTargeted(vitals.targeted, { reads, observed: [] });
  return compareNow(core, observation);
}

/** Compares with what is known now, asking nobody. */
export function compareNow(core: Core, observation: Observation): Comparison {
  const question = questionNow(core, observation);
  const { expected, options } = question;
  return attributed(core, question, core.vitals.comparer.compare(expected, observation, options));
}

/** Lets this thread see to whoever waits. Deno's setImmediate would not: no socket is looked at before it. */
function pauseOf(core: Core): Promise<void> {
  return new Promise((goOn) => core.machine.timers.after(0, goOn));
}

function questionNow(core: Core, observed: Observation): Question {
  return { expected: core.feed.state(), observed, options: compareOptions(core) };
}

function attributed(core: Core, { expected }: Question, comparison: Comparison): Comparison {
  const { identity } = core.settings;
  const { causes } = core.vitals.view;
  return {
    ...comparison,
    mismatches: attribute(comparison.mismatches, { causes, expected, identity }),
  };
}

/** How this daemon compares. */
export function compareOptions(core: Core): CompareOptions {
  const { settings, vitals, clock } = core;
  return {
    identity: settings.identity,
    whitelist: settings.reconcile.symbolWhitelist,
    rules: vitals.rules,
    missingGraceMs: settings.reconcile.missingGraceMs,
    now: { wallMs: clock.wallMs(), monoMs: clock.monoMs() },
    targeted: vitals.targeted,
    remediateProtective: settings.reconcile.remediateProtectiveOrders,
  };
}

/** Compares with what the daemon knows, and asks the exchange about the few orders that deserve a targeted read. */
import { attribute } from '../engine/attribution.ts';
import { type CompareOptions, type Comparison, compare } from '../engine/compare.ts';
import { answerOf, foldTargeted, type TargetedRead } from '../engine/targeted.ts';
import type { Observation } from '../engine/types.ts';
import type { Core } from './core.ts';

/** Compares; where an order is not seen, asks for it (a few a run) and compares again with the answers. */
export async function compareWithReads(core: Core, observation: Observation): Promise<Comparison> {
  const { vitals } = core;
  // Taking in 10,000 orders has just kept this thread for a while: a stop that came meanwhile goes first. Deno's
  // setImmediate would not let it: no socket is looked at before it.
  await new Promise<void>((goOn) => core.machine.timers.after(0, goOn));
  vitals.targeted = foldTargeted(vitals.targeted, { reads: [], observed: observation.orders });
  const first = compareNow(core, observation);
  const asked = first.queries.slice(0, core.settings.reconcile.targetedReadsPerRun);
  if (asked.length === 0) return first;
  const expected = core.feed.state();
  const reads = await Promise.all(
    asked.map(async (clientOrderId): Promise<TargetedRead> => {
      const symbol = expected.orders.get(clientOrderId)?.symbol ?? '';
      const result = await core.exchange.queryOrder({
        symbol,
        clientOrderId,
        orderId: null,
        conditional: false,
      });
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
  const expected = core.feed.state();
  const comparison = compare(expected, observation, compareOptions(core));
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

/** The canary: a synthetic unexpected order in our identity that goes through detection, plan and gates, and never out. */

import { NEEDS_A_PLAN } from '../engine/next-step.ts';
import { currentCriteria } from '../engine/stages.ts';
import type { ObservedOrder } from '../engine/types.ts';
import { MAX_CLIENT_ORDER_ID_LENGTH } from '../gates/identity.ts';
import { entryBase, stageContext } from './ceremony.ts';
import type { Core } from './core.ts';

/** Readies a canary for the next run; says why not, or null. */
export function injectCanary(core: Core, by: string): string | null {
  const { vitals, settings } = core;
  const refused = canaryRefusal(core);
  if (refused !== null) return refused;
  if (vitals.canary !== null) return 'refused: a canary is already waiting for the next run';
  const symbol = settings.reconcile.symbolWhitelist[0] ?? '';
  const order = canaryOrder(core, symbol);
  vitals.canary = order;
  core.journal.append({
    ...entryBase(core),
    event_type: 'CANARY_INJECTED',
    symbols: [symbol],
    operator: by,
    synthetic: true,
    details: { client_order_id: order.clientOrderId },
  });
  core.notebook.note(
    'info',
    'CANARY_INJECTED',
    `CANARY ${order.clientOrderId} injected by ${by}: judged by the next run, never sent`,
    { symbol },
  );
  return null;
}

/** Says why there can be no canary now, or null. */
export function canaryRefusal(core: Core): string | null {
  const { vitals, settings } = core;
  if (vitals.latch !== null) return 'refused: the stop is latched';
  if (vitals.stage.inForce === 0) return 'refused in stage 0: the loop is off, nothing would judge it';
  const symbol = settings.reconcile.symbolWhitelist[0];
  if (symbol === undefined) return 'refused: the symbol whitelist is empty';
  return canaryOrder(core, symbol).clientOrderId.length > MAX_CLIENT_ORDER_ID_LENGTH
    ? `refused: an id for ${symbol} does not fit into ${MAX_CLIENT_ORDER_ID_LENGTH} characters`
    : null;
}

/** Hands the waiting canary to a run; it is judged once, then gone. */
export function takeCanary(core: Core): ObservedOrder | null {
  const { vitals } = core;
  const canary = vitals.stage.inForce === 0 ? null : vitals.canary;
  vitals.canaryShown = canary !== null;
  if (canary !== null) vitals.canary = null;
  return canary;
}

/** Injects a canary when a stage lacks nothing but something to judge (contract: stage 2 or 3). */
export function autoCanary(core: Core): void {
  const { vitals, settings } = core;
  if (!settings.ceremony.autoCanary || vitals.canary !== null || vitals.latch !== null) return;
  if (vitals.stage.inForce !== 2 && vitals.stage.inForce !== 3) return;
  if (vitals.stage.progress.planned > 0) return;
  const criteria = currentCriteria(vitals.stage, stageContext(core));
  const waiting = criteria.filter(({ verdict }) => verdict !== 'PASS');
  if (waiting.length > 0 && waiting.every(({ id }) => NEEDS_A_PLAN.has(id)))
    injectCanary(core, 'auto_canary');
}

/** The canary as an order of ours that the exchange would show. */
export function canaryOrder(core: Core, symbol: string): ObservedOrder {
  const { settings, clock } = core;
  const strategy = settings.identity.allowedStrategies[0] ?? '1';
  const nowMs = clock.wallMs();
  // As old as what the engine has applied: the canary is no test of the feed's delay.
  const updatedAtMs = core.feed.state().appliedEventMs || nowMs;
  return {
    orderId: `canary-${nowMs}`,
    clientOrderId: `${settings.identity.prefix}${strategy}_${symbol}_0_${Math.floor(nowMs / 1000)}_0`,
    symbol,
    side: 'BUY',
    orderType: 'LIMIT',
    price: core.vitals.rules.get(symbol)?.tickSize ?? '1',
    quantity: core.vitals.rules.get(symbol)?.minQuantity ?? '1',
    filledQuantity: '0',
    status: 'NEW',
    reduceOnly: false,
    closePosition: false,
    conditional: false,
    positionSide: 'BOTH',
    createdAtMs: updatedAtMs,
    updatedAtMs,
    synthetic: true,
  };
}

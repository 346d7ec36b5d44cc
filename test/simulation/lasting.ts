/**
 * L7: what differs once everything is set right is repaired, or something that the scenario itself asks for stands in its
 * way. Any other reason may come and go, and must not be all there is for as long as the world is well.
 */
import type { Unfulfilled } from './healing.ts';
import type { Process } from './process.ts';
import { isProtective } from './truth.ts';
import type { World } from './world.ts';

export interface HealingWatch {
  /** Notes what is said of each item; call it often while the world is well. */
  readonly look: (process: Process | null) => void;
  /** What is still there for no reason that may last, or that stage 4 was not reached; null once all is done. */
  readonly missed: () => Unfulfilled | null;
}

/** Begins as the world has healed. */
export function createHealingWatch(world: World): HealingWatch {
  /** Why each item waits; `not planned` when no action was made for it, `runnable` when nothing blocks it. */
  const reasons = new Map<string, Set<string>>();
  let isLive = false;
  return {
    look: (process) => {
      if (process === null) return;
      const { vitals } = process.core;
      isLive ||= vitals.stage.inForce === 4;
      for (const { kind, id } of items(world)) {
        const judged = vitals.decision?.planned.find(
          ({ action }) =>
            action.action === kind && (kind === 'cancel' ? action.orderId : action.symbol) === id,
        );
        const reason = judged === undefined ? 'not planned' : (judged.reason ?? 'runnable');
        const key = `${kind} ${id}`;
        reasons.set(key, new Set([...(reasons.get(key) ?? []), reason]));
      }
    },
    missed: () => {
      if (!isLive) return ['L7', 'stage 4 is not reached long after healing'];
      for (const item of items(world)) {
        const said = [...(reasons.get(`${item.kind} ${item.id}`) ?? [])];
        if (said.some((reason) => isAskedFor(world, item, reason))) continue;
        return ['L7', `${item.kind} ${item.id} stays for no lasting reason: ${said.join(', ')}`];
      }
      return null;
    },
  };
}

/** What nobody wants, by the truth. */
function items({ truth, trader, scenario }: World): readonly Item[] {
  const orders = truth
    .openOrders()
    .filter(({ owner, orderId }) => (owner === 'engine' || owner === 'stray') && !trader.wants(orderId))
    .filter((order) => !isProtective(order))
    .filter(({ symbol }) => scenario.settings.reconcile.symbolWhitelist.includes(symbol))
    .map(({ orderId, symbol }) => ({ kind: 'cancel' as const, id: String(orderId), symbol }));
  const positions = scenario.settings.reconcile.symbolWhitelist.flatMap((symbol) => {
    const position = truth.position(symbol, trader.positionSide);
    if (position.amount === 0 || position.engineAmount !== 0 || trader.said(symbol) !== 0) return [];
    // What is smaller than the smallest order nobody can close.
    const { stepSize, minQuantity } = scenario.rules(symbol);
    if (Math.abs(position.amount) < Math.max(Number(stepSize), Number(minQuantity)) * 1000) return [];
    return [{ kind: 'flatten' as const, id: symbol, symbol }];
  });
  return [...orders, ...positions];
}

interface Item {
  readonly kind: 'cancel' | 'flatten';
  readonly id: string;
  readonly symbol: string;
}

const DAY_MS = 86_400_000;

/** Whether the scenario, and nothing that heals, keeps an item from being repaired. */
function isAskedFor(world: World, { kind, symbol }: Item, reason: string): boolean {
  const { scenario, truth, trader, observer, timeline } = world;
  const { reconcile, budgets, flatten } = scenario.settings;
  const notionalUsdt =
    (Math.abs(truth.position(symbol, trader.positionSide).amount) / 1000) * truth.mark(symbol);
  // The least that may go at once: a part of one step leaves room for the price to move.
  const leastUsdt = flatten.inChunks
    ? Math.min(notionalUsdt, truth.mark(symbol) / 1000) * 1.02
    : notionalUsdt;
  const nowMs = timeline.nowMs();
  const dayStartMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const today = observer.knowledge.sent.filter(
    ({ departure }) => departure.atMs >= Math.min(dayStartMs, nowMs - DAY_MS),
  );
  const sent = new Map(observer.knowledge.sent.map((one) => [one.departure.permit.intentId, one]));
  // What was promised and never left, as with a process that stood still, stays reserved where nothing proves it. So does
  // what was refused, where no line of the audit could say so.
  const reserved = [...observer.journal.intents.values()].filter(({ id, refused }) => {
    const answer = sent.get(id)?.answer;
    return answer === undefined || (answer === 'REJECTED' && !refused);
  });
  const spentUsdt = [...today, ...reserved].reduce((sum, one) => sum + one.notionalUsdt, 0);
  switch (reason) {
    case 'env_var_missing':
      return !scenario.mayTrade;
    case 'mode_cancel_only':
      return kind === 'flatten' && reconcile.action === 'cancel_all';
    case 'mode_flatten_only':
      return kind === 'cancel' && reconcile.action === 'flatten';
    case 'flatten_side_effects':
      return reconcile.hedgeGroups.flat().includes(symbol) || leansOn(world, symbol);
    case 'notional_exceeds_limit':
    case 'max_notional_per_run':
      // Of a position of which no part fits the lower one, the whole is held against both.
      return (
        leastUsdt >
        Math.min(Number(reconcile.maxFlattenNotionalUsdt), Number(budgets.maxNotionalPerRunUsdt)) * 0.98
      );
    case 'max_calls_per_day':
      // Whatever was promised counts, also what never left with a process that died.
      return observer.journal.intents.size >= budgets.maxCallsPerDay;
    case 'max_notional_per_day':
      return spentUsdt + notionalUsdt > Number(budgets.maxNotionalPerDayUsdt) * 0.98;
    default:
      return false;
  }
}

/** An order of the engine that can only shrink this position. */
function leansOn({ truth, trader }: World, symbol: string): boolean {
  return truth
    .openOrders()
    .some(
      (order) =>
        order.symbol === symbol && (order.reduceOnly || order.conditional) && trader.wants(order.orderId),
    );
}

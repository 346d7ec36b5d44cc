/** Orders that aren't ours: counted for people, and for the gate that minds what a flatten would leave alone. */
import type { Comparison } from '../engine/comparison.ts';
import { hasEnded } from '../engine/view-age.ts';
import { classifyOrder } from '../gates/identity.ts';
import type { Core } from './core.ts';

/** Takes note of whose orders there are besides ours; one with our prefix that can't be read counts as a stranger's. */
export function noteStrangers(core: Core, comparison: Comparison): void {
  const { vitals } = core;
  vitals.foreign = comparison.foreignBySymbol;
  const strangers = new Map(comparison.foreignBySymbol);
  for (const { symbol } of comparison.unparsable) strangers.set(symbol, (strangers.get(symbol) ?? 0) + 1);
  vitals.strangers = strangers;
  sayUnparsable(core, comparison);
}

/**
 * The same with those that the stream has told of since, by symbol; null before the first comparison. One may count twice, and
 * one that has gone since counts until the next comparison.
 */
export function strangersByNow({ vitals, settings }: Core): ReadonlyMap<string, number> | null {
  const { strangers, view } = vitals;
  if (strangers === null || view.orders.size === 0) return strangers;
  const counts = new Map(strangers);
  for (const { item, gone } of view.orders.values()) {
    const whose = gone || hasEnded(item.status) ? 'over' : classifyOrder(item, settings.identity).kind;
    if (whose === 'over' || whose === 'ours' || whose === 'repair') continue;
    counts.set(item.symbol, (counts.get(item.symbol) ?? 0) + 1);
  }
  return counts;
}

/** Orders with our prefix that nobody can judge: told, never touched. */
function sayUnparsable({ notebook }: Core, { unparsable }: Comparison): void {
  const first = unparsable.slice(0, 5).map((one) => `${one.symbol} ${one.clientOrderId}: ${one.why}`);
  const text = `${unparsable.length} order(s) with our prefix are not in our shape: ${first.join('; ')}`;
  notebook.alarm('unparsable', unparsable.length === 0 ? null : text);
}

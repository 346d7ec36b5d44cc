/** Orders that aren't ours: counted for people, and for the gate that minds what a flatten would leave alone. */
import type { Comparison } from '../engine/compare.ts';
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

/** Orders with our prefix that nobody can judge: told, never touched. */
function sayUnparsable({ notebook }: Core, { unparsable }: Comparison): void {
  const first = unparsable.slice(0, 5).map((one) => `${one.symbol} ${one.clientOrderId}: ${one.why}`);
  const text = `${unparsable.length} order(s) with our prefix are not in our shape: ${first.join('; ')}`;
  notebook.alarm('unparsable', unparsable.length === 0 ? null : text);
}

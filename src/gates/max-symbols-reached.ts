import { answer, isWords } from './answer.ts';
import { fits } from './cap.ts';
import type { ActionGate } from './gate.ts';

/** One run touches few symbols. */
export const maxSymbolsReached: ActionGate = {
  name: 'max_symbols_reached',
  scope: 'action',
  rule: 'One run touches few symbols.',
  judge: ({ action, world, run }) => {
    const cap = world.limits.maxSymbolsPerAction;
    const all = [...run.symbols, action.symbol];
    const symbols = isWords(run.symbols) && isWords(all) ? new Set(all).size : Number.NaN;
    return answer(fits(symbols, cap), String(symbols), `<= ${cap}`);
  },
};

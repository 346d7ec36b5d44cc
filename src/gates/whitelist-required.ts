import { answer, isWords } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Without a list of symbols nothing may be touched. */
export const whitelistRequired: WorldGate = {
  name: 'whitelist_required',
  scope: 'world',
  rule: 'Without a list of symbols nothing may be touched.',
  judge: ({ whitelist }) => {
    const isList = isWords(whitelist);
    return answer(isList && whitelist.length > 0, isList ? `${whitelist.length} symbols` : 'unknown', '>= 1');
  },
};

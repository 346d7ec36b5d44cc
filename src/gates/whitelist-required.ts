import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Without a list of symbols nothing may be touched. */
export const whitelistRequired: WorldGate = {
  name: 'whitelist_required',
  scope: 'world',
  rule: 'Without a list of symbols nothing may be touched.',
  judge: ({ whitelist }) => answer(whitelist.length > 0, `${whitelist.length} symbols`, '>= 1'),
};

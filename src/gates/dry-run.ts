import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** In a dry run every action is planned and none is sent. */
export const dryRun: WorldGate = {
  name: 'dry_run',
  scope: 'world',
  rule: 'In a dry run every action is planned and none is sent.',
  judge: ({ switches }) =>
    answer(switches.dryRun === false, switches.dryRun === false ? 'false' : 'true', 'false'),
};

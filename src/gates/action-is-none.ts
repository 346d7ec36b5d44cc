import type { ActionMode } from '../engine/types.ts';
import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Without a configured kind of action nothing is done. */
export const actionIsNone: WorldGate = {
  name: 'action_is_none',
  scope: 'world',
  rule: 'Without a configured kind of action nothing is done.',
  judge: ({ switches }) => answer(ACTING.has(switches.action), switches.action, 'not none'),
};

const ACTING: ReadonlySet<ActionMode> = new Set(['cancel_all', 'flatten', 'auto']);

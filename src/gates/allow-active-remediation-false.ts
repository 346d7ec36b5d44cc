import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** Repairs have to be allowed by the stage. */
export const allowActiveRemediationFalse: WorldGate = {
  name: 'allow_active_remediation_false',
  scope: 'world',
  rule: 'Repairs have to be allowed by the stage.',
  judge: ({ switches }) =>
    answer(
      switches.allowActiveRemediation === true,
      String(switches.allowActiveRemediation === true),
      'true',
    ),
};

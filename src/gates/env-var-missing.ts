import { answer } from './answer.ts';
import type { WorldGate } from './gate.ts';

/** The environment of the process has to allow trading: the second of two keys. */
export const envVarMissing: WorldGate = {
  name: 'env_var_missing',
  scope: 'world',
  rule: 'The environment of the process has to allow trading: the second of two keys.',
  judge: ({ mainnetTrade: { required, allowed } }) =>
    answer(
      required === false || allowed === true,
      allowed === true ? 'set' : required === false ? 'not asked' : 'unset',
      'set',
    ),
};

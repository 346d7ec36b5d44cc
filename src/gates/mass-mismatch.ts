import { answer, isCount } from './answer.ts';
import type { MassWorld, WorldGate } from './gate.ts';

/** When far too much differs, the picture is wrong, not the account; a person looks first. */
export const massMismatch: WorldGate = {
  name: 'mass_mismatch',
  scope: 'world',
  rule: 'When far too much differs, the picture is wrong, not the account; a person looks first.',
  judge: ({ mass }) => {
    if (mass === null) return answer(false, 'not compared yet', 'most match');
    const limit = `<= ${toleratedOf(mass)}`;
    if (mass.pending !== false) return answer(false, 'unacknowledged', limit);
    const open = mass.acknowledged === true || !isMass(mass);
    return answer(open, open && isMass(mass) ? 'acknowledged' : wording(mass), limit);
  },
};

/** Tells whether so much differs that the picture is wrong: over 3 and over 20 % unexpected, or nothing matches. */
export function isMass(figures: Pick<MassWorld, 'unexpected' | 'ours' | 'matched' | 'differing'>): boolean {
  const { unexpected, ours, matched, differing } = figures;
  if (![unexpected, ours, matched, differing].every((count) => isCount(count))) return true;
  return unexpected > toleratedOf(figures) || (matched === 0 && differing > 0);
}

const ALWAYS_TOLERATED = 3;
const TOLERATED_SHARE = 0.2;

function toleratedOf({ ours }: Pick<MassWorld, 'ours'>): number {
  return Math.max(ALWAYS_TOLERATED, Math.floor(ours * TOLERATED_SHARE));
}

function wording({ unexpected, ours, matched, differing }: MassWorld): string {
  return matched === 0 && differing > 0 ? 'nothing matches' : `${unexpected} of ${ours}`;
}

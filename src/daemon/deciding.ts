/** Takes a decision for the one that screens and scripts see. */
import type { Decision } from '../engine/decide.ts';
import type { Core } from './core.ts';

/** Keeps a decision; `complete` tells whether the picture it was made on shows all there is. */
export function takeDecision({ vitals, clock }: Core, decision: Decision, complete: boolean): void {
  vitals.decision = decision;
  vitals.decidedAtMonoMs = clock.monoMs();
  if (complete) vitals.standing = decision.mismatches.filter(({ synthetic }) => !synthetic);
}

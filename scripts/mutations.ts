/** Safety rules, each broken by one replacement of text, and the tests that have to notice. Read by scripts/mutate.ts. */

import { inComparer } from './mutations/in-comparer.ts';
import { inExecutor } from './mutations/in-executor.ts';
import { inBudgets, inGates } from './mutations/in-gates.ts';
import { inJournal } from './mutations/in-journal.ts';
import { inPicture, underWrongPictures } from './mutations/in-picture.ts';
import { inStages } from './mutations/in-stages.ts';
import type { Mutation } from './mutations/mutation.ts';
import { onTheWire } from './mutations/on-the-wire.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...underWrongPictures,
  ...inGates,
  ...inBudgets,
  ...inExecutor,
  ...onTheWire,
  ...inJournal,
  ...inPicture,
  ...inComparer,
  ...inStages,
];

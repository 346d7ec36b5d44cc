/** Safety rules, each broken by one replacement of text, and the tests that have to notice. Read by scripts/mutate.ts. */

import { aroundAWrite } from './mutations/around-a-write.ts';
import { beforeDispatch } from './mutations/before-dispatch.ts';
import { inCommands } from './mutations/in-commands.ts';
import { inComparer } from './mutations/in-comparer.ts';
import { inDaemon } from './mutations/in-daemon.ts';
import { inExecutor } from './mutations/in-executor.ts';
import { inBudgets, inGates } from './mutations/in-gates.ts';
import { inJournal } from './mutations/in-journal.ts';
import { inLock } from './mutations/in-lock.ts';
import { inOneWord } from './mutations/in-one-word.ts';
import { inPicture, underWrongPictures } from './mutations/in-picture.ts';
import { inStages } from './mutations/in-stages.ts';
import { inTransport } from './mutations/in-transport.ts';
import { inWhatIsTold } from './mutations/in-what-is-told.ts';
import type { Mutation } from './mutations/mutation.ts';
import { onTheWire } from './mutations/on-the-wire.ts';
import { wholeRules } from './mutations/whole-rules.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...underWrongPictures,
  ...inGates,
  ...inBudgets,
  ...inExecutor,
  ...beforeDispatch,
  ...aroundAWrite,
  ...onTheWire,
  ...inTransport,
  ...inJournal,
  ...inLock,
  ...inOneWord,
  ...inPicture,
  ...inComparer,
  ...inStages,
  ...inCommands,
  ...inDaemon,
  ...inWhatIsTold,
  ...wholeRules,
];

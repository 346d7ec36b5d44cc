/** What the state of a process may be, after every event. */
import type { Fail } from './dispatch-rules.ts';
import { type Knowledge, standingOf } from './knowledge.ts';
import type { Process } from './process.ts';

/** S9, S17, S21: what the state of a process may be, by what was asked of it. */
export function judgeProcess({ core, owner }: Process, knowledge: Knowledge, fail: Fail): void {
  const standing = standingOf(knowledge, owner);
  const { stage } = core.vitals;
  const live = stage.inForce === 4;
  if (live && standing.armed?.owner !== owner) fail('S17', 'stage 4 without a confirmation in this process');
  if (core.interlock.writesAllowed() && !live) fail('S17', `writes allowed in stage ${stage.inForce}`);
  if (standing.stopped && !core.interlock.latched()) fail('S21', 'stopped, and not latched');
  if (!live) standing.armed = null;
  if (knowledge.tampered && stage.inForce > 1) fail('S9', `stage ${stage.inForce} on a spoiled audit`);
}

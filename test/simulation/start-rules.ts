/** F57: who may start, who is refused, and what a refused start leaves behind. */
import { createHash } from 'node:crypto';
import type { StartFailure } from '../../src/daemon/held-account.ts';
import type { Places } from '../../src/launch/places.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { ACCOUNT, type Process } from './process.ts';
import type { ProcessesDeps } from './processes.ts';

export interface Start {
  readonly where: 'here' | 'elsewhere';
  readonly number: number;
  readonly started: Process | StartFailure;
  /** It died on its way. */
  readonly isKilled: boolean;
  /** As it was found. */
  readonly before: {
    /** Who has the account's lock; null when nobody has, or somebody who can't be told. */
    readonly holder: Process | null;
    readonly isAnybodyThere: boolean;
    readonly isLockThere: boolean;
    /** Somebody, who may be dead, has said to have it. */
    readonly wasNamed: boolean;
    readonly disk: string;
  };
}

const TEMPORARY = 75;

/** Judges one start by what came of it. */
export function judgeStart(start: Start, { observer, coverage, disk, scenario, trace }: ProcessesDeps): void {
  const { fail, knowledge } = observer;
  const { started, number, where, isKilled, before } = start;
  const { holder, isAnybodyThere } = before;
  if (started.ok) {
    if (isAnybodyThere) fail('S8', `process ${number} was let in beside process ${holder?.number}`);
    if (nameOnDisk(disk) !== String(number)) knowledge.nameless.add(number);
    if (before.wasNamed) coverage.count('F57_taken_over_after_a_death');
    if (where === 'elsewhere') coverage.count('F57_second_without_its_audit');
    return;
  }
  const { exitCode, problem } = started;
  trace('process', `${number} is refused with ${exitCode}: ${problem}`);
  if (isKilled) return;
  if (!isAnybodyThere) {
    // Only a file that has to be made first takes anything of the disk.
    if (exitCode === TEMPORARY || before.isLockThere)
      fail('F57', `process ${number} was refused, and nobody has the account: ${problem}`);
    coverage.count('start_refused_by_its_disk');
    return;
  }
  coverage.count('F57_second_start_refused');
  if (where === 'elsewhere') coverage.count('F57_second_start_refused_elsewhere');
  if (holder !== null) coverage.count(`F57_second_start_refused_while_${occupationOf(holder)}`);
  if (exitCode !== TEMPORARY) fail('F57', `process ${number} was refused with ${exitCode}: ${problem}`);
  const [, named = null] = /held by process (\d+) on/.exec(problem) ?? [];
  const isTold = named === String(holder?.number);
  // One that could not write or read the name tells none; one to whom the file came back finds another's on it.
  const isNameless = knowledge.nameless.has(holder?.number ?? 0);
  const isUnreadable = named === null && nameOnDisk(disk) === String(holder?.number);
  if (isTold) coverage.count('F57_second_start_names_the_first');
  else if (!isNameless && !isUnreadable && !coverage.counts().has('F57_lock_put_back'))
    fail('F57', `process ${number} was told that ${named ?? 'nobody'} has the account of ${holder?.number}`);
  if (traceOfPlaces(disk, scenario.places) !== before.disk)
    fail('F57', `process ${number} was refused and left something behind`);
}

/** What lies in the account's directory, and the audit: in short, for comparison. */
export function traceOfPlaces(disk: MemoryDisk, { auditPath }: Places): string {
  const hash = createHash('sha256');
  const own = disk.paths().filter((path) => path.startsWith(ACCOUNT.directory) || path.startsWith(auditPath));
  for (const path of own.toSorted()) {
    const inode = disk.find(path);
    if (inode === undefined) continue;
    hash.update(`${path} ${inode.number} ${inode.size} ${inode.mode}`);
    if (inode.size < SMALL_BYTES) hash.update(inode.bytes.subarray(0, inode.size));
  }
  return hash.digest('hex');
}

const SMALL_BYTES = 4096;

/** What the one that has the account does. */
function occupationOf({ core, stalledSinceMs }: Process): string {
  if (stalledSinceMs() !== null) return 'standing_still';
  const isOpen = core.journal.state().openIntents.size > 0;
  if (core.vitals.executing) return isOpen ? 'sending' : 'reading';
  return isOpen ? 'an_intent_is_open' : 'idle';
}

function nameOnDisk(disk: MemoryDisk): string | null {
  const inode = disk.find(ACCOUNT.holder);
  const text = Buffer.from(inode?.bytes.subarray(0, inode.size) ?? []).toString('utf8');
  return /"pid":(\d+)/.exec(text)?.[1] ?? null;
}

/** A stop or a lock of the account that is kept where this process doesn't keep them: it must not be lost by looking elsewhere. */
import { dirname, join } from 'node:path';
import { type Disk, realDisk } from '../engine/disk.ts';
import { peekLatch } from '../engine/latch.ts';
import { peekLock } from '../engine/lock.ts';

/** Why a start is refused, and whether it may be tried again. */
export interface KeptElsewhere {
  readonly busy: boolean;
  readonly problem: string;
}

/**
 * Looks at the account's other directories: held there, stopped there, or kept there alone. Null when this start loses nothing.
 * What belongs to another user, or can't be entered, is another user's account.
 */
export function keptElsewhere(
  directory: string,
  others: readonly string[],
  disk: Disk = realDisk,
): KeptElsewhere | null {
  const isNew = !isUsed(directory, disk);
  for (const other of others) {
    if (!isUsed(other, disk) || isSame(directory, other, disk)) continue;
    const found = judge({ directory, other, isNew });
    if (found !== null) return found;
  }
  return null;
}

function judge(at: {
  readonly directory: string;
  readonly other: string;
  readonly isNew: boolean;
}): KeptElsewhere | null {
  const { directory, other, isNew } = at;
  const lock = peekLock(join(other, 'lock.sqlite'));
  if (lock.kind === 'held')
    return {
      busy: true,
      problem: `the account is held by ${lock.words}, whose lock is in ${other} and not in ${directory}: a second one is not started. Give both processes the same HOME and XDG_STATE_HOME`,
    };
  const move = `mkdir -p -m 700 '${dirname(directory)}' && mv '${other}' '${directory}'`;
  const latch = peekLatch(join(other, 'latch'));
  if (isNew)
    return {
      busy: false,
      problem: `${latch.kind === 'latched' ? 'a STOP of this account stands: it' : "this account's stop latch"}, its lock and its audit head are kept in ${other}, and by its HOME and XDG_STATE_HOME this process keeps them in ${directory}, where there is nothing. Start it with the variables it had before, or move them: ${move}`,
    };
  if (latch.kind !== 'latched') return null;
  const id = latch.latchId === null ? 'which can not be read' : latch.latchId;
  return {
    busy: false,
    problem: `a stop of this account (${id}) stands in ${other}, and this process keeps its own latch in ${directory}. Find out why it was stopped; then put it aside: mv '${other}' '${other}.seen'`,
  };
}

/** One of the two may be reached by a link. */
function isSame(one: string, other: string, disk: Disk): boolean {
  const inode = disk.lookup(one)?.inode;
  return inode !== undefined && inode === disk.lookup(other)?.inode;
}

/** True where this user's process has kept an account. */
function isUsed(directory: string, disk: Disk): boolean {
  try {
    const facts = disk.lookup(directory);
    if (facts === null || facts.ownerUid !== (process.getuid?.() ?? facts.ownerUid)) return false;
    return ['lock.sqlite', 'audit-head.json', 'latch'].some(
      (name) => disk.lookup(join(directory, name)) !== null,
    );
  } catch {
    return false;
  }
}

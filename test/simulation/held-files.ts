/**
 * Files that a process holds for its life, as SQLite's are held: by the file and not by its name, and let go of by whoever
 * dies. What a process makes of that is the program's own.
 */
import type { LockMachine } from '../../src/engine/lock.ts';
import type { Inode } from './inode.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { Owner } from './timeline.ts';

export interface HeldFiles {
  /** The machine as a process's lock knows it. */
  readonly forOwner: (owner: Owner) => LockMachine;
  /** Who has the file that this name shows; null when nobody alive does. */
  readonly holder: (path: string) => Owner | null;
}

/** Starts with nothing held. */
export function createHeldFiles(disk: MemoryDisk): HeldFiles {
  const holders = new Map<Inode, Owner>();
  const holderOf = (inode: Inode | undefined): Owner | null => {
    const owner = inode === undefined ? undefined : holders.get(inode);
    return owner === undefined || owner.dead ? null : owner;
  };
  return {
    holder: (path) => holderOf(disk.find(path)),
    forOwner: (owner) => ({
      disk: disk.forOwner(owner),
      // Nothing happens meanwhile: whoever has won has said who it is.
      pause: () => undefined,
      take: (path) => {
        const inode = owner.dead ? undefined : disk.find(path);
        if (inode === undefined) throw new Error('unable to open database file');
        if (holderOf(inode) !== null) throw new Error('database is locked');
        holders.set(inode, owner);
        return {
          isHeld: () => holderOf(inode) === owner,
          close: () => {
            if (holders.get(inode) === owner) holders.delete(inode);
          },
        };
      },
    }),
  };
}

/**
 * A disk in memory that remembers what was synced: a killed process loses nothing it wrote, a power cut loses or tears
 * what was not synced. One view of it a process; the view of a dead one does nothing.
 */
import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Disk, FileFacts } from '../../src/engine/disk.ts';
import { DiskError, type Inode, makeInode, resize, restore, sync, writeInto } from './inode.ts';
import type { Random } from './random.ts';
import type { Owner } from './timeline.ts';

/** Asked before each call that changes something; throws to make it fail. `cut` says how many bytes of it happen first. */
export type DiskHook = (call: {
  readonly what: 'open' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'syncDirectory';
  readonly path: string;
  readonly owner: Owner;
  readonly bytes: number;
  /** False for an open that only reads. */
  readonly changes: boolean;
}) => { readonly cut: number; readonly error: Error } | null;

export interface MemoryDisk {
  readonly forOwner: (owner: Owner) => Disk;
  /** Called when a file's bytes were synced. */
  readonly onSync: (listener: (path: string, inode: Inode, owner: Owner) => void) => void;
  readonly setHook: (hook: DiskHook) => void;
  readonly find: (path: string) => Inode | undefined;
  readonly paths: () => readonly string[];
  /** The room that it says to have; it refuses nothing by itself. */
  readonly setFreeBytes: (bytes: number) => void;
  /** Puts bytes at the end of a file, as another program would. */
  readonly append: (path: string, text: string) => void;
  /** Puts a new file in place, as a rotation does. */
  readonly replace: (path: string, text: string) => void;
  /** Takes one away, durably. */
  readonly remove: (path: string) => void;
  /** Puts one in place, durably. */
  readonly put: (path: string, inode: Inode) => void;
  /** Power is lost: what was not synced is kept, torn or gone, by chance. */
  readonly powerCut: (random: Random) => void;
}

const UID = process.getuid?.() ?? 0;

/** File systems write their names down by themselves every few seconds. */
const NAMES_SETTLE_MS = 30_000;

/** Plenty. */
export const ROOMY_BYTES = 10 * 2 ** 30;

/** Starts with its root directory. */
export function createMemoryDisk(nowMs: () => number): MemoryDisk {
  const renamedAt = new Map<string, number>();
  const earlier = new Map<string, readonly { readonly inode: Inode; readonly sinceMs: number }[]>();
  let names = new Map<string, Inode>();
  let durable = new Map<string, Inode>();
  let listener: (path: string, inode: Inode, owner: Owner) => void = () => undefined;
  let hook: DiskHook = () => null;
  let nextFd = 10;
  let freeBytes = ROOMY_BYTES;

  const directory = (path: string): void => {
    if (path !== '/' && !names.has(dirname(path))) directory(dirname(path));
    if (!names.has(path)) names.set(path, makeInode('directory', 0o700));
  };
  const fileAt = (path: string): Inode => {
    directory(dirname(path));
    const found = names.get(path) ?? makeInode('file', 0o600);
    names.set(path, found);
    return found;
  };

  /** What a name was for longer than that is durable, whatever it becomes now. */
  function settle(path: string): void {
    const before = names.get(path);
    if (before === undefined) return;
    const list = [...(earlier.get(path) ?? []), { inode: before, sinceMs: renamedAt.get(path) ?? 0 }];
    const old = list.filter(({ sinceMs }) => nowMs() - sinceMs > NAMES_SETTLE_MS);
    const newest = old.at(-1);
    if (newest !== undefined) durable.set(path, newest.inode);
    earlier.set(path, list.slice(Math.max(0, old.length - 1)));
  }

  function forOwner(owner: Owner): Disk {
    const open = new Map<
      number,
      { readonly path: string; readonly inode: Inode; readonly appends: boolean }
    >();
    const handle = (fd: number) => {
      const found = open.get(fd);
      if (found === undefined || owner.dead) throw new DiskError('EBADF');
      return found;
    };
    const ask = (
      what: Parameters<DiskHook>[0]['what'],
      path: string,
      { bytes = 0, changes = true }: { readonly bytes?: number; readonly changes?: boolean } = {},
    ): number => {
      if (owner.dead) throw new DiskError('EIO');
      const refused = hook({ what, path, owner, bytes, changes });
      if (refused === null) return bytes;
      if (refused.cut === 0) throw refused.error;
      return -refused.cut;
    };
    return {
      open: (path, flags, mode) => {
        ask('open', path, {
          changes: (flags & (constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT)) !== 0,
        });
        let inode = names.get(path);
        if (inode?.kind === 'link') throw new DiskError('ELOOP');
        if (inode === undefined) {
          if ((flags & constants.O_CREAT) === 0 || !names.has(dirname(path))) throw new DiskError('ENOENT');
          inode = makeInode('file', mode);
          names.set(path, inode);
          renamedAt.set(path, nowMs());
        }
        if ((flags & constants.O_TRUNC) !== 0) resize(inode, 0);
        nextFd += 1;
        open.set(nextFd, { path, inode, appends: (flags & constants.O_APPEND) !== 0 });
        return nextFd;
      },
      write: (fd, bytes, position) => {
        const { path, inode, appends } = handle(fd);
        const allowed = ask('write', path, { bytes: bytes.length });
        const part = allowed < 0 ? bytes.subarray(0, -allowed) : bytes;
        writeInto(inode, part, appends || position === null ? inode.size : position);
        if (allowed < 0) throw new DiskError('ENOSPC');
        return part.length;
      },
      fdatasync: (fd) => {
        const { path, inode } = handle(fd);
        ask('sync', path);
        sync(inode);
        listener(path, inode, owner);
      },
      truncate: (fd, size) => {
        const { path, inode } = handle(fd);
        ask('truncate', path);
        resize(inode, size);
      },
      read: (fd, into, position) => {
        const { inode } = handle(fd);
        const part = inode.bytes.subarray(position, Math.min(inode.size, position + into.length));
        into.set(part);
        return part.length;
      },
      facts: (fd) => factsOf(handle(fd).inode),
      lookup: (path) => {
        const inode = names.get(path);
        return inode === undefined ? null : factsOf(inode);
      },
      close: (fd) => {
        open.delete(fd);
      },
      rename: (from, to) => {
        ask('rename', to);
        const inode = names.get(from);
        if (inode === undefined) throw new DiskError('ENOENT');
        settle(to);
        names.set(to, inode);
        names.delete(from);
        for (const path of [from, to]) renamedAt.set(path, nowMs());
      },
      remove: (path) => {
        ask('remove', path);
        if (!names.delete(path)) throw new DiskError('ENOENT');
        renamedAt.set(path, nowMs());
      },
      list: (path) =>
        [...names.keys()]
          .filter((name) => name !== path && dirname(name) === path)
          .map((name) => basename(name)),
      makeDirectory: directory,
      syncDirectory: (path) => {
        ask('syncDirectory', path);
        for (const [name, inode] of names)
          if (dirname(name) === path || name === path) durable.set(name, inode);
        for (const name of durable.keys())
          if (dirname(name) === path && !names.has(name)) durable.delete(name);
      },
      freeBytes: () => freeBytes,
    };
  }

  return {
    forOwner,
    onSync: (one) => {
      listener = one;
    },
    setHook: (one) => {
      hook = one;
    },
    find: (path) => names.get(path),
    paths: () => [...names.keys()],
    setFreeBytes: (bytes) => {
      freeBytes = bytes;
    },
    append: (path, text) => {
      const inode = fileAt(path);
      writeInto(inode, Buffer.from(text), inode.size);
    },
    replace: (path, text) => {
      directory(dirname(path));
      const inode = makeInode('file', 0o600);
      writeInto(inode, Buffer.from(text), 0);
      names.set(path, inode);
    },
    remove: (path) => {
      names.delete(path);
      durable.delete(path);
    },
    put: (path, inode) => {
      names.set(path, inode);
      durable.set(path, inode);
    },
    powerCut: (random) => {
      const kept = new Map<string, Inode>();
      for (const path of new Set([...names.keys(), ...durable.keys()])) {
        const now = names.get(path);
        const before = durable.get(path);
        const isSettled = nowMs() - (renamedAt.get(path) ?? 0) > NAMES_SETTLE_MS;
        const isKept = now === before || isSettled || now?.kind === 'directory' || random.chance(0.5);
        const inode = isKept ? now : before;
        if (inode !== undefined) kept.set(path, inode);
      }
      for (const inode of new Set(kept.values())) restore(inode, random);
      names = kept;
      durable = new Map(kept);
    },
  };
}

function factsOf(inode: Inode): FileFacts {
  const { kind, size, number, mode } = inode;
  return { kind, size, inode: number, mode, ownerUid: inode.ownerUid ?? UID, links: 1, modifiedMs: 0 };
}

/** A file of the disk in memory: its bytes, and those of them that a power cut leaves. */
import type { Random } from './random.ts';

/** What node:fs throws. */
export class DiskError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`${code}: the disk of the simulation says so`);
    this.code = code;
  }
}

export interface Inode {
  readonly number: number;
  /** Somebody else; whoever runs the simulation when it isn't there. */
  ownerUid?: number;
  kind: 'file' | 'directory' | 'link';
  mode: number;
  bytes: Uint8Array;
  size: number;
  /** Bytes before this are on disk as they are. */
  syncedSize: number;
  /** The whole content as synced, once something before `syncedSize` was written over; null while nothing was. */
  synced: Uint8Array | null;
}

let count = 0;

/** Makes an empty one. */
export function makeInode(kind: Inode['kind'], mode: number): Inode {
  count += 1;
  return { number: count, kind, mode, bytes: new Uint8Array(256), size: 0, syncedSize: 0, synced: null };
}

/** Writes bytes at a place, growing the file. */
export function writeInto(inode: Inode, bytes: Uint8Array, position: number): void {
  if (position < inode.syncedSize) keepSynced(inode);
  const end = position + bytes.length;
  if (end > inode.bytes.length) {
    const larger = new Uint8Array(Math.max(end, inode.bytes.length * 2));
    larger.set(inode.bytes.subarray(0, inode.size));
    inode.bytes = larger;
  }
  inode.bytes.set(bytes, position);
  inode.size = Math.max(inode.size, end);
}

/** Cuts or grows it. */
export function resize(inode: Inode, size: number): void {
  if (size < inode.syncedSize) keepSynced(inode);
  if (size > inode.size) writeInto(inode, new Uint8Array(size - inode.size), inode.size);
  inode.size = size;
}

/** Everything written so far survives. */
export function sync(inode: Inode): void {
  inode.syncedSize = inode.size;
  inode.synced = null;
}

/** What a power cut leaves: what was synced, and any part of what was not. */
export function restore(inode: Inode, random: Random): void {
  if (inode.kind !== 'file') return;
  if (inode.synced !== null && random.chance(0.5)) {
    inode.bytes = inode.synced.slice();
    inode.size = inode.synced.length;
  } else if (inode.synced === null) {
    inode.size = inode.syncedSize + random.whole(0, inode.size - inode.syncedSize);
  }
  sync(inode);
}

function keepSynced(inode: Inode): void {
  if (inode.synced === null) inode.synced = inode.bytes.slice(0, inode.syncedSize);
}

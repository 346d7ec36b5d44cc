/**
 * The stop latch on disk: one preallocated block per account, written in place, so that a full disk can't refuse a stop.
 *
 * The caller latches the shared memory first (interlock.setLatch) and comes here second. Whatever can't be read counts
 * as latched; a clear that didn't reach the disk didn't happen.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Disk, realDisk } from './disk.ts';
import { escapeText } from './escape.ts';
import { checkPrivateFile, describeError, ensurePrivateDirectory, replaceFile, writeAll } from './files.ts';

/** Who stopped, why and when (wall time). */
export interface StopOrder {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/** The latch as it is; `durable` tells whether a restart would find it the same. */
export type LatchReading =
  | { readonly latched: false }
  | ({ readonly latched: true; readonly latchId: string; readonly durable: boolean } & StopOrder);

/** Why a latch is still set after a clear: a newer stop, or a disk that didn't take it. */
export type ClearResult =
  | { readonly kind: 'cleared' }
  | { readonly kind: 'not_current'; readonly latchId: string | null }
  | { readonly kind: 'not_durable'; readonly why: string };

/** Nothing here throws. */
export interface Latch {
  readonly current: () => LatchReading;
  /** Latches under a new id, so that a clear on its way can't undo it; true when it is on disk. */
  readonly set: (order: StopOrder) => boolean;
  /** Clears exactly the latch of that id. */
  readonly clear: (latchId: string) => ClearResult;
  readonly close: () => void;
}

/** How long the latch's file is, in bytes, whatever it says. */
export const LATCH_BYTES = 512;

/**
 * Opens the latch file. `firstUse`: the account directory holds no other state, so a missing file is a new one; else a
 * missing file counts as latched, for somebody removed it.
 */
export function openLatch(options: {
  readonly path: string;
  readonly firstUse: boolean;
  readonly nowMs: number;
  readonly disk?: Disk;
  readonly newId?: () => string;
}): Latch {
  const disk = options.disk ?? realDisk;
  const newId = options.newId ?? (() => randomBytes(4).toString('hex'));
  const { path } = options;

  let file: OpenFile | null = null;
  const write = (block: Block): string | null => {
    try {
      file = reopened(path, file, disk);
      writeBlock(file.fd, block, disk);
      return null;
    } catch (error) {
      return describeError(error);
    }
  };

  const set = (order: StopOrder): boolean => {
    const latched = { latchId: newId(), by: limit(order.by), reason: limit(order.reason), atMs: order.atMs };
    const durable = write({ state: 'latched', ...latched }) === null;
    reading = { latched: true, durable, ...latched };
    return durable;
  };
  let reading: LatchReading = { latched: false };
  try {
    if (!options.firstUse && checkPrivateFile(path, disk).kind === 'missing') throw new Error('missing');
    file = reopened(path, null, disk);
    const block = readBlock(file.fd, disk);
    if (block.state === 'latched') {
      const { latchId, by, reason, atMs } = block;
      // It may be in memory alone, from a process whose disk refused it, and gone with the machine: it is written anew.
      const durable = write(block) === null;
      reading = { latched: true, durable, latchId, by, reason, atMs };
    }
  } catch (error) {
    set({ by: 'latch file', reason: `unreadable: ${describeError(error)}`, atMs: options.nowMs });
  }

  return {
    current: () => reading,
    set,
    clear: (latchId) => {
      if (!reading.latched) return { kind: 'not_current', latchId: null };
      if (reading.latchId !== latchId) return { kind: 'not_current', latchId: reading.latchId };
      const why = write({ state: 'clear' });
      if (why !== null) {
        reading = { ...reading, durable: false };
        return { kind: 'not_durable', why };
      }
      reading = { latched: false };
      return { kind: 'cleared' };
    },
    close: () => {
      if (file !== null) disk.close(file.fd);
      file = null;
    },
  };
}

/** Reads the latch of an account and changes nothing; what can't be read counts as latched. Missing before the first start. */
export function peekLatch(
  path: string,
  disk: Disk = realDisk,
): { readonly kind: 'clear' | 'missing' } | { readonly kind: 'latched'; readonly latchId: string | null } {
  let fd: number | null = null;
  try {
    const check = checkPrivateFile(path, disk);
    if (check.kind === 'missing') return { kind: 'missing' };
    if (check.kind === 'refused') return { kind: 'latched', latchId: null };
    fd = disk.open(path, constants.O_RDONLY, 0);
    const block = readBlock(fd, disk);
    return block.state === 'clear' ? { kind: 'clear' } : { kind: 'latched', latchId: block.latchId };
  } catch {
    return { kind: 'latched', latchId: null };
  } finally {
    if (fd !== null) disk.close(fd);
  }
}

const blockSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('clear') }),
  z.strictObject({
    state: z.literal('latched'),
    latchId: z.string().min(1),
    by: z.string(),
    reason: z.string(),
    atMs: z.number(),
  }),
]);
type Block = z.infer<typeof blockSchema>;

interface OpenFile {
  readonly fd: number;
  readonly inode: number;
}

/** Held open, so that a stop needs no new descriptor; opened again, or made anew, when the path shows another file. */
function reopened(path: string, file: OpenFile | null, disk: Disk): OpenFile {
  const check = checkPrivateFile(path, disk);
  if (check.kind === 'refused') throw new Error(check.why);
  if (file !== null && disk.lookup(path)?.inode === file.inode) return file;
  if (file !== null) disk.close(file.fd);
  if (check.kind === 'missing') create(path, disk);
  const fd = disk.open(path, constants.O_RDWR, 0);
  return { fd, inode: disk.facts(fd).inode };
}

function create(path: string, disk: Disk): void {
  const directory = ensurePrivateDirectory(dirname(path), disk);
  if (directory.kind === 'refused') throw new Error(directory.why);
  replaceFile(path, formatBlock({ state: 'clear' }), disk);
  disk.syncDirectory(dirname(path));
}

function readBlock(fd: number, disk: Disk): Block {
  const { size } = disk.facts(fd);
  if (size !== LATCH_BYTES) throw new Error(`${size} bytes, expected ${LATCH_BYTES}`);
  const bytes = new Uint8Array(LATCH_BYTES);
  if (disk.read(fd, bytes, 0) !== LATCH_BYTES) throw new Error('short read');
  return blockSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
}

/** In place: no new block is asked of the disk. */
function writeBlock(fd: number, block: Block, disk: Disk): void {
  writeAll(disk, fd, formatBlock(block), 0);
  if (disk.facts(fd).size !== LATCH_BYTES) disk.truncate(fd, LATCH_BYTES);
  disk.fdatasync(fd);
}

function formatBlock(block: Block): Uint8Array {
  const bytes = new Uint8Array(LATCH_BYTES).fill(0x20);
  bytes.set(new TextEncoder().encode(JSON.stringify(block)));
  bytes[LATCH_BYTES - 1] = 0x0a;
  return bytes;
}

/** At most 80 ASCII characters, so that the block always fits. */
function limit(text: string): string {
  return escapeText(text, 80)
    .replace(/[^ -~]/g, '?')
    .slice(0, 80);
}

/** The head record: the journal's last line as remembered beside the lock and the latch, outside the state directory. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { type ChainHead, GENESIS } from './chain.ts';
import { type Disk, realDisk } from './disk.ts';
import {
  checkPrivateFile,
  describeError,
  ensurePrivateDirectory,
  readPrivateFile,
  replaceFile,
} from './files.ts';

const headSchema = z.strictObject({
  schema_version: z.literal(1),
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What the head record says. */
export type HeadReading =
  | { readonly kind: 'ok'; readonly head: ChainHead }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads the head record; never throws. */
export function readHead(path: string, disk: Disk = realDisk): HeadReading {
  try {
    const text = readPrivateFile(path, 1024, disk);
    if (text === null) return { kind: 'missing' };
    const { seq, hash } = headSchema.parse(JSON.parse(text));
    return { kind: 'ok', head: { seq, hash } };
  } catch (error) {
    return { kind: 'bad', why: `head record ${path}: ${describeError(error)}` };
  }
}

/** Replaces the head record at once and durably. Throws what the disk throws. */
export function writeHead(path: string, head: ChainHead, disk: Disk = realDisk): void {
  replaceFile(path, `${JSON.stringify({ hash: head.hash, schema_version: 1, seq: head.seq })}\n`, disk);
}

/** Makes the head record's directory and the first record (no line yet) when there is none. Throws on refusal. */
export function createHead(path: string, disk: Disk = realDisk): void {
  const directory = ensurePrivateDirectory(dirname(path), disk);
  if (directory.kind === 'refused') throw new Error(directory.why);
  if (checkPrivateFile(path, disk).kind !== 'missing') return;
  writeHead(path, GENESIS, disk);
  disk.syncDirectory(dirname(path));
}

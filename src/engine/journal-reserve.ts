/**
 * The journal's last words: a file beside it whose blocks were all written once, so that a full disk can't refuse what
 * must still be said after the journal itself failed: a stop, the outcome of a write on the wire.
 *
 * Lines go into it in place, chained like all others, and into the journal at the next start. It gives no room back to the
 * disk, so nobody else can fill it. (On a file system that copies on write it may fail like the journal.)
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { AuditEntry, AuditEventType } from './audit-record.ts';
import type { ChainHead } from './chain.ts';
import type { Disk } from './disk.ts';
import { checkPrivateFile, replaceFile, writeAll } from './files.ts';
import { TouchedError } from './journal-touched.ts';

/** How long the file is, in bytes: some hundred lines. */
export const RESERVE_BYTES = 131_072;

/** Where the journal stood when it failed: its last acknowledged line, and where that one ends. */
export interface ReserveBase extends ChainHead {
  readonly size: number;
}

/** What an earlier process left in it. */
export interface ReserveContent {
  readonly base: ReserveBase;
  /** Whole lines with their ends, in order; unchecked. */
  readonly lines: readonly string[];
}

/** An open reserve. */
export interface Reserve {
  /** What was in it when it was opened; null when nothing was. */
  readonly kept: ReserveContent | null;
  /**
   * Writes whole lines durably after those that are there; throws when they don't fit, the disk doesn't take them, or somebody
   * else has written there: of two whose disk fails one alone may be told that its words are kept.
   */
  readonly append: (base: ReserveBase, bytes: Uint8Array) => void;
  /** Throws when somebody else has begun to write there, whose lines go into the journal where this process is writing now. */
  readonly expectUntouched: () => void;
  /**
   * Empties it durably, also what was found empty: whoever emptied it may have died before the sync, and lines that come back
   * with the power may follow nothing by then.
   */
  readonly clear: () => void;
  readonly close: () => void;
}

/** Tells whether a line is worth the reserve: it ends something, and no write follows from it. */
export function isLastWord({ event_type }: Pick<AuditEntry, 'event_type'>): boolean {
  return LAST_WORDS.includes(event_type);
}

const LAST_WORDS: readonly AuditEventType[] = [
  'STOP_LATCHED',
  'STOP_CLEARED',
  'REMEDIATE_RESULT',
  'STAGE_CHANGED',
  'STAGE_EVIDENCE',
];

/** Names the reserve of a journal. */
export function reservePath(path: string): string {
  return `${path}.reserve`;
}

/** Opens the reserve, made anew when it isn't there. Throws what the disk throws, and when there is no room for it. */
export function openReserve(path: string, disk: Disk): Reserve {
  const check = checkPrivateFile(path, disk);
  if (check.kind === 'refused') throw new Error(check.why);
  if (check.kind === 'missing') {
    replaceFile(path, BLANK, disk);
    disk.syncDirectory(dirname(path));
  }
  const fd = disk.open(path, constants.O_RDWR, 0);
  const kept = check.kind === 'missing' ? null : readContent(fd, disk);
  /** What lies there before this process says anything. */
  let found: Uint8Array = readAll(fd, RESERVE_BYTES, disk);
  /** What lies there of this process's, durably. */
  let said: Uint8Array = new Uint8Array(0);
  /** False once something of its own may lie there that it could not write to its end. */
  let isSure = true;
  return {
    kept,
    append: (base, bytes) => {
      const header =
        said.length === 0 ? new TextEncoder().encode(`${JSON.stringify(base)}\n`) : new Uint8Array(0);
      const whole = Buffer.concat([header, bytes]);
      if (said.length + whole.length > RESERVE_BYTES) throw new Error('the reserve is full');
      const expected = said.length === 0 ? found : said;
      if (isSure && !Buffer.from(expected).equals(readAll(fd, expected.length, disk)))
        throw new Error('another process has written into the reserve');
      isSure = false;
      writeAll(disk, fd, whole, said.length);
      disk.fdatasync(fd);
      isSure = true;
      said = Buffer.concat([said, whole]);
    },
    expectUntouched: () => {
      const began = (said.length === 0 ? found : said).subarray(0, HEADER_BYTES);
      if (!Buffer.from(began).equals(readAll(fd, began.length, disk)))
        throw new TouchedError('another process has said its last words into the reserve');
    },
    clear: () => {
      if (kept !== null) {
        writeAll(disk, fd, BLANK, 0);
        if (disk.facts(fd).size !== RESERVE_BYTES) disk.truncate(fd, RESERVE_BYTES);
        found = BLANK;
      }
      disk.fdatasync(fd);
      said = new Uint8Array(0);
      isSure = true;
    },
    close: () => disk.close(fd),
  };
}

/** In so many the header of one process differs from that of another, and from none. */
const HEADER_BYTES = 128;

const BLANK = new Uint8Array(RESERVE_BYTES).fill(0x20);

const baseSchema = z.strictObject({
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
});

/** A header that can't be read was not written to its end, and then nobody was told of a line. */
function readContent(fd: number, disk: Disk): ReserveContent | null {
  const bytes = readAll(fd, Math.min(disk.facts(fd).size, RESERVE_BYTES), disk);
  const [header = '', ...lines] = new TextDecoder().decode(bytes).split('\n');
  const base = baseSchema.safeParse(parse(header));
  return base.success ? { base: base.data, lines: lines.slice(0, -1).map((line) => `${line}\n`) } : null;
}

/** The first bytes, or as many as there are. */
function readAll(fd: number, count: number, disk: Disk): Uint8Array {
  const bytes = new Uint8Array(count);
  let length = 0;
  for (let got = -1; got !== 0 && length < count; length += got)
    got = disk.read(fd, bytes.subarray(length), length);
  return bytes.subarray(0, length);
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

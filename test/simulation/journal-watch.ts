/**
 * Reads the audit from the disk as it is synced, with a reader of its own: chain, numbers, and what was promised of each
 * write. Knows nothing of the program's journal but its format.
 */
import { createHash } from 'node:crypto';
import type { Inode } from './inode.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { Owner } from './timeline.ts';

/** One line, as far as the observer cares. */
export interface WatchedLine {
  readonly seq: number;
  readonly hash: string;
  readonly prev: string;
  readonly ts_ms: number;
  readonly event_type: string;
  readonly status: string | null;
  readonly run_id: string;
  readonly symbols: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** An intent as its durable lines tell. */
export interface WatchedIntent {
  readonly id: string;
  readonly symbol: string;
  readonly requestHash: string;
  readonly runId: string;
  readonly notionalUsdt: number;
  outcome: 'open' | 'unknown' | 'ended';
  /** A line says that the exchange refused it. */
  refused: boolean;
}

export interface JournalWatch {
  /** Takes the bytes that a process synced since. */
  readonly synced: (inode: Inode, owner: Owner) => void;
  /** Checks what lies there, all files together, against what was acknowledged; for a start. */
  readonly recheck: (text: string) => void;
  readonly acknowledged: (seq: number, hash: string) => void;
  readonly intents: ReadonlyMap<string, WatchedIntent>;
  readonly lines: () => number;
  /** Intents that have not ended. */
  readonly unresolved: () => number;
}

export interface JournalWatchDeps {
  readonly fail: (rule: string, text: string) => void;
  readonly onLine: (line: WatchedLine, text: string, owner: Owner) => void;
}

const GENESIS = '0'.repeat(64);

/** Starts before the first line. */
export function createJournalWatch({ fail, onLine }: JournalWatchDeps): JournalWatch {
  const intents = new Map<string, WatchedIntent>();
  const resolved = new Set<string>();
  const hashes: string[] = [];
  const words = new Map<number, string>();
  let offset = 0;
  let unresolved = 0;
  let head = { seq: 0, hash: GENESIS };
  let promised = { seq: 0, hash: GENESIS };

  function take(text: string, owner: Owner): void {
    const line = checkLine(text, head, fail);
    if (line === null) return;
    head = { seq: line.seq, hash: line.hash };
    hashes.push(line.hash);
    if ((words.get(line.seq) ?? line.hash) !== line.hash)
      fail('S9', `line ${line.seq} was acknowledged as a last word, and is another one`);
    words.delete(line.seq);
    note(line);
    onLine(line, text, owner);
  }

  function isKnown(text: string): boolean {
    const { seq, hash }: WatchedLine = JSON.parse(text);
    return hashes[seq - 1] === hash;
  }

  function note(line: WatchedLine): void {
    const { details, status } = line;
    if (status === 'INTENT') {
      const id = String(details['intent_id']);
      if (intents.has(id)) fail('S4', `intent ${id} was written twice`);
      const requestHash = String(details['request_hash']);
      const symbol = String(details['symbol']);
      unresolved += 1;
      const notionalUsdt = Number(details['notional_usdt']);
      const fresh = { outcome: 'open', refused: false } as const;
      intents.set(id, { id, symbol, requestHash, runId: line.run_id, notionalUsdt, ...fresh });
    } else if (line.event_type === 'REMEDIATE_RESULT') {
      outcome(details, status);
    }
  }

  function outcome(details: WatchedLine['details'], status: string | null): void {
    const resolves = details['resolves'];
    if (typeof resolves === 'string') {
      if (resolved.has(resolves)) fail('S19', `intent ${resolves} was resolved twice`);
      resolved.add(resolves);
      end(resolves, 'ended', ['open', 'unknown']);
    } else if (status !== null && typeof details['intent_id'] === 'string') {
      end(details['intent_id'], status === 'UNKNOWN' ? 'unknown' : 'ended', ['open']);
      const intent = intents.get(details['intent_id']);
      if (intent !== undefined) intent.refused = status === 'REJECTED';
    }
  }

  function end(id: string, to: 'unknown' | 'ended', from: readonly string[]): void {
    const intent = intents.get(id);
    if (intent === undefined) fail('S1', `an outcome without an intent: ${id}`);
    else if (!from.includes(intent.outcome)) fail('S19', `intent ${id} was ${intent.outcome} and is ${to}`);
    else {
      if (to === 'ended') unresolved -= 1;
      intent.outcome = to;
    }
  }

  return {
    intents,
    lines: () => head.seq,
    unresolved: () => unresolved,
    acknowledged: (seq, hash) => {
      if (hashes[seq - 1] === hash) promised = { seq, hash };
      // A last word after a failure lies beside the file; the next process takes it in, before anything else.
      else if (seq > head.seq) words.set(seq, hash);
      else fail('S9', `line ${seq} was acknowledged, and another one is on disk`);
    },
    synced: (inode, owner) => {
      // Rotated: its lines are in another file, and it begins anew.
      if (inode.size < offset) offset = 0;
      const isFromItsBeginning = offset === 0;
      const bytes = inode.bytes.subarray(offset, inode.size);
      const end = bytes.lastIndexOf(0x0a);
      if (end < 0) return;
      offset += end + 1;
      const texts = Buffer.from(bytes.subarray(0, end)).toString('utf8').split('\n');
      // A rotation that was undone brings the lines back that were there before it.
      const first = isFromItsBeginning ? texts.findIndex((text) => !isKnown(text)) : 0;
      if (first >= 0) for (const text of texts.slice(first)) take(text, owner);
    },
    recheck: (text) => {
      if (promised.seq > 0 && !text.includes(`"hash":"${promised.hash}"`))
        fail('S9', `acknowledged line ${promised.seq} is not on disk after a restart`);
    },
  };
}

function checkLine(
  text: string,
  head: { readonly seq: number; readonly hash: string },
  fail: JournalWatchDeps['fail'],
): WatchedLine | null {
  const parsed: WatchedLine = JSON.parse(text);
  const { hash } = parsed;
  const own = createHash('sha256')
    .update(text.replace(`"hash":"${hash}",`, ''))
    .digest('hex');
  if (parsed.seq !== head.seq + 1)
    fail('S9', `line ${parsed.seq} ${parsed.event_type} follows line ${head.seq}`);
  else if (parsed.prev !== head.hash) fail('S9', `line ${parsed.seq} does not hold the hash before it`);
  else if (hash !== own) fail('S9', `line ${parsed.seq} has a hash that is not its own`);
  else return parsed;
  return null;
}

/** Every line of the audit as it lies on the disk, rotated files first. */
export function auditTextOn(disk: MemoryDisk, auditPath: string): string {
  const rotated = disk
    .paths()
    .filter((path) => path.startsWith(auditPath) && /^\.\d{10,}$/.test(path.slice(auditPath.length)));
  return [...rotated.sort(), auditPath]
    .map((path) => {
      const inode = disk.find(path);
      return inode === undefined ? '' : Buffer.from(inode.bytes.subarray(0, inode.size)).toString('utf8');
    })
    .join('');
}

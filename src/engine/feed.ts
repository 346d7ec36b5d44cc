/**
 * Tails the expected-state feed: by offset, through rotation, truncation and half lines. Reads only.
 *
 * The file is opened without following links; neither it nor its directory may be writable by others. What can't be
 * read is a fault of the picture, never an empty picture.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from './clock.ts';
import { type Disk, realDisk } from './disk.ts';
import { escapeText } from './escape.ts';
import { applyLine, type ExpectedDraft, type FeedIdentity, nothingExpected, withFault } from './expected.ts';
import { createViewer } from './expected-picture.ts';
import { feedLineSchema } from './feed-schema.ts';
import type { ExpectedState } from './types.ts';

export interface FeedOptions {
  readonly path: string;
  readonly identity: FeedIdentity;
  readonly clock: Clock;
  readonly settleMs: number;
  /** Owner the file must have; 0 (root) is always accepted. */
  readonly uid: number;
  readonly disk?: Disk;
}

/** A feed being read. */
export interface Feed {
  /** Reads what was appended since the last call; never throws. True when the picture changed, heartbeats aside. */
  readonly poll: () => boolean;
  readonly state: () => ExpectedState;
  /** Why the file can't be read at all, or null. */
  readonly problem: () => string | null;
  /** The last poll ended before the end: what was written since is not in the picture, however fresh that looks. */
  readonly isBehind: () => boolean;
  readonly close: () => void;
}

const CHUNK_BYTES = 1 << 17;
/** A longer line is garbage: a checkpoint of 100,000 orders has some 20 MB. */
const MAX_LINE_CHARS = 32 * (1 << 20);
/** No poll goes on after so much or so long, so that weeks of a feed, read at the start, can't hold up a stop. */
const POLL_BYTES = 8 * (1 << 20);
const POLL_MS = 40;

/** Starts tailing; a missing file is a problem that heals when it appears. */
export function openFeed(options: FeedOptions): Feed {
  const disk = options.disk ?? realDisk;
  const view = createViewer(options.settleMs);
  let draft: ExpectedDraft = nothingExpected();
  let problem: string | null = 'not read yet';
  let open: { fd: number; inode: number; offset: number } | null = null;
  let decoder = new StringDecoder('utf8');
  let half = '';
  // Inside a line that is too long: everything up to its end is dropped.
  let skipping = false;
  let changed = false;
  let behind = false;

  const now = () => ({ nowMs: options.clock.wallMs(), nowMonoMs: options.clock.monoMs() });

  function takeText(text: string): void {
    // A checkpoint comes in hundreds of pieces: what is there of it is not looked through again with each.
    const lines = text.includes('\n') ? (half + text).split('\n') : [half + text];
    half = lines.pop() ?? '';
    for (const line of lines) {
      if (skipping) skipping = false;
      else if (line.length > MAX_LINE_CHARS) tooLong();
      else if (line.trim() !== '') draft = takeLine(draft, line);
    }
    if (!skipping && half.length > MAX_LINE_CHARS) {
      skipping = true;
      tooLong();
    }
    if (skipping) half = '';
  }

  function tooLong(): void {
    changed = true;
    draft = withFault(draft, 'a line over 32 MiB');
  }

  function takeLine(state: ExpectedDraft, text: string): ExpectedDraft {
    const parsed = parseLine(text);
    if (!parsed.ok || parsed.line.type !== 'heartbeat') changed = true;
    return parsed.ok
      ? applyLine(state, parsed.line, options.identity, now())
      : withFault(state, `a line that can't be read: ${parsed.problem}`);
  }

  function letGo(): void {
    if (open !== null) disk.close(open.fd);
    open = null;
    startOver();
  }

  function startOver(): void {
    decoder = new StringDecoder('utf8');
    half = '';
    skipping = false;
  }

  function reopen(): string | null {
    letGo();
    const refused = checkPlace(options, disk);
    if (refused !== null) return refused;
    const fd = disk.open(options.path, constants.O_RDONLY | constants.O_NONBLOCK, 0);
    open = { fd, inode: disk.facts(fd).inode, offset: 0 };
    return null;
  }

  function poll(): boolean {
    const before = problem;
    changed = false;
    read();
    return changed || problem !== before;
  }

  function read(): void {
    try {
      const rotated = open === null || hasMoved(options.path, open, disk);
      // What is left of the old file comes before the new one, however many polls it takes.
      behind = rotated && !readOn();
      if (behind) return;
      // Looked at every time: a file that was private may have been opened to others since.
      problem = rotated ? reopen() : checkPlace(options, disk);
      if (problem === null) behind = !readOn();
      else letGo();
    } catch (error) {
      letGo();
      problem = `can't read ${options.path}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Whether the end was reached. */
  function readOn(): boolean {
    if (open === null) return true;
    const { size } = disk.facts(open.fd);
    if (size < open.offset) {
      changed = true;
      draft = withFault(draft, 'the file was truncated');
      open.offset = 0;
      startOver();
    }
    const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(1, size - open.offset)));
    const untilMonoMs = options.clock.monoMs() + POLL_MS;
    for (let taken = 0; taken < POLL_BYTES && options.clock.monoMs() <= untilMonoMs; ) {
      const read = disk.read(open.fd, buffer, open.offset);
      if (read === 0) return true;
      open.offset += read;
      taken += read;
      takeText(decoder.write(buffer.subarray(0, read)));
    }
    return open.offset >= disk.facts(open.fd).size;
  }

  return {
    poll,
    state: () => view(draft, now()),
    problem: () => problem,
    isBehind: () => behind,
    close: () => {
      letGo();
      problem = 'closed';
    },
  };
}

type ParsedLine =
  | { readonly ok: true; readonly line: ReturnType<typeof feedLineSchema.parse> }
  | { readonly ok: false; readonly problem: string };

/** Parses one line against the schema; the problem is short and escaped. */
export function parseLine(text: string): ParsedLine {
  if (text.includes('\uFFFD')) return { ok: false, problem: 'not UTF-8' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: `not JSON: ${escapeText(text, 60)}` };
  }
  const result = feedLineSchema.safeParse(json);
  if (result.success) return { ok: true, line: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: escapeText(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, 120) };
}

function hasMoved(path: string, open: { readonly inode: number }, disk: Disk): boolean {
  return disk.lookup(path)?.inode !== open.inode;
}

function checkPlace({ path, uid }: FeedOptions, disk: Disk): string | null {
  const file = disk.lookup(path);
  if (file === null) return `no file ${path} yet: the trading engine has not written its expected state`;
  const directory = disk.lookup(dirname(path));
  if (file.kind !== 'file') return `${path} is not a regular file (links are not followed)`;
  if (directory === null) return `the directory of ${path} is gone`;
  for (const [what, one] of [
    [path, file],
    [dirname(path), directory],
  ] as const) {
    if ((one.mode & 0o022) !== 0)
      return `${what} is writable by others (mode ${(one.mode & 0o777).toString(8)}): chmod go-w it`;
    if (one.ownerUid !== uid && one.ownerUid !== 0)
      return `${what} belongs to user ${one.ownerUid}, not to ${uid}`;
  }
  return null;
}

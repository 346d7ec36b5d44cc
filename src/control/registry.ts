/** What running daemons leave beside their sockets, so that `grinder stop` finds every one of a user. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseRegistryEntry, type RegistryEntry } from '../launch/registry.ts';
import { type Probe, probeSocket } from './socket-file.ts';

/** A daemon's entry with the time at which it began. */
export interface DaemonEntry extends RegistryEntry {
  readonly startedAtMs: number;
}

/** An entry that was found, and whether somebody listens at its socket; `stale` means that nobody does. */
export interface FoundDaemon {
  readonly path: string;
  readonly entry: DaemonEntry;
  readonly probe: Probe;
  readonly stale: boolean;
}

/** Writes the entry (mode 0600, replacing the file at once); throws what the file system throws. */
export function writeRegistryEntry(path: string, entry: DaemonEntry): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${entry.pid}.tmp`;
  try {
    writeFileSync(fresh, formatEntry(entry), { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** Removes the entry when it is still this process's own; a missing one is fine. */
export function removeRegistryEntry(path: string, pid: number): void {
  if (isRegistered(path, pid)) rmSync(path, { force: true });
}

/** Tells whether an entry is there and this process's own. */
export function isRegistered(path: string, pid: number): boolean {
  return readEntry(path)?.pid === pid;
}

/**
 * Finds the daemons that registered in these directories, in order of their files' names, each socket once: by the entry of
 * the one that began last.
 *
 * Only a real directory of this user that others can't write to counts: another's would name sockets of their choosing.
 */
export async function listDaemons(
  directories: readonly string[],
  uid: number,
): Promise<readonly FoundDaemon[]> {
  const paths = directories.flatMap((directory) => entryFiles(directory, uid));
  const entries = paths.flatMap((path) => {
    const entry = readEntry(path);
    return entry === null ? [] : [{ path, entry }];
  });
  const newest = new Map<string, (typeof entries)[number]>();
  for (const found of entries) {
    const known = newest.get(found.entry.socketPath);
    // What one left that was killed names a process and a directory of nobody's.
    if (known === undefined || known.entry.startedAtMs <= found.entry.startedAtMs)
      newest.set(found.entry.socketPath, found);
  }
  return Promise.all(
    [...newest.values()].map(async (found) => {
      const probe = await probeSocket(found.entry.socketPath);
      return { ...found, probe, stale: probe === 'refused' || probe === 'absent' };
    }),
  );
}

function formatEntry(entry: DaemonEntry): string {
  return `${JSON.stringify({
    schema_version: 1,
    pid: entry.pid,
    host: entry.host,
    account: entry.account,
    environment: entry.environment,
    config_path: entry.configPath,
    socket_path: entry.socketPath,
    state_dir: entry.stateDir,
    started_at_ms: entry.startedAtMs,
  })}\n`;
}

const startSchema = z.object({ started_at_ms: z.number() });

function readEntry(path: string): DaemonEntry | null {
  try {
    const text = readFileSync(path, 'utf8');
    const entry = parseRegistryEntry(text);
    if (entry === null) return null;
    const start = startSchema.safeParse(JSON.parse(text));
    return { ...entry, startedAtMs: start.success ? start.data.started_at_ms : 0 };
  } catch {
    return null;
  }
}

function entryFiles(directory: string, uid: number): readonly string[] {
  try {
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (found === undefined || !found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0)
      return [];
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

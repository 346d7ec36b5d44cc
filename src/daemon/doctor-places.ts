/** What the doctor finds out about places: files, directories, sockets and the metrics port. Changes nothing that stays. */

import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Account } from '../config/account.ts';
import type { Settings } from '../config/load.ts';
import type { StatusDocument } from '../control/protocol.ts';
import type { Clock } from '../engine/clock.ts';
import { tryDirectory } from '../engine/directory-trial.ts';
import { type Disk, realDisk } from '../engine/disk.ts';
import { feedAgeMs } from '../engine/expected.ts';
import { openFeed } from '../engine/feed.ts';
import { checkOwnDirectory, checkPrivateFile } from '../engine/files.ts';
import { peekLatch } from '../engine/latch.ts';
import { type LockHolder, peekLock } from '../engine/lock.ts';
import { type PrerequisiteFacts, prerequisite } from '../engine/prerequisites.ts';
import { stopFilePresent } from '../engine/stop-file.ts';
import type { Criterion } from '../engine/types.ts';
import type { Places } from '../launch/places.ts';
import { keptElsewhere } from './kept-elsewhere.ts';
import { freeSpace } from './place-facts.ts';

/** Whether the audit's directory takes a write and syncs it, and the room it has. */
export function tryAudit(
  places: Places,
  disk: Disk = realDisk,
): { readonly problem: string | null; readonly disk: PrerequisiteFacts['disk'] } {
  const tried = tryDirectory(dirname(places.auditPath), (directory) => freeSpace(directory, disk), disk);
  return tried.ok
    ? { problem: null, disk: tried.measured }
    : { problem: tried.why, disk: { why: 'the directory of the audit takes no write' } };
}

/** Which of the daemon's directories and sockets others could use; what isn't there yet is made private at the start. */
export function openPlaces(places: Places, accountDirectory: string | null): PrerequisiteFacts['modes'] {
  const directories = [places.stateDir, dirname(places.auditPath), dirname(places.socketPath)];
  const all = accountDirectory === null ? directories : [...directories, accountDirectory];
  const refused = all.flatMap((path) => {
    const check = checkOwnDirectory(path);
    return check.kind === 'refused' ? [check.why] : [];
  });
  const sockets = [places.socketPath, places.feedPath].filter(
    (path) => ((realDisk.lookup(path)?.mode ?? 0) & 0o077) !== 0,
  );
  return { open: [...refused, ...sockets] };
}

/** Whether every file that holds a secret is the user's alone. */
export function keyFiles(places: Places, accountProblem: string | null): Criterion {
  const title = 'files with secrets';
  const bad = places.keyFiles.flatMap((path) => {
    const check = checkPrivateFile(path);
    if (check.kind === 'ok') return [];
    return [check.kind === 'missing' ? `${path} is missing` : check.why];
  });
  const problem = bad.length > 0 ? bad.join('; ') : accountProblem;
  if (problem !== null) return prerequisite('key_files', title, 'FAIL', problem);
  const figure = places.keyFiles.length === 0 ? 'none needed' : `${places.keyFiles.length}, private`;
  return prerequisite('key_files', title, 'PASS', figure);
}

/** Who works on the account; `ours` is this configuration's daemon. */
export function accountLock(
  { directory, otherDirectories }: Pick<Account, 'directory' | 'otherDirectories'>,
  ours: Ours | null,
): Criterion {
  const title = 'one process on the account';
  const elsewhere = ours === null ? keptElsewhere(directory, otherDirectories) : null;
  if (elsewhere !== null) return prerequisite('account_lock', title, 'FAIL', elsewhere.problem);
  const lock = peekLock(join(directory, 'lock.sqlite'));
  if (lock.kind === 'unknown') return prerequisite('account_lock', title, 'INCONCLUSIVE', lock.why);
  if (lock.kind === 'free') return prerequisite('account_lock', title, 'PASS', 'free');
  const own = isOurs(lock.holder, ours);
  return prerequisite(
    'account_lock',
    title,
    own ? 'PASS' : 'FAIL',
    `held by ${own ? 'this daemon' : lock.words}`,
  );
}

/** What is known of a stop besides the latch's file. */
interface ToldStop {
  /** As this configuration's daemon has it, which may be in memory alone; null when none runs. */
  readonly daemon: StatusDocument['latch'] | null;
  /** The one that stands by a sound audit, for which a start latches too. */
  readonly audit: string | null;
}

/** Whether a stop keeps everything down. */
export function stopLatch(places: Places, directory: string, { daemon, audit: told }: ToldStop): Criterion {
  const title = 'no stop is latched';
  if (daemon?.latched === true)
    return prerequisite('stop_latch', title, 'FAIL', `${daemon.text} ${daemon.id ?? ''}`);
  if (stopFilePresent(places.stateDir))
    return prerequisite('stop_latch', title, 'FAIL', `a file STOP in ${places.stateDir}`);
  const latch = peekLatch(join(directory, 'latch'));
  if (latch.kind === 'latched')
    return prerequisite('stop_latch', title, 'FAIL', `latched: ${latch.latchId ?? 'unreadable'}`);
  return told === null
    ? prerequisite('stop_latch', title, 'PASS', 'clear')
    : prerequisite('stop_latch', title, 'FAIL', `stop ${told} of the audit, which its latch did not keep`);
}

/** Whether /metrics can be served; `inUse` is where this configuration's daemon serves it already. */
export async function metricsPort(places: Places, inUse: string | null): Promise<Criterion> {
  const title = 'metrics port';
  const { metricsHost: host, metricsPort: port } = places;
  if (host === null || port === null) return prerequisite('metrics_port', title, 'FAIL', 'not host:port');
  if (inUse !== null) return prerequisite('metrics_port', title, 'PASS', `served by this daemon: ${inUse}`);
  const problem = await listenBriefly(host.replace(/^\[|\]$/g, ''), port);
  const at = `${host}:${port}`;
  return problem === null
    ? prerequisite('metrics_port', title, 'PASS', `${at} free`)
    : prerequisite('metrics_port', title, 'FAIL', `${at}: ${problem}`);
}

/** What the expected state says of itself, and whether others could write it. */
export function expectedFeed(
  settings: Settings,
  places: Places,
  from: { readonly clock: Clock; readonly accountName: string },
): Criterion {
  const title = 'expected state of the engine';
  const { source, settleMs, account, staleAfterMs } = settings.expectedState;
  const say = (verdict: Criterion['verdict'], figure: string) => prerequisite('feed', title, verdict, figure);
  if (source === 'socket') return say('INCONCLUSIVE', `posted to ${places.feedPath} once the daemon runs`);
  const path = places.expectedPath ?? '';
  if (realDisk.lookup(path) === null)
    return settings.embeddedSimulator
      ? say('PASS', "written by the simulator's trader once the daemon runs")
      : say('INCONCLUSIVE', `no file ${path} yet`);
  const identity = { account: account ?? from.accountName, environment: settings.exchange.environment };
  const feed = openFeed({ path, identity, clock: from.clock, settleMs, uid: process.getuid?.() ?? 0 });
  feed.poll();
  const state = feed.state();
  const ageMs = feedAgeMs(state, { nowMs: from.clock.wallMs(), nowMonoMs: from.clock.monoMs() });
  const problem = feed.problem();
  feed.close();
  if (problem !== null) return say('FAIL', problem);
  if (settings.embeddedSimulator) return say('PASS', 'private');
  if (state.fault !== null) return say('INCONCLUSIVE', state.fault);
  if (state.checkpoint === null) return say('INCONCLUSIVE', 'no checkpoint yet');
  const age = ageMs === null ? 'from the future' : `${(ageMs / 1000).toFixed(1)} s old`;
  const isFresh = ageMs !== null && ageMs < staleAfterMs;
  return say(isFresh ? 'PASS' : 'INCONCLUSIVE', `last line ${age} (limit ${staleAfterMs / 1000} s)`);
}

/** Which process a daemon is; containers on one machine may give the same number twice. */
interface Ours {
  readonly pid: number;
  readonly host: string;
}

function isOurs(holder: LockHolder | null, ours: Ours | null): boolean {
  return holder !== null && holder.pid === ours?.pid && holder.host === ours.host;
}

function listenBriefly(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

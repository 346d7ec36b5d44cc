/** Stops one daemon by every way there is: the socket, and when that is silent the STOP file and SIGUSR2. */
import { hostname } from 'node:os';
import { connectControl } from '../control/client.ts';
import type { CommandReply } from '../control/protocol.ts';
import { listDaemons } from '../control/registry.ts';
import { probeSocket } from '../control/socket-file.ts';
import type { StopOrder } from '../engine/latch.ts';
import { leaveStopFile } from '../engine/stop-file.ts';
import type { CliContext } from './context.ts';
import { whyStranger } from './daemon.ts';
import { type Holding, heldAccounts } from './held-accounts.ts';

/** A daemon that listens or holds an account, as far as it is known. */
export interface StopTarget {
  /** Empty for what doesn't say who it is. */
  readonly socketPath: string;
  /** Its socket takes connections. */
  readonly isServed: boolean;
  /** Where a STOP file helps; null when it isn't ours to know. */
  readonly stateDir: string | null;
  readonly account: string;
  readonly environment: string;
  readonly configPath: string | null;
  readonly pid: number | null;
  /** Where that number is this process's: a container has numbers of its own. Null when it didn't say. */
  readonly host: string | null;
}

/** How one daemon took the stop; `name` tells it from the others. */
export interface StopOutcome extends StopTarget {
  readonly name: string;
  readonly acknowledged: boolean;
  readonly text: string;
}

const ACK_PATIENCE_MS = 2000;

/**
 * Finds the daemons meant: those of this user, or the one of --config. Those whose socket takes connections, and those that
 * hold an account, whether or not they can be reached from here.
 */
export async function findTargets(context: CliContext): Promise<readonly StopTarget[]> {
  const { places } = context;
  const found = await listDaemons(places.registryDirs, context.uid);
  const listed = found
    .filter(({ stale }) => !stale)
    .map(({ entry }) => ({ ...entry, host: entry.host ?? null, isServed: true }));
  const held = [places.accountsBase, ...places.otherAccountsBases].flatMap(heldAccounts);
  const unlisted = held.filter(
    ({ account, holder }) =>
      !listed.some((one) => (holder === null ? one.account === account : one.socketPath === holder.socket)),
  );
  const registered: readonly StopTarget[] = [...listed, ...(await Promise.all(unlisted.map(holding)))];
  if (context.configFlagPath !== null) {
    const own = registered.filter(
      (target) =>
        target.configPath === context.configFlagPath ||
        (context.config !== null && target.socketPath === places.socketPath),
    );
    if (own.length > 0 || context.config === null) return own;
  }
  const hasOwn = registered.some((target) => target.socketPath === places.socketPath);
  const others = context.configFlagPath === null ? registered : [];
  // A stranger there would acknowledge a stop that stops nothing.
  const isOurs = !hasOwn && whyStranger(context) === null;
  return isOurs && (await isServed(places.socketPath)) ? [...others, unregistered(context)] : others;
}

/** The daemon behind the socket that the command line named; nothing else is known of it. */
export function socketTarget({ places }: CliContext): StopTarget {
  return {
    socketPath: places.socketPath,
    isServed: true,
    stateDir: null,
    account: 'unknown',
    environment: 'unknown',
    configPath: null,
    pid: null,
    host: null,
  };
}

async function holding({ account, holder }: Holding): Promise<StopTarget> {
  if (holder === null)
    return {
      ...{ socketPath: '', isServed: false, stateDir: null, account, environment: 'unknown' },
      ...{ configPath: null, pid: null, host: null },
    };
  const { environment = 'unknown', stateDir = null, configPath = null } = holder.daemon ?? {};
  const { socket: socketPath, pid, host } = holder;
  const known = { socketPath, stateDir, account, environment, configPath, pid, host };
  return { ...known, isServed: await isServed(socketPath) };
}

function unregistered({ places }: CliContext): StopTarget {
  return {
    socketPath: places.socketPath,
    isServed: true,
    stateDir: places.stateDir,
    account: 'unknown',
    environment: places.environment,
    configPath: places.configPath,
    pid: null,
    host: null,
  };
}

/** Sends the stop and waits two seconds for its acknowledgement. */
export async function stopDaemon(target: StopTarget, order: StopOrder): Promise<StopOutcome> {
  const name = nameOf(target);
  const reply =
    target.socketPath === '' ? 'it does not say who it is' : await askToStop(target.socketPath, order);
  if (typeof reply !== 'string') {
    const latch = reply.latch === undefined ? reply.message : `${reply.latch.text} ${reply.latch.id}`;
    // Latched in memory alone, or not at all: the file holds what a restart would forget.
    const text = reply.ok ? latch : `${latch}; ${leaveFile(target.stateDir, order)}`;
    return { ...target, name, acknowledged: reply.ok, text };
  }
  const text = `NOT ACKNOWLEDGED (${reply}); ${leaveFile(target.stateDir, order)}; ${signalStop(target)}`;
  return { ...target, name, acknowledged: false, text };
}

function nameOf({ environment, account, configPath, pid, stateDir, socketPath }: StopTarget): string {
  if (socketPath === '') return `whoever holds account ${account}`;
  if (stateDir === null && pid === null) return `the daemon behind ${socketPath}`;
  const process = pid === null ? '' : `, pid ${pid}`;
  return `${environment} account ${account} (${configPath ?? 'simulator defaults'}${process})`;
}

function leaveFile(stateDir: string | null, order: StopOrder): string {
  if (stateDir === null) return 'its state directory is not known';
  const left = leaveStopFile(stateDir, order);
  return left.ok ? `left ${stateDir}/STOP` : `could not leave ${stateDir}/STOP (${left.why})`;
}

async function askToStop(socketPath: string, order: StopOrder): Promise<CommandReply | string> {
  const client = connectControl(socketPath);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${ACK_PATIENCE_MS / 1000} s`), ACK_PATIENCE_MS);
  });
  const ack = client
    .sendStop({ operator: order.by, reason: order.reason })
    .ack.catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  try {
    return await Promise.race([ack, patience]);
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

/** Only a process whose socket takes connections is signalled: a pid alone may have been given to another since. */
function signalStop({ pid, isServed, host }: StopTarget): string {
  if (pid === null) return 'its pid is not known';
  // Here the number is somebody else's, whom the signal would end.
  if (host !== null && host !== hostname()) return `on ${host}: kill -USR2 ${pid} there`;
  if (!isServed) return `it can't be reached from here: kill -USR2 ${pid}`;
  try {
    process.kill(pid, 'SIGUSR2');
    return `sent SIGUSR2 to ${pid}`;
  } catch {
    return `SIGUSR2 is not permitted from here: kill -USR2 ${pid}`;
  }
}

async function isServed(socketPath: string): Promise<boolean> {
  const probe = await probeSocket(socketPath);
  return probe === 'answers' || probe === 'silent';
}

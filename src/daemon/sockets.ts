/** How the daemon is reached: its sockets, and the entry by which `grinder stop` finds it. */
import { dirname } from 'node:path';
import type { ControlTarget } from '../control/control.ts';
import { isRegistered, listDaemons, writeRegistryEntry } from '../control/registry.ts';
import { type ControlServer, startControlServer } from '../control/server.ts';
import { inodeOf } from '../control/socket-file.ts';
import { startStopSocket } from '../control/stop-socket.ts';
import { describeError } from '../engine/files.ts';
import type { Core } from './core.ts';
import type { FeedSource } from './feed-source.ts';

export type Sockets =
  | {
      readonly ok: true;
      readonly close: () => Promise<void>;
      /**
       * Looks whether sockets and entry are still where clients look for them, and serves anew what is gone; call it often. A
       * session's directory goes with its last login, and /tmp is tidied, while a daemon of `nohup` lives on: nobody could stop it.
       */
      readonly keep: () => Promise<void>;
    }
  | { readonly ok: false; readonly problem: string };

/** One socket, and who has listened there: the last one does, and connections of those before go on. */
interface Served {
  readonly path: string;
  readonly open: () => Promise<ControlServer>;
  readonly listeners: (() => Promise<void>)[];
  inode: number | null;
}

const LOOK_EVERY_MS = 2000;
/** Old listeners kept for the connections that they have. */
const MOST_LISTENERS = 4;

/** Opens control, the feed's and, when configured, the one for stopping alone; or none, and says why. */
export async function openSockets(core: Core, target: ControlTarget, source: FeedSource): Promise<Sockets> {
  const { notebook } = core;
  const served = socketsOf(core, target, source);
  let closed = false;
  let lookedMonoMs = core.clock.monoMs();
  let looking = false;

  const close = async (): Promise<void> => {
    closed = true;
    for (const { listeners } of served.toReversed())
      for (const one of listeners.splice(0).toReversed()) await one();
  };

  async function look(): Promise<void> {
    const problems: string[] = [];
    for (const one of served) {
      const problem = closed ? null : await serveAgain(core, one);
      if (problem !== null) problems.push(problem);
    }
    if (closed) return close();
    const entry = await registerAgain(core);
    if (entry !== null) problems.push(entry);
    const { places, identity } = core;
    const way = `stop it with a file STOP in ${places.stateDir} or kill -USR2 ${identity.pid}`;
    notebook.alarm('unreachable', problems.length === 0 ? null : `${problems.join('; ')}: ${way}`);
  }

  for (const one of served) {
    const problem = await listen(one);
    if (problem === null) continue;
    await close();
    return { ok: false, problem };
  }
  return {
    ok: true,
    close,
    keep: async () => {
      const now = core.clock.monoMs();
      if (closed || looking || now - lookedMonoMs < LOOK_EVERY_MS) return;
      lookedMonoMs = now;
      looking = true;
      await look().finally(() => {
        looking = false;
      });
    },
  };
}

function socketsOf(core: Core, target: ControlTarget, source: FeedSource): readonly Served[] {
  const { places, notebook, settings } = core;
  const { log } = notebook;
  const { socketPath, stopSocketPath } = places;
  const one = (path: string, open: Served['open']): Served => ({ path, open, listeners: [], inode: null });

  function openStopSocket(path: string) {
    const group = settings.control.stopGroup ?? null;
    const whose = group === null ? 'this user' : `group ${group}`;
    notebook.note('info', 'STOP_SOCKET', `stop and status are served to ${whose} on ${path}`);
    return startStopSocket({ socketPath: path, group, target, log });
  }

  return [
    one(socketPath, () => startControlServer({ socketPath, target, log })),
    ...(source.socketPath === null ? [] : [one(source.socketPath, () => source.serve(core))]),
    ...(stopSocketPath === null ? [] : [one(stopSocketPath, () => openStopSocket(stopSocketPath))]),
  ];
}

async function listen(one: Served): Promise<string | null> {
  const server = await one.open();
  if (!server.ok) return server.problem;
  one.listeners.push(server.close);
  one.inode = inodeOf(one.path);
  return null;
}

/** Serves a socket anew whose file is gone; says why it can't be, or who else is there now. */
async function serveAgain({ notebook }: Core, one: Served): Promise<string | null> {
  try {
    const inode = inodeOf(one.path);
    if (inode !== null && inode === one.inode) return null;
    if (inode !== null) return `something else is at the socket ${one.path} now`;
    // Before the new one: whoever closes may take away what is at the path.
    if (one.listeners.length >= MOST_LISTENERS) await one.listeners.shift()?.();
    const problem = await listen(one);
    if (problem === null)
      notebook.note('warn', 'SOCKET_BACK', `the socket ${one.path} was gone and is served again`);
    return problem;
  } catch (error) {
    return `the socket ${one.path} can't be looked at: ${describeError(error)}`;
  }
}

async function registerAgain(core: Core): Promise<string | null> {
  if (isRegistered(core.places.registryPath, core.identity.pid)) return null;
  return (await register(core))?.problem ?? null;
}

/** Why the entry can't be left, and the exit code of a start that ends by it. */
export interface Unregistered {
  readonly exitCode: number;
  readonly problem: string;
}

const CONFIG = 78;
const TEMPORARY = 75;

/**
 * Leaves the entry, by which `grinder stop` finds this daemon; null when it is there. One of another daemon that runs is not
 * replaced: two of one state directory would share it, and a stop would reach the second alone.
 */
export async function register({ places, identity, settings, clock }: Core): Promise<Unregistered | null> {
  const { registryPath, socketPath, stateDir } = places;
  try {
    const others = await listDaemons([dirname(registryPath)], identity.uid);
    const other = others.find((one) => one.path === registryPath && !one.stale);
    if (other !== undefined && other.entry.socketPath !== socketPath) {
      const { pid, account, configPath } = other.entry;
      const who = `process ${pid} (account ${account}, ${configPath ?? 'simulator defaults'})`;
      const problem = `the state directory ${stateDir} is in use by ${who}: name another with state_dir`;
      return { exitCode: TEMPORARY, problem };
    }
    writeRegistryEntry(registryPath, {
      pid: identity.pid,
      host: identity.host,
      account: identity.account,
      environment: settings.exchange.environment,
      configPath: places.configPath,
      socketPath,
      stateDir,
      startedAtMs: clock.wallMs(),
    });
    return null;
  } catch (error) {
    const why = describeError(error);
    return { exitCode: CONFIG, problem: `the registry entry ${registryPath} can't be written: ${why}` };
  }
}

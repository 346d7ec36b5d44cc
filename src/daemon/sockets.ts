/** How the daemon is reached: its sockets, and the entry by which `grinder stop` finds it. */
import { dirname } from 'node:path';
import type { ControlTarget } from '../control/control.ts';
import { listDaemons, writeRegistryEntry } from '../control/registry.ts';
import { startControlServer } from '../control/server.ts';
import { startStopSocket } from '../control/stop-socket.ts';
import type { Core } from './core.ts';
import type { FeedSource } from './feed-source.ts';

export type Sockets =
  | { readonly ok: true; readonly close: () => Promise<void> }
  | { readonly ok: false; readonly problem: string };

/** Opens control, the feed's and, when configured, the one for stopping alone; or none, and says why. */
export async function openSockets(core: Core, target: ControlTarget, source: FeedSource): Promise<Sockets> {
  const { places, notebook, settings } = core;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).toReversed()) await one();
  };
  const log = notebook.log;
  const { stopSocketPath } = places;
  const openings = [
    () => startControlServer({ socketPath: places.socketPath, target, log }),
    () => source.serve(notebook),
    ...(stopSocketPath === null ? [] : [() => openStopSocket(stopSocketPath)]),
  ];

  function openStopSocket(socketPath: string) {
    const group = settings.control.stopGroup ?? null;
    const whose = group === null ? 'this user' : `group ${group}`;
    notebook.note('info', 'STOP_SOCKET', `stop and status are served to ${whose} on ${socketPath}`);
    return startStopSocket({ socketPath, group, target, log });
  }

  for (const open of openings) {
    const server = await open();
    if (!server.ok) {
      await close();
      return server;
    }
    opened.push(server.close);
  }
  return { ok: true, close };
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
      account: identity.account,
      environment: settings.exchange.environment,
      configPath: places.configPath,
      socketPath,
      stateDir,
      startedAtMs: clock.wallMs(),
    });
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { exitCode: CONFIG, problem: `the registry entry ${registryPath} can't be written: ${why}` };
  }
}

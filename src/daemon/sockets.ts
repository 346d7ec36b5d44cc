/** How the daemon is reached: its sockets, and the entry by which `grinder stop` finds it. */
import type { ControlTarget } from '../control/control.ts';
import { writeRegistryEntry } from '../control/registry.ts';
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

/** Leaves the entry; without it `grinder stop` would not find this daemon. Says why it can't be left, or null. */
export function register({ places, identity, settings, clock }: Core): string | null {
  try {
    writeRegistryEntry(places.registryPath, {
      pid: identity.pid,
      account: identity.account,
      environment: settings.exchange.environment,
      configPath: places.configPath,
      socketPath: places.socketPath,
      stateDir: places.stateDir,
      startedAtMs: clock.wallMs(),
    });
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `the registry entry ${places.registryPath} can't be written: ${why}`;
  }
}

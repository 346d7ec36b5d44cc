import { dirname } from 'node:path';
import { readableVariables } from './environment.ts';
import type { Places, Variables } from './places.ts';

/** What the launcher found out besides the places. */
export type PermissionContext = {
  readonly env: Variables;
  /** The program's own file, which its worker threads are started from. */
  readonly bundlePath: string;
  readonly configCandidates: readonly string[];
  /** Sockets of every daemon of this user that was found. */
  readonly sockets: readonly string[];
  /** Their state directories, in which `stop` leaves a file when one doesn't answer. */
  readonly stateDirs: readonly string[];
};

/**
 * Lists the flags with which Deno runs this verb: the files, hosts and variables it needs, and nothing else.
 *
 * No run, no ffi, no import; sys only for host name, user id and free disk space. Throws a RangeError for a path that a
 * flag can't carry.
 */
export function permissionFlags(places: Places, context: PermissionContext): readonly string[] {
  const grants = grantsFor(places, context);
  return [
    ...isolationFlags,
    ...(grants.notify ? ['--unstable-net'] : []),
    '--ignore-env',
    `--allow-env=${readableVariables.join(',')}`,
    '--allow-sys=hostname,uid,statfs',
    ...pathFlag('--allow-read', grants.read),
    ...pathFlag('--allow-write', grants.write),
    ...netFlag(grants),
  ];
}

/** Flags of every Deno step: nothing is asked, fetched or configured from outside. */
export const isolationFlags: readonly string[] = [
  '--quiet',
  '--no-prompt',
  '--no-config',
  '--no-lock',
  '--no-remote',
  '--no-npm',
];

type Grants = {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly hosts: readonly string[];
  readonly sockets: readonly string[];
  readonly notify: boolean;
};

function grantsFor(places: Places, context: PermissionContext): Grants {
  const read = [context.bundlePath, ...context.configCandidates, ...places.keyFiles];
  const nothing: Grants = { read, write: [], hosts: [], sockets: [], notify: false };
  if (places.verb === 'run' || places.verb === 'doctor') return daemonGrants(places, context, read);
  if (places.verb === 'smoke' || places.verb === 'sim') return sandboxGrants(places, read);
  if (offlineVerbs.has(places.verb)) return nothing;
  return clientGrants(places, context, read);
}

const offlineVerbs: ReadonlySet<string> = new Set(['', 'help', 'config', 'install', 'completion']);

function daemonGrants(places: Places, context: PermissionContext, read: readonly string[]): Grants {
  const { env } = context;
  const written = [
    places.stateDir,
    dirname(places.auditPath),
    dirname(places.logPath),
    ...(places.embeddedSimulator ? [] : [places.accountsBase]),
    places.runtimeDir,
    dirname(places.socketPath),
    ...(places.stopSocketPath === null ? [] : [dirname(places.stopSocketPath)]),
    ...(places.embeddedSimulator && places.expectedPath !== null ? [dirname(places.expectedPath)] : []),
  ];
  const watched = [
    ...(places.expectedPath === null ? [] : [dirname(places.expectedPath)]),
    ...(places.embeddedSimulator ? [] : places.otherAccountsBases),
  ];
  const notifySocket = env['NOTIFY_SOCKET']?.startsWith('/') ? [env['NOTIFY_SOCKET']] : [];
  const groups = places.stopSocketPath === null ? [] : ['/etc/group'];
  const credentials = env['CREDENTIALS_DIRECTORY'] ? [env['CREDENTIALS_DIRECTORY']] : [];
  return {
    read: [...read, ...written, ...watched, ...credentials, ...notifySocket, ...groups],
    write: [...written, ...notifySocket],
    hosts: [...places.hosts, ...listenHosts(places)],
    sockets: [
      ...[places.socketPath, places.feedPath, places.notifyPath, places.stopSocketPath ?? []].flat(),
      ...notifySocket,
      ...context.sockets,
    ],
    notify: notifySocket.length > 0,
  };
}

/** `smoke` and `sim` touch one fresh private directory and loopback; `sim` reads its keys and writes a feed where told. */
function sandboxGrants(places: Places, read: readonly string[]): Grants {
  const sandbox = places.runtimeDir;
  const feed = places.verb === 'sim' && places.expectedPath !== null ? [dirname(places.expectedPath)] : [];
  const written = [sandbox, ...feed.filter((path) => !isBelow(path, sandbox))];
  return {
    read: [...read, ...written],
    write: written,
    hosts: ['127.0.0.1'],
    sockets: [places.socketPath, places.feedPath],
    notify: false,
  };
}

/** Clients speak to daemons; `stop` and a screen may have to leave a STOP file, `audit adopt` writes its records. */
function clientGrants(places: Places, context: PermissionContext, read: readonly string[]): Grants {
  const records = [places.stateDir, dirname(places.auditPath), places.accountsBase];
  const elsewhere = places.verb === 'stop' ? places.otherAccountsBases : [];
  const stopFiles = [places.stateDir, ...context.stateDirs];
  const writes: Readonly<Record<string, readonly string[]>> = {
    stop: stopFiles,
    attach: stopFiles,
    audit: records,
    report: places.reportPath === null ? [] : [places.reportPath],
  };
  const write = writes[places.verb] ?? [];
  const sockets = [places.socketPath, ...context.sockets];
  return {
    read: [
      ...read,
      ...records,
      ...elsewhere,
      ...write,
      dirname(places.logPath),
      ...places.registryDirs,
      ...sockets,
    ],
    write: [...write, ...sockets],
    hosts: [],
    sockets,
    notify: false,
  };
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function listenHosts(places: Places): readonly string[] {
  return places.metricsHost === null ? [] : [`${places.metricsHost}:${places.metricsPort}`];
}

function pathFlag(flag: string, paths: readonly string[]): readonly string[] {
  const unique = [...new Set(paths)];
  return unique.length === 0 ? [] : [`${flag}=${unique.map(escapePath).join(',')}`];
}

/** A doubled comma is how Deno writes one inside a path. */
function escapePath(path: string): string {
  if (/[\n\r\0]/.test(path))
    throw new RangeError(`a path must be free of line breaks: ${JSON.stringify(path)}`);
  return path.replaceAll(',', ',,');
}

function netFlag(grants: Grants): readonly string[] {
  const comma = grants.sockets.find((path) => /[,\n\r\0]/.test(path));
  if (comma !== undefined) {
    throw new RangeError(`a socket's path must be free of commas and line breaks: ${JSON.stringify(comma)}`);
  }
  const entries = [...new Set([...grants.hosts, ...grants.sockets.map((path) => `unix:${path}`)])];
  return entries.length === 0 ? [] : [`--allow-net=${entries.join(',')}`];
}

/** The socket's place on disk: a private directory, no links, no stale file, no second daemon. */
import { chmodSync, chownSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { freeOnceClosed } from '../engine/closed-socket.ts';

/** The longest path of a unix socket on Linux, in bytes. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** How somebody at a socket behaved: `refused` and `absent` mean that no daemon is there. */
export type Probe = 'answers' | 'refused' | 'absent' | 'silent';

/** Connects once and tells how that ended, a connection that isn't permitted as `silent`. `timeoutMs` bounds it. */
export async function probeSocket(socketPath: string, timeoutMs = 1000): Promise<Probe> {
  try {
    return await probe(socketPath, timeoutMs);
  } catch {
    return 'silent';
  }
}
/** Which socket it is, for messages. The stop socket's directory is another's to prepare. */
export type SocketRole = 'control' | 'feed' | 'stop';

/** Makes the place ready to listen at; returns what is wrong, or null. Removes a socket that nobody serves. */
export async function prepareSocketPath(
  socketPath: string,
  whose: SocketRole = 'control',
): Promise<string | null> {
  const bytes = Buffer.byteLength(socketPath);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    const shorter = SHORTER[whose];
    return `the ${whose} socket's path has ${bytes} bytes, at most ${MAX_SOCKET_PATH_BYTES} work: ${socketPath}; name a shorter one with ${shorter}`;
  }
  try {
    const refused = whose === 'stop' ? null : prepareDirectory(dirname(socketPath));
    return refused ?? (await clearStale(socketPath));
  } catch (error) {
    return `the ${whose} socket's place can't be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const SHORTER: Readonly<Record<SocketRole, string>> = {
  control: 'control.socket or XDG_RUNTIME_DIR',
  feed: 'XDG_RUNTIME_DIR',
  stop: 'control.stop_socket',
};

/** Listens at a place made ready, and closes the socket file to everybody but this user and `gid`; returns what is wrong, or null. */
export function listenPrivately(
  server: Server,
  socketPath: string,
  whose: SocketRole,
  gid: number | null = null,
): Promise<string | null> {
  return new Promise((resolve) => {
    server.once('error', (error) =>
      resolve(`the ${whose} socket ${socketPath} can't be opened: ${error.message}`),
    );
    server.listen(socketPath, () => {
      try {
        if (gid !== null) chownSync(socketPath, process.getuid?.() ?? 0, gid);
        chmodSync(socketPath, gid === null ? 0o600 : 0o660);
        resolve(null);
      } catch (error) {
        server.close();
        resolve(`the ${whose} socket ${socketPath} can't be made private: ${String(error)}`);
      }
    });
  });
}

/** Which file is at a path, whatever it is; null when there is none. Throws when it can't be looked at. */
export function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/**
 * Says why nobody at this socket is to be believed, or null: its directory is another's, or open to others, and whoever it
 * belongs to could answer in a daemon's name, and be told an operator's token. A directory that isn't there is nobody's.
 */
export function whyNotTrusted(socketPath: string, uid: number): string | null {
  const directory = dirname(socketPath);
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const end = "whoever made it could answer there in a daemon's name; remove it, or set XDG_RUNTIME_DIR";
  if (!found.isDirectory()) return `${directory} is no real directory: ${end}`;
  if (found.uid !== uid) return `${directory} belongs to user ${found.uid}, not to ${uid}: ${end}`;
  return (found.mode & 0o022) === 0 ? null : `others can write to ${directory}: ${end}`;
}

function prepareDirectory(directory: string): string | null {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const found = lstatSync(directory);
  if (found.isSymbolicLink()) return `${directory} is a symbolic link; a real directory was expected`;
  if (!found.isDirectory()) return `${directory} is not a directory`;
  const uid = process.getuid?.() ?? found.uid;
  if (found.uid !== uid) return `${directory} belongs to user ${found.uid}, expected ${uid}`;
  const mode = found.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    return `${directory} has mode ${mode.toString(8)}, expected 700: run chmod 700 ${directory}`;
  }
  return null;
}

async function clearStale(socketPath: string): Promise<string | null> {
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isSocket()) return `${socketPath} exists and is no socket; remove it or name another`;
  const probe = await probeSocket(socketPath);
  if (probe === 'answers' || probe === 'silent') {
    return `already running: a daemon holds ${socketPath}; see grinder status`;
  }
  if (probe === 'refused') unlinkSync(socketPath);
  return null;
}

function probe(socketPath: string, timeoutMs: number): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    freeOnceClosed(socket);
    const end = (found: Probe): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => end('silent'), timeoutMs);
    socket.once('connect', () => end('answers'));
    socket.on('error', (error) => {
      const code = 'code' in error ? error.code : '';
      if (code === 'ENOENT' || !exists(socketPath)) end('absent');
      else if (code === 'ECONNREFUSED' || code === 'FailedToOpenSocket') end('refused');
      else end('silent');
    });
  });
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Lets a socket go once it is closed. Up to 2.9.1 Deno keeps each one of `node:net` that was closed while it was being read,
 * and so every one, with all that its listeners hold, for the life of the process (denoland/deno #35876, mended in a later
 * version): a scrape, a status or a posted line each cost kilobytes for good.
 */
import type { Socket } from 'node:net';

/** Call it as soon as there is a socket; does nothing more than that, and nothing where the runtime lets go by itself. */
export function freeOnceClosed(socket: Socket): void {
  if (socket.connecting) socket.once('connect', () => watch(socket));
  else watch(socket);
}

function watch(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!canStop(handle)) return;
  socket.once('close', () => {
    try {
      handle.readStop();
    } catch {
      // A handle that is gone already is what was wanted.
    }
  });
}

const canStop = (handle: unknown): handle is { readonly readStop: () => unknown } =>
  typeof handle === 'object' &&
  handle !== null &&
  'readStop' in handle &&
  typeof handle.readStop === 'function' &&
  'Deno' in globalThis;

/** Requests over the control socket: one bounded reply each, every failure named. */
import { request } from 'node:http';
import { freeOnceClosed } from '../engine/closed-socket.ts';

/** Nobody listens at the socket: no daemon runs there (exit 69). */
export class NoDaemonError extends Error {
  override readonly name = 'NoDaemonError';
}

/** The daemon answered something that is not the protocol, or nothing in time. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Bytes a reply or a line of the stream may have before it is refused. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;

export interface Exchange {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON; absent for GET. */
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** Sends one request on a connection of its own and resolves to the reply's text; rejects with one of the errors above. */
export async function exchange(input: Exchange): Promise<string> {
  try {
    return await send(input);
  } catch (error) {
    if (error instanceof NoDaemonError || error instanceof ProtocolError) throw error;
    throw connectError(input.socketPath, error);
  }
}

/** Headers of a JSON body. */
export function bodyHeaders(body: string): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
}

/** Tells "nobody there" from every other trouble of a connection. */
export function connectError(socketPath: string, error: unknown): NoDaemonError | ProtocolError {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const absent = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'FailedToOpenSocket';
  return absent
    ? new NoDaemonError(`no daemon answers at ${socketPath}`)
    : new ProtocolError(`the connection to ${socketPath} failed: ${code || text}`);
}

function send(input: Exchange): Promise<string> {
  const body = input.body === undefined ? '' : JSON.stringify(input.body);
  return new Promise((resolve, reject) => {
    let settled = false;
    const fail = (error: Error): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      reject(error);
      sent.destroy();
    };
    const sent = request({
      socketPath: input.socketPath,
      method: input.method,
      path: input.path,
      agent: false,
      headers: { host: 'grinder', ...(body === '' ? {} : bodyHeaders(body)) },
    });
    const timer = setTimeout(() => {
      fail(new ProtocolError(`the daemon at ${input.socketPath} gave no answer in ${input.timeoutMs} ms`));
    }, input.timeoutMs);
    sent.on('socket', freeOnceClosed);
    sent.on('error', (error) => fail(connectError(input.socketPath, error)));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_REPLY_BYTES) fail(new ProtocolError(`the reply is over ${MAX_REPLY_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', (error) => fail(connectError(input.socketPath, error)));
      response.on('close', () => fail(new ProtocolError('the connection ended in the middle of a reply')));
      response.on('end', () => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
    });
    sent.end(body);
  });
}

/**
 * Sends one request over a connection of its own. Both runtimes' fetch repeats a request, a POST too, when a pooled
 * connection breaks before the reply (seen with Deno 2.9.1 and Bun 1.4.5); a write must never be repeated.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A whole reply. */
export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Once {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborting cuts the connection; nothing leaves after it. */
  readonly signal: AbortSignal;
  /** Asked synchronously with the connection open, right before the first byte; a reason keeps it from leaving. */
  readonly mayLeave: () => string | null;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Connects, asks, sends, reads. Rejects for a reason not to leave, a broken connection and a reply cut short. */
export async function sendOnce(target: URL, once: Once): Promise<RawReply> {
  const socket = await connect(target, once.signal);
  try {
    return await exchange(target, socket, once);
  } finally {
    socket.destroy();
  }
}

function connect(target: URL, signal: AbortSignal): Promise<Socket> {
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.port || (secure ? 443 : 80));
  // Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 in an operator's shell would else send keys and orders to anybody.
  const socket = secure
    ? connectTls({ host, port, servername: host, rejectUnauthorized: true })
    : connectTcp({ host, port });
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const aborted = (): void => fail(new Error('no connection in time'));
    signal.addEventListener('abort', aborted, { once: true });
    // Stays for the life of the socket: an error after the reply must not be an uncaught one.
    socket.on('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', aborted);
      resolve(socket);
    });
  });
}

function exchange(target: URL, socket: Socket, once: Once): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const { method, body, signal } = once;
    const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const request = httpRequest({
      host: target.hostname,
      method,
      path: target.pathname + target.search,
      headers: { ...once.headers, ...length, Host: target.host, Connection: 'close' },
      createConnection: () => socket,
    });
    request.on('error', reject);
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      readReply(response).then(resolve, reject);
    });
    socket.on('close', () => {
      if (!answered) reject(new Error('connection closed before the reply'));
    });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    request.once('socket', () => {
      // Nothing waits between this question and the bytes.
      const reason = signal.aborted ? 'no connection in time' : once.mayLeave();
      if (reason === null) {
        request.end(body);
      } else {
        request.destroy();
        reject(new Error(reason));
      }
    });
  });
}

async function readReply(response: IncomingMessage): Promise<RawReply> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new Error(`reply of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(bytes);
  }
  if (!response.complete) throw new Error('reply cut short');
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  return { status: response.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString('utf8') };
}

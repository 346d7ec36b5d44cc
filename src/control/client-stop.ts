/** The stop's own connection: opened before it is needed, written to without waiting for anything. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '../engine/clock.ts';
import { freeOnceClosed } from '../engine/closed-socket.ts';
import { bodyHeaders, connectError, exchange, ProtocolError } from './client-http.ts';

export interface StopLine {
  /** Writes the stop with this JSON body now; `reply` is the answer's text. */
  readonly send: (body: string) => { readonly sentAtMonoMs: number; readonly reply: Promise<string> };
  readonly close: () => void;
}

const ACK_TIMEOUT_MS = 10_000;
const REOPEN_MS = 500;

/** Holds one open connection to the socket, and opens it again whenever it is lost. */
export function openStopLine(socketPath: string): StopLine {
  let closed = false;
  let idle: Socket | null = null;
  let reopen: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    if (closed || idle !== null) return;
    const later = (): void => {
      if (closed) return;
      clearTimeout(reopen);
      reopen = setTimeout(open, REOPEN_MS);
      reopen.unref();
    };
    const socket = connectOrNull(socketPath);
    if (socket === null) {
      later();
      return;
    }
    socket.unref();
    freeOnceClosed(socket);
    const lost = (): void => {
      if (idle === socket) idle = null;
      socket.destroy();
      later();
    };
    socket.once('connect', () => {
      if (closed || idle !== null) socket.destroy();
      else idle = socket;
    });
    socket.on('error', lost);
    socket.on('close', lost);
    socket.on('end', lost);
  };

  open();
  return {
    send: (body) => {
      const socket = idle;
      idle = null;
      const sentAtMonoMs = systemClock.monoMs();
      const fresh = () =>
        exchange({
          socketPath,
          method: 'POST',
          path: '/v1/stop',
          body: JSON.parse(body),
          timeoutMs: ACK_TIMEOUT_MS,
        });
      // A stop is idempotent: when the held connection fails after the write, asking again does no harm.
      const reply =
        socket === null ? fresh() : sendOn(socket, requestText(body), socketPath).catch(() => fresh());
      return { sentAtMonoMs, reply };
    },
    close: () => {
      closed = true;
      clearTimeout(reopen);
      idle?.destroy();
      idle = null;
    },
  };
}

/** Null when this process may not connect there. */
function connectOrNull(socketPath: string): Socket | null {
  try {
    return connect(socketPath);
  } catch {
    return null;
  }
}

function requestText(body: string): string {
  const headers = Object.entries({ host: 'grinder', connection: 'close', ...bodyHeaders(body) });
  return `POST /v1/stop HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`;
}

/** Writes in this very turn and gathers the reply, whose length the server always names. */
function sendOn(socket: Socket, text: string, socketPath: string): Promise<string> {
  socket.ref();
  socket.write(text);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => fail(new ProtocolError('the stop was not acknowledged')), ACK_TIMEOUT_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
      socket.destroy();
    };
    socket.on('error', (error) => fail(connectError(socketPath, error)));
    socket.on('close', () =>
      fail(new ProtocolError('the connection ended before the stop was acknowledged')),
    );
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const body = completeBody(received);
      if (body === null) return;
      clearTimeout(timer);
      resolve(body);
      socket.destroy();
    });
  });
}

function completeBody(received: Buffer): string | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const length = /\r\ncontent-length: *(\d{1,7})/i.exec(
    received.subarray(0, headEnd).toString('latin1'),
  )?.[1];
  const body = received.subarray(headEnd + 4);
  return length === undefined || body.length < Number(length)
    ? null
    : body.subarray(0, Number(length)).toString('utf8');
}

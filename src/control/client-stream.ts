/** Follows the daemon's status stream and keeps following it through restarts. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { freeOnceClosed } from '../engine/closed-socket.ts';
import { connectError, MAX_REPLY_BYTES } from './client-http.ts';
import type { StatusDocument } from './protocol.ts';

export interface StreamHandlers {
  onStatus(status: StatusDocument): void;
  /** The stream answers (again). */
  onUp(): void;
  /** The stream broke or could not be opened; called once until the next onUp. */
  onDown(why: string): void;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1000;
/** The daemon sends at least one line a second; three missing ones are a dead link. */
const SILENCE_MS = 3000;

/** Opens the stream; `parse` turns a line into a status or throws, which counts as a broken link. */
export function openStream(
  socketPath: string,
  handlers: StreamHandlers,
  parse: (line: string) => StatusDocument,
): { close(): void } {
  let closed = false;
  let up: boolean | null = null;
  let backoffMs = FIRST_BACKOFF_MS;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let current: ClientRequest | null = null;

  const down = (sent: ClientRequest | null, why: string): void => {
    if (closed || current !== sent) return;
    current = null;
    clearTimeout(silence);
    sent?.destroy();
    retry = setTimeout(connect, backoffMs);
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    if (up === false) return;
    up = false;
    handlers.onDown(why);
  };
  const listen = (sent: ClientRequest): void => {
    clearTimeout(silence);
    silence = setTimeout(() => down(sent, `nothing heard for ${SILENCE_MS / 1000} s`), SILENCE_MS);
  };
  const accept = (sent: ClientRequest, line: string): void => {
    const status = parse(line);
    listen(sent);
    backoffMs = FIRST_BACKOFF_MS;
    if (up !== true) {
      up = true;
      handlers.onUp();
    }
    handlers.onStatus(status);
  };
  const connect = (): void => {
    if (closed) return;
    let sent: ClientRequest;
    try {
      sent = ask(socketPath);
    } catch (error) {
      down(null, connectError(socketPath, error).message);
      return;
    }
    current = sent;
    listen(sent);
    sent.on('socket', freeOnceClosed);
    sent.on('error', (error) => down(sent, connectError(socketPath, error).message));
    sent.on('response', (response) => {
      response.on('close', () => down(sent, 'the daemon closed the stream'));
      response.on('end', () => down(sent, 'the daemon closed the stream'));
      response.on('error', (error) => down(sent, connectError(socketPath, error).message));
      readLines(response, (line) => {
        if (closed || current !== sent) return;
        try {
          accept(sent, line);
        } catch (error) {
          down(sent, error instanceof Error ? error.message : 'unreadable status');
        }
      });
    });
    sent.end();
  };

  connect();
  return {
    close: () => {
      closed = true;
      clearTimeout(retry);
      clearTimeout(silence);
      current?.destroy();
      current = null;
    },
  };
}

function ask(socketPath: string): ClientRequest {
  return request({
    socketPath,
    method: 'GET',
    path: '/v1/stream',
    agent: false,
    headers: { host: 'grinder' },
  });
}

/** Cuts the stream into lines; a line over the limit ends it with an error. */
function readLines(response: IncomingMessage, onLine: (line: string) => void): void {
  let pending: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...pending, rest.subarray(0, end)]).toString('utf8');
      pending = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line !== '') onLine(line);
    }
    if (rest.length === 0) return;
    pending.push(rest);
    bytes += rest.length;
    if (bytes > MAX_REPLY_BYTES) response.destroy(new Error(`a line of over ${MAX_REPLY_BYTES} bytes`));
  });
}

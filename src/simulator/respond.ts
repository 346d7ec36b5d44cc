/** Writes a reply to the wire, whole or broken as a fault asks. */
import type { ServerResponse } from 'node:http';
import type { RestFault } from './faults.ts';

/** A reply before it is written; the body is JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const HTML = '<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Please wait.</body></html>';

/** Sends JSON. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  sendText(response, reply, JSON.stringify(reply.body), 'application/json');
}

/** Sends the answer of an executed request the way the fault wants it; returns the status that went out, if any. */
export function sendFaulty(response: ServerResponse, reply: Reply, fault: RestFault): number | null {
  const text = JSON.stringify(reply.body);
  switch (fault.kind) {
    case 'hang_before':
    case 'execute_then_hang':
      return null;
    case 'reset':
    case 'execute_then_drop':
      response.socket?.destroy();
      return null;
    case 'headers_then_hang':
    case 'headers_then_drop':
      sendHalf(response, reply, text, fault.kind === 'headers_then_drop');
      return reply.status;
    case 'truncated':
      sendText(response, reply, text.slice(0, Math.ceil(text.length / 2)), 'application/json');
      return reply.status;
    case 'html':
      sendText(response, { ...reply, status: 200 }, HTML, 'text/html');
      return 200;
    case 'empty':
      sendText(response, { ...reply, status: 200 }, '', 'application/json');
      return 200;
    case 'empty_object':
      sendReply(response, { ...reply, status: 200, body: {} });
      return 200;
    case 'status':
      return sendStatus(response, reply, fault);
    case 'wrong_reply':
      sendReply(response, { ...reply, body: mapObjects(reply.body, misname) });
      return reply.status;
    case 'partial_page':
      sendReply(response, { ...reply, body: firstHalf(reply.body) });
      return reply.status;
    case 'patch':
      sendReply(response, { ...reply, body: mapObjects(reply.body, (row) => ({ ...row, ...fault.patch })) });
      return reply.status;
    case 'delay':
    case 'delay_before':
    case 'stale':
      sendReply(response, reply);
      return reply.status;
  }
}

function sendText(response: ServerResponse, reply: Reply, text: string, contentType: string): void {
  if (response.writableEnded || response.destroyed) return;
  const length = String(Buffer.byteLength(text));
  response.writeHead(reply.status, {
    ...reply.headers,
    'Content-Type': contentType,
    'Content-Length': length,
  });
  response.end(text);
}

function sendHalf(response: ServerResponse, reply: Reply, text: string, drop: boolean): void {
  // Chunked: no runtime may refuse a body that is shorter than it was announced.
  response.writeHead(reply.status, { ...reply.headers, 'Content-Type': 'application/json' });
  response.write(text.slice(0, Math.ceil(text.length / 2)), () => {
    if (drop) setTimeout(() => response.socket?.destroy(), 20);
  });
}

function sendStatus(response: ServerResponse, reply: Reply, fault: RestFault): number {
  const { status, code, msg } = fault;
  const body =
    fault.body ?? (code === undefined && msg === undefined ? '' : { code: code ?? 0, msg: msg ?? '' });
  const answer = { status, headers: { ...reply.headers, ...fault.headers }, body };
  if (typeof body === 'string') sendText(response, answer, body, 'text/html');
  else sendReply(response, answer);
  return status;
}

type Row = Readonly<Record<string, unknown>>;

function mapObjects(body: unknown, change: (row: Row) => Row): unknown {
  if (Array.isArray(body)) return body.map((row) => mapObjects(row, change));
  return isRow(body) ? change(body) : body;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function misname(row: Row): Row {
  return {
    ...row,
    symbol: row['symbol'] === 'LTCUSDT' ? 'ADAUSDT' : 'LTCUSDT',
    orderId: 1,
    clientOrderId: 'not_yours',
  };
}

function firstHalf(body: unknown): unknown {
  return Array.isArray(body) ? body.slice(0, Math.floor(body.length / 2)) : body;
}

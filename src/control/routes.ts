/** What each request to the control socket leads to; every one gets a JSON answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Body, readBody } from './body.ts';
import type { ControlTarget } from './control.ts';
import {
  COMMANDS,
  type CommandName,
  type CommandReply,
  type ParsedBody,
  SCHEMA_VERSION,
} from './protocol.ts';
import type { StreamHub } from './stream-hub.ts';

/** What the server reports about itself; `event` is a stable word. */
export type ControlLog = (level: 'info' | 'warn' | 'error', event: string, message: string) => void;

/** What a socket lets its callers do: everything, or stop and look. */
export type Surface = 'all' | 'stop';

/** Everything an answer needs. */
export interface RouteContext {
  readonly target: ControlTarget;
  readonly hub: StreamHub;
  readonly log: ControlLog;
  readonly surface: Surface;
}

const READS: ReadonlySet<string> = new Set(['/v1/status', '/v1/stream', '/v1/plan']);
const USAGE = 64;
const BODY_PATIENCE_MS = 10_000;
const STOP_BODY_PATIENCE_MS = 200;

/** Answers one request; throws nothing. */
export function route(context: RouteContext, request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => response.destroy());
  try {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (context.surface === 'stop' && path !== '/v1/status' && path !== '/v1/stop')
      refuse(response, 404, 'this socket has POST /v1/stop and GET /v1/status only');
    else if (READS.has(path)) routeRead(context, path, request, response);
    else routeCommand(context, path, request, response);
  } catch (error) {
    fail(context.log, response, error);
  }
}

/** The raw answer to bytes that are not HTTP. */
export function rawRefusal(): string {
  const text = JSON.stringify(replyOf(USAGE, 'this is not HTTP'));
  const head = ['HTTP/1.1 400 Bad Request', 'content-type: application/json', 'connection: close'];
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** Writes a bug to the log. */
export function reportBug(log: ControlLog, error: unknown): void {
  log('error', 'CONTROL_FAILED', error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function routeRead(
  context: RouteContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.method !== 'GET') refuse(response, 405, `${path} is read with GET`);
  else if (path === '/v1/stream') context.hub.add(response);
  else answer(response, 200, path === '/v1/plan' ? context.target.plan() : context.target.status());
}

function routeCommand(
  context: RouteContext,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const name = path.startsWith('/v1/') ? path.slice('/v1/'.length) : '';
  if (!isCommand(name)) {
    refuse(response, 404, `there is no ${JSON.stringify(path.slice(0, 80))}`);
  } else if (request.method !== 'POST') {
    refuse(response, 405, `${path} is sent with POST`);
  } else {
    const patienceMs = name === 'stop' ? STOP_BODY_PATIENCE_MS : BODY_PATIENCE_MS;
    readBody(request, patienceMs, (body) => take(context, name, body, response));
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** The stop goes first whatever its body says, a lowering is never refused; the others only with a body that their schema accepts. */
function take<N extends CommandName>(
  context: RouteContext,
  name: N,
  body: Body,
  response: ServerResponse,
): void {
  const parsed = parseBody(name, body);
  if (name === 'stop') {
    const stop = parseBody('stop', body);
    dispatch(context, 'stop', stop.ok ? stop.body : anonymousStop(stop.problem), response);
  } else if (parsed.ok) {
    setImmediate(() => dispatch(context, name, parsed.body, response));
  } else if (!lowerAnyhow(context, name, body, response)) {
    refuse(response, body.kind === 'too_large' ? 413 : 400, parsed.problem);
  }
}

const ANONYMOUS = { operator: 'unknown' } as const;

/**
 * Carries out what can only lower, whatever else its body says: a disarm, and a stage below 4 without what a raise has to
 * carry, so that a raise among them is refused behind this. False when it is neither.
 */
function lowerAnyhow(
  context: RouteContext,
  name: CommandName,
  body: Body,
  response: ServerResponse,
): boolean {
  const stage = name === 'stage' && body.kind === 'text' ? stageIn(body.text) : null;
  if (name === 'disarm') setImmediate(() => dispatch(context, 'disarm', ANONYMOUS, response));
  else if (stage !== null) setImmediate(() => dispatch(context, 'stage', { ...ANONYMOUS, stage }, response));
  return name === 'disarm' || stage !== null;
}

/** The stage below 4 that a body names; null for none. */
function stageIn(text: string): 0 | 1 | 2 | 3 | null {
  try {
    return LOWER.parse(JSON.parse(text)).stage;
  } catch {
    return null;
  }
}

const LOWER = z.looseObject({
  stage: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
});

function anonymousStop(problem: string): ParsedBody<'stop'> {
  return { operator: 'unknown', reason: `stop with an unreadable body: ${problem}`.slice(0, 200) };
}

type Parsed<N extends CommandName> =
  | { readonly ok: true; readonly body: ParsedBody<N> }
  | { readonly ok: false; readonly problem: string };

function parseBody<N extends CommandName>(name: N, body: Body): Parsed<N> {
  if (body.kind === 'too_large') return { ok: false, problem: 'the body is over 64 KiB' };
  if (body.kind === 'broken') return { ok: false, problem: body.why };
  let value: unknown;
  try {
    value = body.text.trim() === '' ? {} : JSON.parse(body.text);
  } catch {
    return { ok: false, problem: 'the body is not JSON' };
  }
  const parsed = COMMANDS[name].safeParse(value);
  // The compiler can't see that COMMANDS[name] yields N's own body.
  if (parsed.success) return { ok: true, body: parsed.data as ParsedBody<N> };
  const issue = parsed.error.issues[0];
  return { ok: false, problem: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}` };
}

function dispatch<N extends CommandName>(
  context: RouteContext,
  name: N,
  body: ParsedBody<N>,
  response: ServerResponse,
): void {
  try {
    context.target.command(name, body).then(
      (reply) => answer(response, 200, reply),
      (error: unknown) => fail(context.log, response, error),
    );
  } catch (error) {
    fail(context.log, response, error);
  }
}

function fail(log: ControlLog, response: ServerResponse, error: unknown): void {
  reportBug(log, error);
  answer(response, 500, replyOf(1, 'internal error; the daemon goes on, see its log'));
}

function refuse(response: ServerResponse, status: number, problem: string): void {
  answer(response, status, replyOf(USAGE, problem));
}

function replyOf(exitCode: number, message: string): CommandReply {
  return { schema_version: SCHEMA_VERSION, ok: false, exit_code: exitCode, message };
}

function answer(response: ServerResponse, status: number, document: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(document);
  const refused = status >= 400;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(refused ? { connection: 'close' } : {}),
  });
  response.end(text);
}

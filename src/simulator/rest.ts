/** The REST interface: limits, then security, then the endpoint, with faults before and after. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Credentials, joinParams, refusalOfKey, refusalOfSignature } from './auth.ts';
import type { Faults, RestFault } from './faults.ts';
import type { Limits } from './limits.ts';
import type { Model } from './model.ts';
import type { Params } from './params.ts';
import { READ_ROUTES } from './read-routes.ts';
import { isRejection, reject } from './rejections.ts';
import type { RequestLog } from './request-log.ts';
import { type Reply, sendFaulty, sendReply } from './respond.ts';
import type { ListenKeys, Route } from './route.ts';
import { WRITE_ROUTES } from './write-routes.ts';

/** What the REST interface works on. */
export interface RestDeps {
  readonly model: Model;
  readonly account: Credentials;
  readonly faults: Faults;
  readonly limits: Limits;
  readonly log: RequestLog;
  readonly listenKeys: ListenKeys;
  readonly nextClientId: () => string;
  /** Exchange time and machine time, epoch ms. */
  readonly clock: { readonly exchangeNow: () => number; readonly now: () => number };
  readonly later: (run: () => void, delayMs: number) => void;
}

interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly apiKey: string | undefined;
  readonly params: Params;
}

const ROUTES: Readonly<Record<string, Route>> = { ...READ_ROUTES, ...WRITE_ROUTES };

/** Answers one request. */
export function handleRest(
  deps: RestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): void {
  const incoming = readIncoming(request, body);
  const { method, path, params } = incoming;
  const fault = deps.faults.take({ method, path, params });
  const n = deps.log.add({
    ts_ms: deps.clock.now(),
    method,
    path,
    params,
    status: null,
    code: null,
    executed: false,
    fault: fault?.kind ?? null,
  });
  const run = (): Reply => {
    const reply = answer(deps, incoming, fault);
    deps.log.update(n, { code: codeOf(reply.body), executed: reply.status === 200 });
    return reply;
  };
  const sent = (status: number | null): void => deps.log.update(n, { status });
  if (fault === undefined) {
    const reply = run();
    sendReply(response, reply);
    sent(reply.status);
  } else if (fault.kind === 'delay_before') {
    deps.later(() => sent(sendFaulty(response, run(), fault)), fault.delayMs);
  } else if (fault.kind === 'delay') {
    const reply = run();
    deps.later(() => sent(sendFaulty(response, reply, fault)), fault.delayMs);
  } else {
    const reply = isExecuted(fault) ? run() : { status: 200, headers: {}, body: {} };
    sent(sendFaulty(response, reply, fault));
    if (fault.kind === 'status') deps.log.update(n, { code: fault.code ?? null });
  }
}

function answer(deps: RestDeps, incoming: Incoming, fault: RestFault | undefined): Reply {
  const { method, path, params } = incoming;
  const route = ROUTES[`${method} ${path}`];
  if (route === undefined)
    return refused(reject(-5000, `Path ${path}, Method ${method} is invalid`, 404), {});
  const { headers, refusal } = deps.limits.charge(route.charge(params), deps.clock.now());
  if (refusal !== undefined) return refused(refusal, headers);
  const nowMs = deps.clock.exchangeNow();
  const unsafe = refusalOf(route, incoming, deps.account, nowMs);
  if (unsafe !== undefined) return refused(unsafe, headers);
  const { model, listenKeys, nextClientId } = deps;
  const view = fault?.kind === 'stale' ? fault.view : model.view();
  const result = route.handle({ model, view, params, nowMs, nextClientId, listenKeys });
  return isRejection(result) ? refused(result, headers) : { status: 200, headers, body: result };
}

function refusalOf(route: Route, incoming: Incoming, account: Credentials, nowMs: number) {
  if (route.security === 'none') return undefined;
  return route.security === 'key'
    ? refusalOfKey(incoming, account)
    : refusalOfSignature(incoming, account, nowMs);
}

function refused(
  { status, code, msg }: { readonly status: number; readonly code: number; readonly msg: string },
  headers: Readonly<Record<string, string>>,
): Reply {
  return { status, headers, body: { code, msg } };
}

function isExecuted(fault: RestFault): boolean {
  if (fault.kind === 'status') return fault.executed;
  return fault.kind !== 'hang_before' && fault.kind !== 'reset';
}

function codeOf(body: unknown): number | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return typeof body.code === 'number' && body.code < 0 ? body.code : null;
}

function readIncoming(request: IncomingMessage, body: string): Incoming {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const key = request.headers['x-mbx-apikey'];
  const pairs = [...new URLSearchParams(joinParams(query, body))].filter(([name]) => name !== 'signature');
  return {
    method: request.method ?? 'GET',
    path,
    query,
    body,
    apiKey: typeof key === 'string' ? key : undefined,
    params: Object.fromEntries(pairs),
  };
}

/**
 * The fetch that ccxt is given: the one place where a byte leaves for the exchange's REST side.
 *
 * - Every call meets, in this order: expected host, pause, weight, guard; the guard synchronously before it leaves.
 * - The body is read here, within one deadline for the whole call.
 * - What came back is kept per call, so that nobody has to judge by ccxt's error classes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../engine/clock.ts';
import type { Permit } from '../engine/interlock.ts';
import type { ExchangeEvent, WriteRequest } from './exchange.ts';
import type { Guard, Outgoing } from './guard.ts';
import type { Pause } from './pause.ts';
import type { WeightMeter } from './rate-limit.ts';
import type { Reply } from './reply.ts';
import { type Once, type RawReply, sendOnce } from './send-once.ts';

/** What ccxt hands to a fetch implementation. */
export interface FetchInit {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export type FetchLike = (url: string, init: FetchInit) => Promise<Response>;

export interface TransportDeps {
  readonly destination: (url: URL) => URL | null;
  readonly pause: Pause;
  readonly meter: WeightMeter;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly emit: (event: ExchangeEvent) => void;
}

/** A write on its way, carried along with the call. */
export interface CallWrite {
  readonly write: WriteRequest;
  readonly permit: Permit;
}

interface Call {
  readonly write: CallWrite | null;
  sent: boolean;
  reply: { readonly httpStatus: number; readonly text: string; readonly serverMs: number | null } | null;
  why: string;
}

const calls = new AsyncLocalStorage<Call>();
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** No deadline of a call is longer. */
export const LONGEST_TIMEOUT_MS = 120_000;

/** Runs one ccxt call and tells what our own fetch saw; `value` is ccxt's parsed body, undefined when ccxt threw. */
export async function perform(run: () => Promise<unknown>, write: CallWrite | null = null): Promise<Reply> {
  const call: Call = { write, sent: false, reply: null, why: '' };
  let value: unknown;
  try {
    value = await calls.run(call, run);
  } catch (error) {
    if (call.why === '') call.why = error instanceof Error ? error.message : String(error);
  }
  if (call.reply !== null) return { kind: 'reply', ...call.reply, value };
  return { kind: 'none', sent: call.sent, why: call.why };
}

/** Makes the fetch for one ccxt instance. It rejects for what must not leave and for what did not come back whole. */
export function createFetch(deps: TransportDeps, guard: Guard): FetchLike {
  return async (url, init) => {
    const call = calls.getStore() ?? { write: null, sent: false, reply: null, why: '' };
    const named = new URL(url);
    const request = outgoing(named, init);
    const target = deps.destination(named);
    const abort = new AbortController();
    /** Nothing waits between this and the bytes: the guard sees the latch as it is when the request leaves. */
    const mayLeave = (): string | null => {
      const reason =
        deps.pause.why() ?? tooHeavy(deps, request) ?? guard(request, call.write?.permit ?? null);
      if (reason !== null) return reason;
      call.sent = true;
      announce(deps, call.write);
      return null;
    };
    try {
      // A connection alone is a call too, during a ban.
      const early = target === null ? `host ${named.host} is not expected` : deps.pause.why();
      if (target === null || early !== null) throw new Error(early ?? '');
      const send = call.write === null ? sendPooled : sendOnce;
      const once = { method: init.method, headers: init.headers ?? {}, body: init.body ?? '' };
      const work = send(target, { ...once, signal: abort.signal, mayLeave });
      const reply = await withDeadline(work, deps.timeoutMs, abort);
      call.reply = { httpStatus: reply.status, text: reply.text, serverMs: dateOf(reply.headers) };
      learn(deps, reply);
      return new Response(reply.text === '' ? null : reply.text, {
        status: reply.status,
        headers: plainHeaders(reply.headers),
      });
    } catch (error) {
      call.why = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };
}

/** The runtime's fetch, with its connection pool; it may repeat a request that met a dead connection. */
async function sendPooled(target: URL, once: Once): Promise<RawReply> {
  const { method, headers, body, signal } = once;
  const init = { method, headers: { ...headers }, redirect: 'error' as const, signal, keepalive: false };
  const reason = once.mayLeave();
  if (reason !== null) throw new Error(reason);
  const response = await fetch(target, body === '' ? init : { ...init, body });
  return { status: response.status, headers: response.headers, text: await readBody(response) };
}

function outgoing(url: URL, init: FetchInit): Outgoing {
  const pairs = [...url.searchParams, ...new URLSearchParams(init.body ?? '')];
  const params = Object.fromEntries(pairs);
  const unique = Object.keys(params).length === pairs.length;
  return { method: init.method, path: url.pathname, params: unique ? params : null };
}

/** Only reads wait for weight: a write is counted by the exchange and never held back for it. */
function tooHeavy(deps: TransportDeps, { method, path, params }: Outgoing): string | null {
  return method === 'GET' ? deps.meter.take(path, params ?? {}) : null;
}

function announce(deps: TransportDeps, sent: CallWrite | null): void {
  if (sent === null) return;
  const { write, permit } = sent;
  deps.emit({ type: 'write_sent', kind: write.kind, symbol: write.symbol, intentId: permit.intentId });
}

function learn(deps: TransportDeps, { status, headers, text }: RawReply): void {
  const weight = deps.meter.note(headers.get('x-mbx-used-weight-1m'));
  if (weight !== null) deps.emit({ type: 'used_weight', weight });
  const pause = deps.pause.note({ httpStatus: status, retryAfter: headers.get('retry-after'), text });
  if (pause !== null) deps.emit({ type: 'backoff', ...pause });
}

async function readBody(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new Error(`reply of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number, abort: AbortController): Promise<T> {
  const limitMs = Math.min(timeoutMs, LONGEST_TIMEOUT_MS);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no complete reply within ${limitMs} ms`));
      abort.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

function dateOf(headers: Headers): number | null {
  const ms = Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) ? ms : null;
}

/** The body is plain by now. */
function plainHeaders(given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return headers;
}

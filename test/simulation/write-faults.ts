/** What may happen to a write and its reply, by the numbers of INVARIANTS.md. */
import type { Random } from './random.ts';

/** What comes back; null: nothing ever does. */
export interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly retryAfterS: number | null;
}

export interface WriteFault {
  readonly name: string;
  /** Whether the exchange gets to see it. */
  readonly delivered: boolean;
  readonly reply: (real: RawReply) => RawReply | null;
  /** The connection breaks at once, and tells so; else nothing is told until the deadline. */
  readonly breaks?: boolean;
  /** How much later than usual it comes back. */
  readonly delayMs: number;
  /** What comes back is of somebody who does not wait for the exchange: the write may arrive after it. */
  readonly overtakes?: boolean;
}

const TOO_LATE = '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}';
const HTML = '<html><head><title>Maintenance</title></head><body>Please wait.</body></html>';

type Make = (random: Random) => Omit<WriteFault, 'name'>;

const lost: Make = () => ({ delivered: false, reply: () => null, delayMs: 0 });
const swallowed: Make = () => ({ delivered: true, reply: () => null, delayMs: 0 });
const text =
  (change: (text: string) => string, status = 200): Make =>
  () => ({ delivered: true, reply: (real) => ({ ...real, status, text: change(real.text) }), delayMs: 0 });
/** An answer of somebody in between, who may or may not have handed it on. */
const between =
  (status: number, body: string): Make =>
  (random) => ({
    delivered: random.chance(0.5),
    reply: () => ({ status, text: body, retryAfterS: null }),
    delayMs: 0,
    overtakes: true,
  });
const refusal =
  (
    status: number,
    code: number | null,
    msg: string,
    retryAfter: readonly [number, number] | null = null,
  ): Make =>
  (random) => ({
    delivered: false,
    reply: () => ({
      status,
      text: code === null ? msg : JSON.stringify({ code, msg }),
      retryAfterS: retryAfter === null ? null : random.whole(...retryAfter),
    }),
    delayMs: 0,
  });

const MAKERS: Readonly<Record<string, Make>> = {
  F1_hang_before_delivery: lost,
  F2_executed_reply_lost: swallowed,
  F3_headers_then_hang: swallowed,
  F4_reset: (random) => ({
    ...{ delivered: random.chance(0.7), reply: () => null, breaks: true, delayMs: 0, overtakes: true },
  }),
  F5_truncated: text((body) => body.slice(0, body.length >> 1)),
  F6_html: text(() => HTML),
  F7_empty: text(() => ''),
  F8_empty_object: text(() => '{}'),
  F9_bad_gateway: between(502, ''),
  F10_503_unknown: between(
    503,
    '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}',
  ),
  F11_timeout_code: between(408, '{"code":-1007,"msg":"Timeout waiting for response from backend server."}'),
  F12_unexpected_response: between(400, '{"code":-1006,"msg":"An unexpected response was received."}'),
  F13_unknown_code: between(400, '{"code":-9876,"msg":"New in this version."}'),
  // Somebody in between tried twice: what it timed out on was taken, and the second try refused.
  F13_refusal_under_408: (random) => ({
    ...between(408, TOO_LATE)(random),
    delivered: random.chance(0.9),
  }),
  F14_other_order: text((body) => body.replace(/"(clientOrderId|clientAlgoId)":"[^"]*"/, '"$1":"not_yours"')),
  F15_late: () => ({ delivered: true, reply: (real) => real, delayMs: 30_000 }),
  F16_503_unavailable: refusal(503, null, 'Service Unavailable.'),
  F17_overloaded: refusal(503, -1008, 'Request throttled by system-level protection.'),
  F18_429: refusal(429, -1003, 'Too many requests.', [5, 60]),
  F19_418: refusal(418, -1003, 'Way too many requests; IP banned.', [60, 400]),
  F20_403: refusal(403, null, 'Forbidden'),
  F21_timestamp: refusal(400, -1021, 'Timestamp for this request is outside of the recvWindow.'),
  F22_key: refusal(401, -2015, 'Invalid API-key, IP, or permissions for action.'),
  F23_reduce_only: refusal(400, -2022, 'ReduceOnly Order is rejected.'),
  F24_unknown_order: refusal(400, -2011, 'Unknown order sent.'),
  F25_duplicate: refusal(400, -4116, 'ClientOrderId is duplicated.'),
  F26_maintenance: between(503, HTML),
};

/** Their names. */
export const WRITE_FAULTS: readonly string[] = Object.keys(MAKERS);

/** The one with this number, round and round. */
export function writeFault(random: Random, number: number): WriteFault {
  const name = WRITE_FAULTS[number % WRITE_FAULTS.length] ?? '';
  const make = MAKERS[name] ?? lost;
  return { name, ...make(random) };
}

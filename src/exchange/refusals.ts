/**
 * The exchange's documented ways of saying that a write did not take effect.
 *
 * Sources, both of developers.binance.com/docs/derivatives/usds-margined-futures: the page "Error Codes" and the page
 * "General Info", section "HTTP Return Codes" and "HTTP 503 Status", in their text after the change of 2025-10-23 (-1008
 * exempts reduce-only orders); read 2026-11-23 from public copies and held against the table of ccxt 4.5.84.
 */
import type { WriteRequest } from './exchange.ts';

/** Refused before any order is looked at: rights, timestamp, signature, and parameters that we send. */
const ANY_WRITE: readonly number[] = [
  -1002, -1011, -1020, -1021, -1022, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1121, -1128, -1130,
  -2014, -2015, -2017,
];

/**
 * Refused as an order: unsupported combination, precision, timeInForce, type, side, client id, response type; rejected by
 * name (-2010, -2022, -4118, -4131, -5028), for balance, margin or the number of orders; a filter of price, quantity, tick,
 * step or notional; position side, reduceOnly, account and symbol rules.
 */
const NEW_ORDER: readonly number[] = [
  -1014, -1111, -1114, -1115, -1116, -1117, -1118, -1136, -2010, -2018, -2019, -2022, -2025, -2026, -4001,
  -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4060, -4061, -4062, -4087, -4088,
  -4118, -4131, -4141, -4164, -4192, -4400, -4401, -5028,
];

/** The id of the order to cancel was empty. */
const CANCEL: readonly number[] = [-1119];

/**
 * Codes that mean "refused, nothing happened" for this kind of write. A code that is documented for other requests alone
 * (leverage, margin, transfers, listen keys, trigger prices), one whose text does not say that the order was refused
 * (-1013, -1108, -1109, -1112, -2016, -2020, -2023, -2024, -2027), one that leaves the outcome open (-1000, -1001, -1006,
 * -1007, -1016, -2011, -2013, -4116) and one that the page doesn't list is none of them.
 */
export const DEFINITE_REFUSALS: Readonly<Record<WriteRequest['kind'], ReadonlySet<number>>> = {
  cancel: new Set([...ANY_WRITE, ...CANCEL]),
  flatten: new Set([...ANY_WRITE, ...NEW_ORDER]),
};

/** The statuses those codes come with. HTTP 408 is "timeout waiting for a response from the backend", whatever its code. */
const REFUSING: ReadonlySet<number> = new Set([400, 401]);

/** How long to stay away when the exchange asks for it without saying how long, in milliseconds. */
export const PAUSE_MS = { rateLimit: 60_000, ban: 300_000, firewall: 300_000, overloaded: 10_000 } as const;

/** Tells whether a reply to a write proves that nothing was executed. */
export function isDefinite(
  kind: WriteRequest['kind'],
  reply: { readonly httpStatus: number; readonly code: number | null; readonly message: string },
): boolean {
  const { httpStatus, code, message } = reply;
  if (isRefusedAtTheDoor(httpStatus) || isUnavailable(httpStatus, message)) return true;
  if (httpStatus === 503) return code === -1008;
  return REFUSING.has(httpStatus) && code !== null && DEFINITE_REFUSALS[kind].has(code);
}

/** Says why nobody should go on writing after a refusal, or null: the key or this address is not wanted any more. */
export function endsWriting(refusal: {
  readonly httpStatus: number | null;
  readonly code: number | null;
}): string | null {
  if (refusal.httpStatus === 403) return "refused by the exchange's firewall (403)";
  const isKey = refusal.code !== null && KEY_REFUSED.has(refusal.code);
  return isKey ? `the exchange refuses the key (${refusal.code})` : null;
}

/** Not authorised, signature, format, rights or address, locked. */
const KEY_REFUSED: ReadonlySet<number> = new Set([-1002, -1022, -2014, -2015, -2017]);

/** HTTP 429, 418 and 403 (rate limit, ban, firewall) are answered before the order system sees the request. */
export function isRefusedAtTheDoor(httpStatus: number): boolean {
  return httpStatus === 429 || httpStatus === 418 || httpStatus === 403;
}

/** Tells whether to stay away for a while: -1008 with any error status, and a 503 "Service Unavailable.". */
export function isOverloaded(httpStatus: number, code: number | null, message: string): boolean {
  return (httpStatus >= 400 && code === -1008) || isUnavailable(httpStatus, message);
}

/**
 * HTTP 503 comes in kinds: exactly "Service Unavailable." and code -1008 are failures; "Unknown error, please check your
 * request or try again later." means that the status is unknown, and anything else is taken for that.
 */
function isUnavailable(httpStatus: number, message: string): boolean {
  return httpStatus === 503 && /^service unavailable\.?$/i.test(message.trim());
}

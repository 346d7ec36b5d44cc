/** Request weight and order counts by fixed windows, with the 429 and then the 418 of the exchange. */
import { reject } from './rejections.ts';
import type { Rejection } from './types.ts';

/** What a request costs: weight by address, orders by account. */
export interface Charge {
  readonly weight: number;
  readonly orders: number;
}

/** The headers to send, and the refusal when a limit is passed. */
export interface LimitVerdict {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Rejection;
}

/** The counters of one address and account. */
export interface Limits {
  /** Counts a request and says whether it may pass. */
  charge(charge: Charge, nowMs: number): LimitVerdict;
}

/** Request weight an address has a minute. */
export const WEIGHT_LIMIT_1M = 2400;
/** New orders an account has in ten seconds. */
export const ORDER_LIMIT_10S = 300;
/** New orders an account has a minute. */
export const ORDER_LIMIT_1M = 1200;
/** Requests sent into a 429 before the address is banned. */
const DEFIANCE_LIMIT = 20;
const BAN_MS = 120_000;

/** Creates counters at zero. */
export function createLimits(): Limits {
  const weight = createWindow(60_000);
  const orders10s = createWindow(10_000);
  const orders1m = createWindow(60_000);
  let bannedUntilMs = 0;
  let defiance = 0;

  return {
    charge({ weight: cost, orders }, nowMs) {
      if (nowMs < bannedUntilMs) return refused(banned(bannedUntilMs), bannedUntilMs - nowMs);
      const used = weight.add(cost, nowMs);
      if (used > WEIGHT_LIMIT_1M) {
        defiance += 1;
        if (defiance > DEFIANCE_LIMIT) {
          bannedUntilMs = nowMs + BAN_MS;
          defiance = 0;
          return refused(banned(bannedUntilMs), BAN_MS);
        }
        return refused(TOO_MANY_REQUESTS, weight.leftMs(nowMs), usedHeaders(used));
      }
      defiance = 0;
      const in10s = orders10s.add(orders, nowMs);
      const in1m = orders1m.add(orders, nowMs);
      const headers = {
        ...usedHeaders(used),
        ...(orders > 0
          ? { 'X-MBX-ORDER-COUNT-10S': String(in10s), 'X-MBX-ORDER-COUNT-1M': String(in1m) }
          : {}),
      };
      if (orders > 0 && in10s > ORDER_LIMIT_10S)
        return refused(
          tooManyOrders(`${ORDER_LIMIT_10S} orders per TEN_SECONDS`),
          orders10s.leftMs(nowMs),
          headers,
        );
      if (orders > 0 && in1m > ORDER_LIMIT_1M)
        return refused(tooManyOrders(`${ORDER_LIMIT_1M} orders per MINUTE`), orders1m.leftMs(nowMs), headers);
      return { headers };
    },
  };
}

const TOO_MANY_REQUESTS = reject(
  -1003,
  `Too many requests; current limit of IP(127.0.0.1) is ${WEIGHT_LIMIT_1M} requests per minute. Please use the websocket for live updates to avoid polling the API.`,
  429,
);

function banned(untilMs: number): Rejection {
  return reject(
    -1003,
    `Way too many requests; IP(127.0.0.1) banned until ${untilMs}. Please use the websocket for live updates to avoid bans.`,
    418,
  );
}

function tooManyOrders(limit: string): Rejection {
  return reject(-1015, `Too many new orders; current limit is ${limit}.`, 429);
}

function refused(
  refusal: Rejection,
  waitMs: number,
  headers: Readonly<Record<string, string>> = {},
): LimitVerdict {
  return { refusal, headers: { ...headers, 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) } };
}

function usedHeaders(used: number): Readonly<Record<string, string>> {
  return { 'X-MBX-USED-WEIGHT-1M': String(used) };
}

function createWindow(lengthMs: number): {
  add(amount: number, nowMs: number): number;
  leftMs(nowMs: number): number;
} {
  let windowStart = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    add(amount, nowMs) {
      const start = nowMs - (nowMs % lengthMs);
      if (start !== windowStart) {
        windowStart = start;
        used = 0;
      }
      used += amount;
      return used;
    },
    leftMs: (nowMs) => lengthMs - (nowMs % lengthMs),
  };
}

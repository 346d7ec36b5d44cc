/** The exchange's documented ways of saying that a write did not take effect. */

/**
 * Codes that mean "refused, nothing happened", from the USD-M futures "Error Codes" page (read 2026-11), with HTTP 4xx.
 * Left out on purpose: -1000, -1001, -1006, -1007 (status unknown), -1016, -2011 and -2013 (the order must be queried: it may
 * have been filled), -4116 (an order with this id is open: query it), and every code that page doesn't list.
 */
export const DEFINITE_REFUSALS: ReadonlySet<number> = new Set([
  // 10xx, general: not authorised, limits, unsupported, timestamp, signature.
  -1002, -1003, -1008, -1011, -1013, -1014, -1015, -1020, -1021, -1022,
  // 11xx, malformed requests.
  -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1109, -1110, -1111, -1112, -1113, -1114, -1115,
  -1116, -1117, -1118, -1119, -1120, -1121, -1125, -1127, -1128, -1130, -1136,
  // 20xx, processing: rejected order, key, balance, margin, trigger, reduce-only, liquidation, order count.
  -2010, -2014, -2015, -2016, -2017, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026, -2027,
  -2028,
  // 40xx, filters: price, quantity, tick, step, client id, counts.
  -4000, -4001, -4002, -4003, -4004, -4005, -4006, -4007, -4008, -4009, -4010, -4011, -4012, -4013, -4014,
  -4015, -4016, -4017, -4018, -4021, -4022, -4023, -4024, -4025, -4026, -4029, -4030, -4031, -4044, -4045,
  -4055,
  // 4xxx, mode, account and order rules: position side, reduce-only, price band, notional, quantitative rules.
  -4060,
  -4061, -4062, -4086, -4087, -4088, -4104, -4109, -4114, -4118, -4120, -4131, -4137, -4138, -4139, -4140,
  -4141, -4142, -4144, -4164, -4183, -4184, -4192, -4202, -4203, -4400, -4401,
  // 50xx, matching: fill-or-kill, post-only, outside the matching engine's window.
  -5021, -5022, -5028,
]);

/** How long to stay away when the exchange asks for it without saying how long, in milliseconds. */
export const PAUSE_MS = { rateLimit: 60_000, ban: 300_000, firewall: 300_000, overloaded: 10_000 } as const;

/** HTTP 429, 418 and 403 are answered before the order system sees the request ("General Info", read 2026-11). */
export function isRefusedAtTheDoor(httpStatus: number): boolean {
  return httpStatus === 429 || httpStatus === 418 || httpStatus === 403;
}

/**
 * HTTP 503 comes in kinds ("General Info", read 2026-11): "Service Unavailable." and code -1008 are failures; "Unknown
 * error, please check your request or try again later." means that the execution status is unknown.
 */
export function isOverloaded(httpStatus: number, code: number | null, message: string): boolean {
  if (code === -1008) return httpStatus === 503 || httpStatus === 429 || httpStatus === 400;
  return httpStatus === 503 && /^service unavailable\b/i.test(message.trim());
}

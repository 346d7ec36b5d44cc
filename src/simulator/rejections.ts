/** Refusals with the codes, messages and HTTP statuses of the USD-M error-code page (read 2026-11). */
import type { Rejection } from './types.ts';

/** Builds a refusal; HTTP 400 unless told otherwise. */
export function reject(code: number, msg: string, status = 400): Rejection {
  return { kind: 'rejected', code, msg, status };
}

/** Tells a refusal from any other result. */
export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'rejected';
}

/** -1102 for a parameter that is absent, empty or malformed. */
export function missing(name: string): Rejection {
  return reject(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
}

/** The refusals without a variable part. */
export const refusals = {
  badSignature: reject(-1022, 'Signature for this request is not valid.'),
  badKeyFormat: reject(-2014, 'API-key format invalid.', 401),
  badKey: reject(-2015, 'Invalid API-key, IP, or permissions for action, request ip: 127.0.0.1', 401),
  late: reject(-1021, 'Timestamp for this request is outside of the recvWindow.'),
  ahead: reject(-1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  symbol: reject(-1121, 'Invalid symbol.'),
  orderType: reject(-1116, 'Invalid orderType.'),
  side: reject(-1117, 'Invalid side.'),
  timeInForce: reject(-1115, 'Invalid timeInForce.'),
  precision: reject(-1111, 'Precision is over the maximum defined for this asset.'),
  reduceOnlyInHedge: reject(-1106, "Parameter 'reduceonly' sent when not required."),
  unknownOrder: reject(-2011, 'Unknown order sent.'),
  noOrder: reject(-2013, 'Order does not exist.'),
  margin: reject(-2019, 'Margin is insufficient.'),
  reduceOnly: reject(-2022, 'ReduceOnly Order is rejected.'),
  wouldTrigger: reject(-2021, 'Order would immediately trigger.'),
  quantityZero: reject(-4003, 'Quantity less than or equal to zero.'),
  quantityMin: reject(-4004, 'Quantity less than min quantity.'),
  quantityMax: reject(-4005, 'Quantity greater than max quantity.'),
  tick: reject(-4014, 'Price not increased by tick size.'),
  clientId: reject(-4015, 'Client order id is not valid.'),
  step: reject(-4023, 'Qty not increased by step size.'),
  tooManyOrders: reject(-2025, 'Reach max open order limit.'),
  positionSide: reject(-4061, "Order's position side does not match user's setting."),
  duplicate: reject(-4116, 'ClientOrderId is duplicated.'),
  algoEndpoint: reject(
    -4120,
    'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
  ),
  fok: reject(-5021, 'Due to the order could not be filled immediately, the FOK order has been rejected.'),
  postOnly: reject(
    -5022,
    'Due to the order could not be executed as maker, the Post Only order will be rejected.',
  ),
  listenKey: reject(-1125, 'This listenKey does not exist.'),
} as const;

/** -4164 naming the symbol's smallest notional in USDT. */
export function minNotional(limit: string): Rejection {
  return reject(-4164, `Order's notional must be no smaller than ${limit} (unless you choose reduce only).`);
}

/** -4016 or -4024: a price beyond the percent-price band around the mark. */
export function priceBand(side: 'BUY' | 'SELL', limit: string): Rejection {
  return side === 'BUY'
    ? reject(-4016, `Limit price can't be higher than ${limit}.`)
    : reject(-4024, `Limit price can't be lower than ${limit}.`);
}

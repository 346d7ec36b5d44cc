/** The endpoints that change something: orders, conditional orders and listen keys. */

import { findAlgo, findOrder } from './lookup.ts';
import { isOpen } from './matching.ts';
import { type Params, parseAlgo, parseOrder, parseSymbol } from './params.ts';
import { isRejection, missing, refusals } from './rejections.ts';
import { type Json, renderAlgo, renderOrder } from './render.ts';
import { flat, type Route, type RouteContext } from './route.ts';
import type { Rejection } from './types.ts';

/** Endpoints by method and path. */
export const WRITE_ROUTES: Readonly<Record<string, Route>> = {
  'POST /fapi/v1/order': signed(flat(0, 1), placeOrder),
  'DELETE /fapi/v1/order': signed(flat(1), cancelOrder),
  'DELETE /fapi/v1/allOpenOrders': signed(flat(1), cancelAll),
  'POST /fapi/v1/batchOrders': signed(flat(5, 5), placeBatch),
  'DELETE /fapi/v1/batchOrders': signed(flat(1), cancelBatch),
  'POST /fapi/v1/algoOrder': signed(flat(0, 1), placeAlgo),
  'DELETE /fapi/v1/algoOrder': signed(flat(1), cancelAlgo),
  'DELETE /fapi/v1/algoOpenOrders': signed(flat(1), cancelAllAlgo),
  'POST /fapi/v1/listenKey': keyed(({ listenKeys, nowMs }) => ({ listenKey: listenKeys.create(nowMs) })),
  'PUT /fapi/v1/listenKey': keyed(({ listenKeys, nowMs }) =>
    listenKeys.renew(nowMs) ? { listenKey: listenKeys.create(nowMs) } : refusals.listenKey,
  ),
  'DELETE /fapi/v1/listenKey': keyed(({ listenKeys }) => {
    listenKeys.close();
    return {};
  }),
};

function signed(charge: Route['charge'], handle: Route['handle']): Route {
  return { security: 'signed', charge, handle };
}

function keyed(handle: Route['handle']): Route {
  return { security: 'key', charge: flat(1), handle };
}

function placeOrder({ params, model, nextClientId, nowMs }: RouteContext): Json | Rejection {
  const request = parseOrder(params, nextClientId(), model.hedgeMode);
  if (isRejection(request)) return request;
  const order = model.place(request, nowMs);
  return isRejection(order) ? order : renderOrder(order);
}

function cancelOrder(context: RouteContext): Json | Rejection {
  const named = findOrder({ params: context.params, view: context.model.view() }, refusals.unknownOrder);
  if (isRejection(named)) return named;
  const order = context.model.cancel(named.orderId, context.nowMs);
  return isRejection(order) ? order : renderOrder(order);
}

function cancelAll({ params, model, nowMs }: RouteContext): Json | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  for (const order of model.view().orders.values())
    if (order.symbol === symbol && isOpen(order)) model.cancel(order.orderId, nowMs);
  return { code: 200, msg: 'The operation of cancel all open order is done.' };
}

function placeBatch(context: RouteContext): readonly Json[] | Rejection {
  const rows = parseJsonList(context.params['batchOrders']);
  if (rows === undefined || rows.length === 0 || rows.length > 5) return missing('batchOrders');
  return rows.map((row) => asBatchItem(placeOrder({ ...context, params: toParams(row) })));
}

function cancelBatch(context: RouteContext): readonly Json[] | Rejection {
  const symbol = parseSymbol(context.params);
  if (isRejection(symbol)) return symbol;
  const byId = parseJsonList(context.params['orderidlist'] ?? context.params['orderIdList']) ?? [];
  const byClient =
    parseJsonList(context.params['origclientorderidlist'] ?? context.params['origClientOrderIdList']) ?? [];
  const names: readonly Params[] = [
    ...byId.map((id) => ({ symbol, orderId: String(id) })),
    ...byClient.map((id) => ({ symbol, origClientOrderId: String(id) })),
  ];
  if (names.length === 0 || names.length > 10) return missing('orderIdList');
  return names.map((params) => asBatchItem(cancelOrder({ ...context, params })));
}

function placeAlgo({ params, model, nextClientId, nowMs }: RouteContext): Json | Rejection {
  const request = parseAlgo(params, nextClientId(), model.hedgeMode);
  if (isRejection(request)) return request;
  const algo = model.algo.place(request, nowMs);
  return isRejection(algo) ? algo : renderAlgo(algo);
}

function cancelAlgo({ params, model, nowMs }: RouteContext): Json | Rejection {
  const named = findAlgo({ params, view: model.view() }, refusals.unknownOrder);
  if (isRejection(named)) return named;
  const algo = model.algo.cancel(named.algoId, nowMs);
  if (isRejection(algo)) return algo;
  return { algoId: algo.algoId, clientAlgoId: algo.clientAlgoId, code: '200', msg: 'success' };
}

function cancelAllAlgo({ params, model, nowMs }: RouteContext): Json | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  for (const algo of model.view().algos.values())
    if (algo.symbol === symbol && algo.status === 'NEW') model.algo.cancel(algo.algoId, nowMs);
  return { code: 200, msg: 'The operation of cancel all open order is done.' };
}

function asBatchItem(result: Json | Rejection): Json {
  return isRejection(result) ? { code: result.code, msg: result.msg } : result;
}

function parseJsonList(text: string | undefined): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function toParams(row: unknown): Params {
  if (typeof row !== 'object' || row === null) return {};
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));
}

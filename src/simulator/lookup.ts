/** Finds the order a request names, by the exchange's id or by the client's. */
import { isOpen } from './matching.ts';
import { parseSymbol } from './params.ts';
import { isRejection, missing, refusals } from './rejections.ts';
import type { RouteContext } from './route.ts';
import type { AlgoOrder, Order, Rejection } from './types.ts';

/** An order by orderId, else by origClientOrderId; among equal client ids the open one, else the newest. */
export function findOrder(
  { params, view }: Pick<RouteContext, 'params' | 'view'>,
  absent: Rejection = refusals.noOrder,
): Order | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  const { orderId, origClientOrderId } = params;
  if (orderId === undefined && origClientOrderId === undefined) return missing('orderId');
  const named = [...view.orders.values()].filter(
    (order) =>
      order.symbol === symbol &&
      (orderId === undefined || String(order.orderId) === orderId) &&
      (origClientOrderId === undefined || order.clientOrderId === origClientOrderId),
  );
  return named.find(isOpen) ?? named.at(-1) ?? absent;
}

/** A conditional order by algoId, else by clientAlgoId; the waiting one first. */
export function findAlgo(
  { params, view }: Pick<RouteContext, 'params' | 'view'>,
  absent: Rejection,
): AlgoOrder | Rejection {
  const { algoId, clientAlgoId } = params;
  if (algoId === undefined && clientAlgoId === undefined) return missing('algoId');
  const named = [...view.algos.values()].filter(
    (algo) =>
      (algoId === undefined || String(algo.algoId) === algoId) &&
      (clientAlgoId === undefined || algo.clientAlgoId === clientAlgoId),
  );
  return named.find((algo) => algo.status === 'NEW') ?? named.at(-1) ?? absent;
}

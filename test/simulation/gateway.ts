/** The model exchange's order entry: what a write that arrives does to the truth, and the reply it would get. */
import type { Random } from './random.ts';
import { thousandths } from './rows.ts';
import type { Truth, TruthOrder } from './truth.ts';

/** A request as it arrives. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface GatewayReply {
  readonly status: number;
  readonly body: unknown;
  /** The exchange took it. */
  readonly executed: boolean;
  /** It changed the account's orders or positions. */
  readonly moved: boolean;
}

/** Carries out one write; one that comes too late by its own word is refused, as is one from the future. */
export function carryOut(truth: Truth, random: Random, request: Arrived, nowMs: number): GatewayReply {
  const { method, path, params } = request;
  const ageMs = nowMs - Number(params['timestamp']);
  if (ageMs > Number(params['recvWindow']) || ageMs < -1000)
    return refused(400, -1021, 'Timestamp for this request is outside of the recvWindow.');
  if (method === 'DELETE' && path === '/fapi/v1/order') return cancel(truth, params, false);
  if (method === 'DELETE' && path === '/fapi/v1/algoOrder') return cancel(truth, params, true);
  if (method === 'POST' && path === '/fapi/v1/order') return place(truth, random, params);
  return refused(404, -5000, `Path ${path}, Method ${method} is invalid`);
}

function cancel(truth: Truth, params: Arrived['params'], conditional: boolean): GatewayReply {
  const id = Number(conditional ? params['algoId'] : params['orderId']);
  const order = truth.order(id);
  if (order === undefined || order.conditional !== conditional) return unknownOrder();
  const ended = truth.cancel(id);
  if (ended === null) return unknownOrder();
  const body = conditional
    ? { algoId: id, clientAlgoId: ended.clientOrderId, code: '200', msg: 'success' }
    : orderBody(ended);
  return { status: 200, body, executed: true, moved: true };
}

function place(truth: Truth, random: Random, params: Arrived['params']): GatewayReply {
  const symbol = params['symbol'] ?? '';
  const side = params['side'] === 'BUY' ? 'BUY' : 'SELL';
  const positionSide =
    params['positionSide'] === 'LONG' || params['positionSide'] === 'SHORT' ? params['positionSide'] : 'BOTH';
  if (truth.hedge !== (positionSide !== 'BOTH'))
    return refused(400, -4061, "Order's position side does not match user's setting.");
  if (truth.hedge && params['reduceOnly'] !== undefined)
    return refused(400, -1106, "Parameter 'reduceonly' sent when not required.");
  const quantity = Math.round(Number(params['quantity']) * 1000);
  const { amount } = truth.position(symbol, positionSide);
  const signed = side === 'BUY' ? quantity : -quantity;
  const reduces = amount !== 0 && Math.sign(signed) === -Math.sign(amount);
  const reduceOnly = params['reduceOnly'] === 'true' || truth.hedge;
  if (reduceOnly && !reduces) return refused(400, -2022, 'ReduceOnly Order is rejected.');
  const isLimit = params['type'] === 'LIMIT';
  const price = isLimit ? Number(params['price']) : truth.mark(symbol);
  const order = truth.place({
    clientOrderId: params['newClientOrderId'] ?? '',
    symbol,
    side,
    positionSide,
    type: params['type'] ?? '',
    price,
    quantity,
    reduceOnly: params['reduceOnly'] === 'true',
    conditional: false,
    owner: 'repair',
  });
  const room = reduceOnly ? Math.min(quantity, Math.abs(amount)) : quantity;
  const reaches = side === 'BUY' ? price >= truth.mark(symbol) : price <= truth.mark(symbol);
  const filled = !reaches || random.chance(0.1) ? 0 : random.chance(0.3) ? random.whole(1, room) : room;
  if (filled > 0) truth.fill(order.orderId, filled);
  truth.expire(order.orderId);
  const after = truth.order(order.orderId) ?? order;
  return { status: 200, body: orderBody(after), executed: true, moved: filled > 0 };
}

function orderBody(order: TruthOrder): Readonly<Record<string, unknown>> {
  return {
    orderId: order.orderId,
    symbol: order.symbol,
    clientOrderId: order.clientOrderId,
    side: order.side,
    status: order.status,
    origQty: thousandths(order.quantity),
    executedQty: thousandths(order.filled),
  };
}

function unknownOrder(): GatewayReply {
  return refused(400, -2011, 'Unknown order sent.');
}

function refused(status: number, code: number, msg: string): GatewayReply {
  return { status, body: { code, msg }, executed: false, moved: false };
}

/** The control side's orders: somebody else on the same account, or a stray in our own identity. */
import { BigNumber } from 'bignumber.js';
import { z } from 'zod';
import type { Faults } from './faults.ts';
import { isOpen } from './matching.ts';
import type { Model } from './model.ts';
import { isRejection, refusals } from './rejections.ts';
import { renderAlgo, renderOrder } from './render.ts';
import type { RequestLog } from './request-log.ts';
import { strayRequest } from './stray.ts';
import type { UserStream } from './stream.ts';
import type { Trader } from './trader.ts';
import type { Order, OrderRequest } from './types.ts';

/** What the control side reaches into. */
export interface ControlDeps {
  readonly model: Model;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly stream: UserStream;
  readonly trader: Trader | undefined;
  readonly exchangeNow: () => number;
  readonly nextStray: () => number;
  readonly setClockOffset: (offsetMs: number) => void;
}

/** A decimal, as a string or as a number. */
export const decimalText = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^-?\d+(\.\d+)?$/.test(text), 'a decimal number such as "0.010"');

const placeSchema = z.strictObject({
  symbol: z.string(),
  clientOrderId: z.string().max(36).optional(),
  side: z.enum(['BUY', 'SELL']).default('BUY'),
  positionSide: z.enum(['BOTH', 'LONG', 'SHORT']).optional(),
  type: z.enum(['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET']).optional(),
  timeInForce: z.enum(['GTC', 'IOC', 'FOK', 'GTX']).default('GTC'),
  price: decimalText.optional(),
  quantity: decimalText.optional(),
  triggerPrice: decimalText.optional(),
  reduceOnly: z.boolean().default(false),
  closePosition: z.boolean().default(false),
});
type Place = z.infer<typeof placeSchema>;

const cancelSchema = z.strictObject({ clientOrderId: z.string().optional(), symbol: z.string().optional() });
const fillSchema = z.strictObject({ clientOrderId: z.string(), quantity: decimalText.optional() });

/** Handlers of /sim/orders and /sim/fills; they throw on what they can't read. */
export const controlOrders = { place, cancel, fill };

function place(deps: ControlDeps, raw: unknown): unknown {
  const input = placeSchema.parse(raw);
  const nowMs = deps.exchangeNow();
  const stray = strayRequest(deps.model, {
    symbol: input.symbol,
    side: input.side,
    nowMs,
    seq: deps.nextStray(),
  });
  const request: OrderRequest = {
    ...stray,
    clientOrderId: input.clientOrderId ?? stray.clientOrderId,
    positionSide: input.positionSide ?? stray.positionSide,
    type: input.type === 'MARKET' ? 'MARKET' : 'LIMIT',
    timeInForce: input.timeInForce,
    price: input.type === 'MARKET' ? new BigNumber(0) : new BigNumber(input.price ?? stray.price),
    quantity: new BigNumber(input.quantity ?? stray.quantity),
    reduceOnly: input.reduceOnly,
  };
  if (input.triggerPrice !== undefined) return placeAlgo(deps, input, request);
  const order = deps.model.place(request, nowMs);
  return isRejection(order) ? order : renderOrder(order);
}

function placeAlgo(deps: ControlDeps, input: Place, request: OrderRequest): unknown {
  const type =
    input.type === undefined || input.type === 'LIMIT' || input.type === 'MARKET'
      ? 'STOP_MARKET'
      : input.type;
  const { clientOrderId: clientAlgoId, type: _type, ...terms } = request;
  const algo = deps.model.algo.place(
    {
      ...terms,
      clientAlgoId,
      type,
      price: type.endsWith('MARKET') ? new BigNumber(0) : request.price,
      quantity: input.closePosition ? new BigNumber(0) : request.quantity,
      triggerPrice: new BigNumber(input.triggerPrice ?? 0),
      closePosition: input.closePosition,
    },
    deps.exchangeNow(),
  );
  return isRejection(algo) ? algo : renderAlgo(algo);
}

function cancel(deps: ControlDeps, raw: unknown): unknown {
  const { clientOrderId, symbol } = cancelSchema.parse(raw);
  const hit = (id: string, name: string): boolean =>
    (clientOrderId === undefined || clientOrderId === id) && (symbol === undefined || symbol === name);
  const view = deps.model.view();
  const orders = [...view.orders.values()].filter(
    (order) => isOpen(order) && hit(order.clientOrderId, order.symbol),
  );
  const algos = [...view.algos.values()].filter(
    (algo) => algo.status === 'NEW' && hit(algo.clientAlgoId, algo.symbol),
  );
  for (const order of orders) deps.model.cancel(order.orderId, deps.exchangeNow());
  for (const algo of algos) deps.model.algo.cancel(algo.algoId, deps.exchangeNow());
  return {
    canceled: [...orders.map((order) => order.clientOrderId), ...algos.map((algo) => algo.clientAlgoId)],
  };
}

function fill(deps: ControlDeps, raw: unknown): unknown {
  const { clientOrderId, quantity } = fillSchema.parse(raw);
  const order: Order | undefined = [...deps.model.view().orders.values()].find(
    (candidate) => isOpen(candidate) && candidate.clientOrderId === clientOrderId,
  );
  if (order === undefined) return refusals.unknownOrder;
  const filled = deps.model.fill(
    order.orderId,
    new BigNumber(quantity ?? order.quantity),
    deps.exchangeNow(),
  );
  return isRejection(filled) ? filled : renderOrder(filled);
}

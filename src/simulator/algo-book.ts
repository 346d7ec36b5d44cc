/** Conditional orders: they wait outside the order book and become orders when the price reaches their trigger. */
import type { BigNumber } from 'bignumber.js';
import { positionOf } from './admission.ts';
import type { Ledger } from './ledger.ts';
import { reducible } from './positions.ts';
import type { Prices } from './prices.ts';
import { isRejection, refusals, reject } from './rejections.ts';
import { findSymbol } from './symbols.ts';
import type { AlgoOrder, AlgoRequest, Order, OrderRequest, Rejection } from './types.ts';

/** The conditional-order service. */
export interface AlgoBook {
  place(request: AlgoRequest, nowMs: number): AlgoOrder | Rejection;
  /** Cancels a waiting order; -2011 when it is not waiting. */
  cancel(algoId: number, nowMs: number): AlgoOrder | Rejection;
  /** Turns what the symbol's last price has reached into orders. */
  trigger(symbol: string, nowMs: number): void;
}

/** What the conditional orders act on. */
export interface AlgoBookDeps {
  readonly ledger: Ledger;
  readonly prices: Prices;
  readonly hedgeMode: boolean;
  readonly place: (request: OrderRequest, nowMs: number) => Order | Rejection;
}

/** Creates an empty book over the account's ledger. */
export function createAlgoBook({ ledger, prices, hedgeMode, place }: AlgoBookDeps): AlgoBook {
  let nextAlgoId = 2_148_001;
  const waiting = (): readonly AlgoOrder[] =>
    [...ledger.live().algos.values()].filter((algo) => algo.status === 'NEW');

  function fire(algo: AlgoOrder, nowMs: number): void {
    const quantity = algo.closePosition
      ? reducible(positionOf(ledger.live(), algo), algo.side)
      : algo.quantity;
    const market = algo.price.isZero();
    const order = place(
      {
        clientOrderId: algo.clientAlgoId,
        symbol: algo.symbol,
        side: algo.side,
        positionSide: algo.positionSide,
        type: market ? 'MARKET' : 'LIMIT',
        timeInForce: algo.timeInForce,
        price: algo.price,
        quantity,
        reduceOnly: !hedgeMode && (algo.reduceOnly || algo.closePosition),
      },
      nowMs,
    );
    const ended = isRejection(order)
      ? ({ status: 'REJECTED' } as const)
      : ({ status: 'TRIGGERED', actualOrderId: String(order.orderId) } as const);
    ledger.putAlgo({ ...algo, ...ended, updatedAtMs: nowMs }, nowMs);
  }

  return {
    place(request, nowMs) {
      const refusal = refusalOfAlgo(request, hedgeMode, prices);
      if (refusal !== undefined) return refusal;
      if (waiting().some((algo) => algo.clientAlgoId === request.clientAlgoId)) return refusals.duplicate;
      const algo: AlgoOrder = {
        ...request,
        algoId: nextAlgoId++,
        status: 'NEW',
        actualOrderId: '',
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      return ledger.putAlgo(algo, nowMs);
    },
    cancel(algoId, nowMs) {
      const algo = ledger.live().algos.get(algoId);
      if (algo === undefined || algo.status !== 'NEW') return refusals.unknownOrder;
      return ledger.putAlgo({ ...algo, status: 'CANCELED', updatedAtMs: nowMs }, nowMs);
    },
    trigger(symbol, nowMs) {
      const last = prices.last(symbol);
      for (const algo of waiting()) if (algo.symbol === symbol && reached(algo, last)) fire(algo, nowMs);
    },
  };
}

function refusalOfAlgo(request: AlgoRequest, hedgeMode: boolean, prices: Prices): Rejection | undefined {
  const spec = findSymbol(request.symbol);
  if (spec === undefined) return refusals.symbol;
  if (hedgeMode === (request.positionSide === 'BOTH')) return refusals.positionSide;
  if (hedgeMode && request.reduceOnly) return refusals.reduceOnlyInHedge;
  if (request.closePosition && request.quantity.gt(0))
    return reject(-4137, 'Quantity must be zero with closePosition equals true.');
  if (!request.closePosition) {
    if (request.quantity.lte(0)) return refusals.quantityZero;
    if (!request.quantity.mod(spec.stepSize).isZero()) return refusals.precision;
  }
  if (!request.triggerPrice.mod(spec.tickSize).isZero()) return refusals.tick;
  const last = prices.last(request.symbol);
  return reached(request, last) ? refusals.wouldTrigger : undefined;
}

/** A stop waits for the price to move against it, a take-profit for the price to move with it. */
function reached(algo: AlgoRequest, last: BigNumber): boolean {
  const isStop = algo.type.includes('STOP');
  const above = isStop === (algo.side === 'BUY');
  return above ? last.gte(algo.triggerPrice) : last.lte(algo.triggerPrice);
}

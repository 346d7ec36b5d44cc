/** An exchange port that answers from memory and writes down what it was asked; it checks permits like the real one. */

import { decimal } from '../../src/engine/decimal.ts';
import { type Interlock, type Permit, refusal } from '../../src/engine/interlock.ts';
import type { ObservedOrder, ObservedPosition } from '../../src/engine/types.ts';
import type {
  DispatchResult,
  Exchange,
  OrderQueryResult,
  PositionQueryResult,
  WriteRequest,
} from '../../src/exchange/exchange.ts';

/** Answers to change in a test; `on…` hooks run before the answer is given. */
export interface Script {
  orders: ObservedOrder[];
  positions: ObservedPosition[];
  markPrice: string | null;
  order: (() => OrderQueryResult) | null;
  position: (() => PositionQueryResult) | null;
  /** Null executes: the order goes away, the position shrinks. */
  answer: ((write: WriteRequest) => DispatchResult | Promise<DispatchResult>) | null;
  onRead: () => void;
  onDispatch: (write: WriteRequest, permit: Permit) => void;
}

export function scriptedExchange(
  interlock: Interlock,
  tools: { readonly nowMonoMs: () => number; readonly hashRequest: (write: WriteRequest) => string },
): {
  readonly script: Script;
  readonly sent: WriteRequest[];
  readonly reads: string[];
  readonly exchange: Pick<Exchange, 'queryOrder' | 'queryPosition' | 'dispatch'>;
} {
  const script: Script = {
    orders: [],
    positions: [],
    markPrice: '60000',
    order: null,
    position: null,
    answer: null,
    onRead: () => undefined,
    onDispatch: () => undefined,
  };
  const sent: WriteRequest[] = [];
  const reads: string[] = [];
  return {
    script,
    sent,
    reads,
    exchange: {
      queryOrder: async ({ clientOrderId }) => {
        reads.push(clientOrderId);
        script.onRead();
        if (script.order !== null) return script.order();
        const order = script.orders.find((one) => one.clientOrderId === clientOrderId);
        return order === undefined ? { kind: 'not_found' } : { kind: 'found', order };
      },
      queryPosition: async (symbol) => {
        reads.push(symbol);
        script.onRead();
        if (script.position !== null) return script.position();
        const { markPrice } = script;
        return {
          kind: 'ok',
          positions: script.positions.filter((row) => row.symbol === symbol),
          prices: markPrice === null ? [] : [{ symbol, markPrice, atMs: 0, readAtMonoMs: 0 }],
        };
      },
      dispatch: async (write, permit) => {
        script.onDispatch(write, permit);
        const refused = refusal(interlock, permit, tools.hashRequest(write), tools.nowMonoMs());
        if (refused !== null) return { status: 'NOT_SENT', message: refused };
        sent.push(write);
        if (script.answer !== null) return script.answer(write);
        return carryOut(script, write);
      },
    },
  };
}

function carryOut(script: Script, write: WriteRequest): DispatchResult {
  if (write.kind === 'cancel') {
    script.orders = script.orders.filter((order) => order.orderId !== write.orderId);
    return { status: 'EXECUTED', orderId: write.orderId, executedQuantity: '0', orderStatus: 'CANCELED' };
  }
  script.positions = script.positions.flatMap((row) => {
    if (row.symbol !== write.symbol || row.positionSide !== write.positionSide) return [row];
    const amount = decimal(row.amount).plus(write.side === 'BUY' ? write.quantity : `-${write.quantity}`);
    return amount.isZero() ? [] : [{ ...row, amount: amount.toFixed() }];
  });
  return { status: 'EXECUTED', orderId: '77', executedQuantity: write.quantity, orderStatus: 'FILLED' };
}

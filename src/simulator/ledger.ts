/** The account's books: the only place where orders, fills and positions change, and where their events start. */
import { BigNumber } from 'bignumber.js';
import { mustReduce, positionOf } from './admission.ts';
import { isOpen } from './matching.ts';
import { applyFill, positionKey, reducible } from './positions.ts';
import type { Prices } from './prices.ts';
import type { AlgoOrder, ModelEvent, Order, OrderRequest, Position, Trade, View } from './types.ts';

/** What an order gets, at which price, as maker or taker. */
export interface LedgerFill {
  readonly quantity: BigNumber;
  readonly price: BigNumber;
  readonly maker: boolean;
}

/** The books and the ways to change them. */
export interface Ledger {
  /** The books as they are now; valid until the next change. */
  live(): View;
  /** A copy that later changes do not touch. */
  snapshot(): View;
  openOrders(symbol: string): readonly Order[];
  open(request: OrderRequest, nowMs: number): Order;
  /** Fills an order; a reduce-only order is filled up to what it may reduce and expires with the rest. */
  fill(order: Order, fill: LedgerFill, nowMs: number): Order;
  end(order: Order, status: 'CANCELED' | 'EXPIRED', nowMs: number): Order;
  adjust(key: string, position: Position, nowMs: number): Position;
  putAlgo(algo: AlgoOrder, nowMs: number): AlgoOrder;
  subscribe(listener: (event: ModelEvent) => void): () => void;
}

/** Ended orders and fills kept for queries. */
const HISTORY_LIMIT = 5000;
const OPENING_BALANCE_USDT = 10_000;

/** Creates empty books. */
export function createLedger(prices: Prices): Ledger {
  const orders = new Map<number, Order>();
  const algos = new Map<number, AlgoOrder>();
  const positions = new Map<string, Position>();
  const trades: Trade[] = [];
  const listeners = new Set<(event: ModelEvent) => void>();
  let balance = new BigNumber(OPENING_BALANCE_USDT);
  let nextOrderId = 8_389_765_000_001;
  let nextTradeId = 700_000_001;

  const emit = (event: ModelEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const live = (): View => ({ orders, algos, positions, trades, prices: prices.all(), balance });

  function put(order: Order, execution: 'NEW' | 'TRADE' | 'CANCELED' | 'EXPIRED', trade?: Trade): Order {
    orders.set(order.orderId, order);
    if (!isOpen(order)) forget();
    const atMs = order.updatedAtMs;
    emit({ kind: 'order', execution, order, atMs, ...(trade === undefined ? {} : { trade }) });
    return order;
  }

  function forget(): void {
    if (trades.length > HISTORY_LIMIT) trades.splice(0, trades.length - HISTORY_LIMIT);
    if (orders.size <= HISTORY_LIMIT * 2) return;
    const ended = [...orders.values()].filter((order) => !isOpen(order));
    for (const order of ended.slice(0, Math.max(0, ended.length - HISTORY_LIMIT)))
      orders.delete(order.orderId);
  }

  function end(order: Order, status: 'CANCELED' | 'EXPIRED', nowMs: number): Order {
    return put({ ...order, status, updatedAtMs: nowMs }, status);
  }

  function expireReducers(symbol: string, nowMs: number): void {
    for (const order of orders.values()) {
      if (order.symbol !== symbol || !isOpen(order) || !mustReduce(order)) continue;
      if (reducible(positionOf(live(), order), order.side).isZero()) end(order, 'EXPIRED', nowMs);
    }
  }

  function fill(order: Order, { quantity, price, maker }: LedgerFill, nowMs: number): Order {
    const before = positionOf(live(), order);
    const room = mustReduce(order) ? reducible(before, order.side) : quantity;
    const done = BigNumber.min(quantity, room);
    if (done.isZero()) return end(order, 'EXPIRED', nowMs);
    const { symbol, side, positionSide, orderId } = order;
    const after = applyFill(before, { side, price, quantity: done, atMs: nowMs });
    const filled = order.filled.plus(done);
    const trade: Trade = {
      tradeId: nextTradeId++,
      orderId,
      symbol,
      side,
      positionSide,
      price,
      quantity: done,
      realizedPnl: after.realizedPnl,
      maker,
      atMs: nowMs,
    };
    trades.push(trade);
    balance = balance.plus(after.realizedPnl);
    positions.set(positionKey(symbol, positionSide), after.position);
    emit({ kind: 'account', reason: 'ORDER', positions: [after.position], balance, atMs: nowMs });
    const status = filled.eq(order.quantity) ? 'FILLED' : 'PARTIALLY_FILLED';
    const cumQuote = order.cumQuote.plus(price.times(done));
    const updated = put({ ...order, filled, cumQuote, status, updatedAtMs: nowMs }, 'TRADE', trade);
    expireReducers(symbol, nowMs);
    return orders.get(orderId) ?? updated;
  }

  return {
    live,
    snapshot: () => ({
      ...live(),
      orders: new Map(orders),
      algos: new Map(algos),
      positions: new Map(positions),
      trades: [...trades],
    }),
    openOrders: (symbol) => [...orders.values()].filter((order) => order.symbol === symbol && isOpen(order)),
    open(request, nowMs) {
      const zero = new BigNumber(0);
      const opened = { status: 'NEW', filled: zero, cumQuote: zero } as const;
      const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
      return put({ ...request, ...opened, ...times, orderId: nextOrderId++ }, 'NEW');
    },
    fill,
    end,
    adjust(key, position, nowMs) {
      positions.set(key, position);
      emit({ kind: 'account', reason: 'ADJUSTMENT', positions: [position], balance, atMs: nowMs });
      expireReducers(position.symbol, nowMs);
      return position;
    },
    putAlgo(algo, nowMs) {
      algos.set(algo.algoId, algo);
      emit({ kind: 'algo', algo, atMs: nowMs });
      return algo;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

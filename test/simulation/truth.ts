/**
 * The model exchange's truth: one account's orders and positions, and whose each is. Quantities are whole thousandths.
 * Nobody else knows `owner` and `engineAmount`; the observer judges by them.
 */
import type { PositionSide, Side } from '../../src/engine/types.ts';

/** Whose an order is: the trading engine's, one of ours gone astray, somebody else's, or a repair of the program. */
export type OrderOwner = 'engine' | 'stray' | 'foreign' | 'crafted' | 'repair';

export interface TruthOrder {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: string;
  readonly price: number;
  readonly quantity: number;
  readonly filled: number;
  readonly status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';
  readonly reduceOnly: boolean;
  readonly conditional: boolean;
  readonly owner: OrderOwner;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface TruthPosition {
  readonly symbol: string;
  readonly positionSide: PositionSide;
  readonly amount: number;
  /** The part of it that the engine's own fills made. */
  readonly engineAmount: number;
  readonly updatedAtMs: number;
}

export interface TruthView {
  readonly atMs: number;
  readonly orders: readonly TruthOrder[];
  readonly positions: readonly TruthPosition[];
}

export type NewOrder = Omit<TruthOrder, 'orderId' | 'filled' | 'status' | 'createdAtMs' | 'updatedAtMs'>;

export interface TruthChange {
  readonly order: TruthOrder | null;
  readonly position: TruthPosition | null;
}

export interface Truth {
  readonly hedge: boolean;
  readonly order: (orderId: number) => TruthOrder | undefined;
  /** The newest one with this client id on a symbol. */
  readonly byClientId: (symbol: string, clientOrderId: string) => TruthOrder | undefined;
  readonly openOrders: () => readonly TruthOrder[];
  readonly position: (symbol: string, side: PositionSide) => TruthPosition;
  readonly place: (order: NewOrder) => TruthOrder;
  readonly cancel: (orderId: number) => TruthOrder | null;
  /** Ends one without a fill more, as an IOC order's rest. */
  readonly expire: (orderId: number) => void;
  readonly fill: (orderId: number, quantity: number) => void;
  /** An order is the engine's from now on. */
  readonly adopt: (orderId: number) => void;
  /** So is all of a position. */
  readonly claim: (symbol: string, side: PositionSide) => void;
  /** Somebody trades by hand. */
  readonly adjust: (symbol: string, side: PositionSide, by: number) => void;
  readonly mark: (symbol: string) => number;
  readonly movePrice: (symbol: string, factor: number) => void;
  /** The account as it is, or as it was so long ago, as far as remembered. */
  readonly view: (agoMs?: number) => TruthView;
  readonly subscribe: (listener: (change: TruthChange) => void) => void;
}

const REMEMBERED = 30;

/** An empty account. */
export function createTruth(nowMs: () => number, hedge: boolean): Truth {
  const orders = new Map<number, TruthOrder>();
  const newest = new Map<string, number>();
  const positions = new Map<string, TruthPosition>();
  const prices = new Map([
    ['BTCUSDT', 60_000],
    ['ETHUSDT', 3000],
    ['XRPUSDT', 2],
  ]);
  const listeners: ((change: TruthChange) => void)[] = [];
  let history: TruthView[] = [];
  let nextId = 1000;

  const openOrders = (): readonly TruthOrder[] => [...orders.values()].filter(isOpen);
  const tell = (change: TruthChange): void => {
    history = [...history, current()].slice(-REMEMBERED);
    for (const listener of listeners) listener(change);
  };
  const current = (): TruthView => ({
    atMs: nowMs(),
    orders: openOrders(),
    positions: [...positions.values()].filter(({ amount }) => amount !== 0),
  });
  const position = (symbol: string, positionSide: PositionSide): TruthPosition =>
    positions.get(`${symbol}/${positionSide}`) ?? {
      symbol,
      positionSide,
      amount: 0,
      engineAmount: 0,
      updatedAtMs: 0,
    };
  const move = (
    symbol: string,
    side: PositionSide,
    by: { amount: number; engine: number },
  ): TruthPosition => {
    const before = position(symbol, side);
    const after = {
      ...before,
      amount: before.amount + by.amount,
      engineAmount: before.engineAmount + by.engine,
      updatedAtMs: nowMs(),
    };
    positions.set(`${symbol}/${side}`, after);
    return after;
  };
  const put = (order: TruthOrder): TruthOrder => {
    orders.set(order.orderId, order);
    return order;
  };
  const end = (orderId: number, status: 'CANCELED' | 'EXPIRED'): TruthOrder | null => {
    const order = orders.get(orderId);
    if (order === undefined || !isOpen(order)) return null;
    const ended = put({ ...order, status, updatedAtMs: nowMs() });
    tell({ order: ended, position: null });
    forget();
    return ended;
  };
  /** Ended orders are known to queries for a while. */
  const forget = (): void => {
    for (const [id, order] of orders) {
      if (orders.size < 200) return;
      if (!isOpen(order)) orders.delete(id);
    }
  };

  return {
    hedge,
    order: (orderId) => orders.get(orderId),
    byClientId: (symbol, clientOrderId) => orders.get(newest.get(`${symbol} ${clientOrderId}`) ?? -1),
    openOrders,
    position,
    place: (order) => {
      nextId += 1;
      newest.set(`${order.symbol} ${order.clientOrderId}`, nextId);
      const at = nowMs();
      const placed = put({
        ...order,
        orderId: nextId,
        filled: 0,
        status: 'NEW',
        createdAtMs: at,
        updatedAtMs: at,
      });
      tell({ order: placed, position: null });
      return placed;
    },
    cancel: (orderId) => end(orderId, 'CANCELED'),
    expire: (orderId) => {
      end(orderId, 'EXPIRED');
    },
    fill: (orderId, quantity) => {
      const order = orders.get(orderId);
      if (order === undefined || !isOpen(order)) return;
      const traded = Math.min(quantity, order.quantity - order.filled);
      const filled = order.filled + traded;
      const status = filled === order.quantity ? 'FILLED' : 'PARTIALLY_FILLED';
      const signed = order.side === 'BUY' ? traded : -traded;
      const after = put({ ...order, filled, status, updatedAtMs: nowMs() });
      const engine = order.owner === 'engine' ? signed : 0;
      const moved = move(order.symbol, order.positionSide, { amount: signed, engine });
      tell({ order: after, position: moved });
    },
    adopt: (orderId) => {
      const order = orders.get(orderId);
      if (order !== undefined) put({ ...order, owner: 'engine' });
    },
    claim: (symbol, side) => {
      const held = position(symbol, side);
      positions.set(`${symbol}/${side}`, { ...held, engineAmount: held.amount });
    },
    adjust: (symbol, side, by) => {
      // In hedge mode no more can be closed on a side than there is.
      const amount = hedge ? Math.max(by, -position(symbol, side).amount) : by;
      if (amount !== 0) tell({ order: null, position: move(symbol, side, { amount, engine: 0 }) });
    },
    mark: (symbol) => prices.get(symbol) ?? 1,
    movePrice: (symbol, factor) => {
      prices.set(symbol, Math.round((prices.get(symbol) ?? 1) * factor * 100) / 100);
    },
    view: (agoMs = 0) => {
      if (agoMs === 0) return current();
      const wanted = nowMs() - agoMs;
      return history.findLast(({ atMs }) => atMs <= wanted) ?? history[0] ?? current();
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}

/** Tells whether an order still rests. */
export function isOpen(order: Pick<TruthOrder, 'status'>): boolean {
  return order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';
}

/** Tells whether an order can only shrink a position or waits for a price: by its flags, or by closing a side. */
export function isProtective({
  reduceOnly,
  conditional,
  side,
  positionSide,
}: Pick<TruthOrder, 'reduceOnly' | 'conditional' | 'side' | 'positionSide'>): boolean {
  return reduceOnly || conditional || (positionSide === 'LONG' && side === 'SELL');
}

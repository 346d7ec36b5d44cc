/** The simulator's domain: immutable records that the model replaces, never edits. */
import type { BigNumber } from 'bignumber.js';

/** The side of an order. */
export type Side = 'BUY' | 'SELL';
/** BOTH in one-way mode, LONG or SHORT in hedge mode. */
export type PositionSide = 'BOTH' | 'LONG' | 'SHORT';
/** Types the order book takes. */
export type OrderType = 'LIMIT' | 'MARKET';
/** How long an order stays; GTX is post-only. */
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'GTX';
/** An order's state. */
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';
/** Types the conditional-order service takes. */
export type AlgoType = 'STOP' | 'STOP_MARKET' | 'TAKE_PROFIT' | 'TAKE_PROFIT_MARKET' | 'TRAILING_STOP_MARKET';
/** A conditional order's state. */
export type AlgoStatus = 'NEW' | 'CANCELED' | 'TRIGGERED' | 'FINISHED' | 'REJECTED' | 'EXPIRED';

/** One listed contract with its trading rules. Prices and quantities are decimal strings. */
export interface SymbolSpec {
  readonly symbol: string;
  readonly base: string;
  readonly contractType: 'PERPETUAL' | 'CURRENT_QUARTER';
  readonly deliveryAtMs: number;
  /** Where the seeded price starts and returns to. */
  readonly startPrice: string;
  readonly tickSize: string;
  readonly stepSize: string;
  readonly minQty: string;
  readonly maxQty: string;
  readonly maxMarketQty: string;
  readonly minNotional: string;
  readonly maxNumOrders: number;
}

/** What somebody asks the exchange to do; already well-formed. */
export interface OrderRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Zero for market orders. */
  readonly price: BigNumber;
  readonly quantity: BigNumber;
  readonly reduceOnly: boolean;
}

/** An order in the book or in the history. */
export interface Order extends OrderRequest {
  readonly orderId: number;
  readonly status: OrderStatus;
  readonly filled: BigNumber;
  /** Sum of price times quantity over its fills, in USDT. */
  readonly cumQuote: BigNumber;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What somebody asks of the conditional-order service. */
export interface AlgoRequest {
  readonly clientAlgoId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly type: AlgoType;
  readonly timeInForce: TimeInForce;
  readonly price: BigNumber;
  readonly quantity: BigNumber;
  readonly triggerPrice: BigNumber;
  readonly reduceOnly: boolean;
  readonly closePosition: boolean;
}

/** A conditional order: it lives outside the order book until its trigger is reached. */
export interface AlgoOrder extends AlgoRequest {
  readonly algoId: number;
  readonly status: AlgoStatus;
  /** Empty until triggered. */
  readonly actualOrderId: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A position; `amount` is below zero when short. */
export interface Position {
  readonly symbol: string;
  readonly positionSide: PositionSide;
  readonly amount: BigNumber;
  readonly entryPrice: BigNumber;
  readonly updatedAtMs: number;
}

/** One fill. */
export interface Trade {
  readonly tradeId: number;
  readonly orderId: number;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly price: BigNumber;
  readonly quantity: BigNumber;
  readonly realizedPnl: BigNumber;
  readonly maker: boolean;
  readonly atMs: number;
}

/** What the account owner hears on the user-data stream. */
export type ModelEvent =
  | {
      readonly kind: 'order';
      readonly execution: 'NEW' | 'TRADE' | 'CANCELED' | 'EXPIRED';
      readonly order: Order;
      readonly trade?: Trade;
      readonly atMs: number;
    }
  | {
      readonly kind: 'account';
      readonly reason: 'ORDER' | 'ADJUSTMENT';
      readonly positions: readonly Position[];
      readonly balance: BigNumber;
      readonly atMs: number;
    }
  | { readonly kind: 'algo'; readonly algo: AlgoOrder; readonly atMs: number };

/** A refusal as the exchange words it: HTTP status, code and message. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly status: number;
  readonly code: number;
  readonly msg: string;
}

/** What a reader may see of the account at one moment; all records in it are immutable. */
export interface View {
  readonly orders: ReadonlyMap<number, Order>;
  readonly algos: ReadonlyMap<number, AlgoOrder>;
  readonly positions: ReadonlyMap<string, Position>;
  readonly trades: readonly Trade[];
  /** Last price by symbol. */
  readonly prices: ReadonlyMap<string, BigNumber>;
  readonly balance: BigNumber;
}

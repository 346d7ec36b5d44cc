/** The account in the words of the REST interface: decimals as strings, with the digits of the symbol. */
import { BigNumber } from 'bignumber.js';
import { LEVERAGE } from './admission.ts';
import { quoteAround } from './matching.ts';
import { decimalsOf, findSymbol } from './symbols.ts';
import type { AlgoOrder, Order, Position, Trade, View } from './types.ts';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** An order as GET v1/order and POST v1/order (RESULT) show it. */
export function renderOrder(order: Order): Json {
  const digits = digitsOf(order.symbol);
  return {
    orderId: order.orderId,
    symbol: order.symbol,
    status: order.status,
    clientOrderId: order.clientOrderId,
    price: order.price.toFixed(digits.price),
    avgPrice: averagePrice(order).toFixed(digits.price),
    origQty: order.quantity.toFixed(digits.quantity),
    executedQty: order.filled.toFixed(digits.quantity),
    cumQty: order.filled.toFixed(digits.quantity),
    cumQuote: order.cumQuote.toFixed(),
    timeInForce: order.timeInForce,
    type: order.type,
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: order.side,
    positionSide: order.positionSide,
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: order.type,
    priceMatch: 'NONE',
    selfTradePreventionMode: 'NONE',
    goodTillDate: 0,
    time: order.createdAtMs,
    updateTime: order.updatedAtMs,
  };
}

/** A conditional order as the algoOrder endpoints show it. */
export function renderAlgo(algo: AlgoOrder): Json {
  const digits = digitsOf(algo.symbol);
  return {
    algoId: algo.algoId,
    clientAlgoId: algo.clientAlgoId,
    algoType: 'CONDITIONAL',
    orderType: algo.type,
    symbol: algo.symbol,
    side: algo.side,
    positionSide: algo.positionSide,
    timeInForce: algo.timeInForce,
    quantity: algo.quantity.toFixed(digits.quantity),
    algoStatus: algo.status,
    actualOrderId: algo.actualOrderId,
    actualPrice: '0.00000',
    triggerPrice: algo.triggerPrice.toFixed(digits.price),
    price: algo.price.toFixed(digits.price),
    icebergQuantity: null,
    tpTriggerPrice: '0.000',
    tpPrice: '0.000',
    slTriggerPrice: '0.000',
    slPrice: '0.000',
    tpOrderType: '',
    selfTradePreventionMode: 'NONE',
    workingType: 'CONTRACT_PRICE',
    priceMatch: 'NONE',
    closePosition: algo.closePosition,
    priceProtect: false,
    reduceOnly: algo.reduceOnly,
    createTime: algo.createdAtMs,
    updateTime: algo.updatedAtMs,
    triggerTime: algo.status === 'TRIGGERED' ? algo.updatedAtMs : 0,
    goodTillDate: 0,
  };
}

/** A position as GET v3/positionRisk shows it. */
export function renderPosition(position: Position, view: View): Json {
  const digits = digitsOf(position.symbol);
  const mark = view.prices.get(position.symbol) ?? new BigNumber(0);
  const notional = position.amount.times(mark);
  const margin = notional.abs().div(LEVERAGE).toFixed(8);
  return {
    symbol: position.symbol,
    positionSide: position.positionSide,
    positionAmt: position.amount.toFixed(digits.quantity),
    entryPrice: position.entryPrice.toFixed(),
    breakEvenPrice: position.entryPrice.toFixed(),
    markPrice: mark.toFixed(8),
    unRealizedProfit: unrealized(position, view).toFixed(8),
    liquidationPrice: '0',
    isolatedMargin: '0',
    notional: notional.toFixed(8),
    marginAsset: 'USDT',
    isolatedWallet: '0',
    initialMargin: margin,
    maintMargin: notional.abs().times('0.004').toFixed(8),
    positionInitialMargin: margin,
    openOrderInitialMargin: '0',
    adl: 1,
    bidNotional: '0',
    askNotional: '0',
    updateTime: position.updatedAtMs,
  };
}

/** The same position as GET v2/positionRisk shows it. */
export function renderPositionV2(position: Position, view: View): Json {
  return {
    ...renderPosition(position, view),
    leverage: String(LEVERAGE),
    maxNotionalValue: '50000000',
    marginType: 'cross',
    isAutoAddMargin: 'false',
  };
}

/** A fill as GET v1/userTrades shows it. */
export function renderTrade(trade: Trade): Json {
  const digits = digitsOf(trade.symbol);
  const quote = trade.price.times(trade.quantity);
  return {
    buyer: trade.side === 'BUY',
    commission: quote.times('0.0004').toFixed(8),
    commissionAsset: 'USDT',
    id: trade.tradeId,
    maker: trade.maker,
    orderId: trade.orderId,
    price: trade.price.toFixed(digits.price),
    qty: trade.quantity.toFixed(digits.quantity),
    quoteQty: quote.toFixed(),
    realizedPnl: trade.realizedPnl.toFixed(8),
    side: trade.side,
    positionSide: trade.positionSide,
    symbol: trade.symbol,
    time: trade.atMs,
  };
}

/** A row of GET v1/premiumIndex. */
export function renderPremium(symbol: string, view: View, nowMs: number): Json {
  const mark = (view.prices.get(symbol) ?? new BigNumber(0)).toFixed(8);
  return {
    symbol,
    markPrice: mark,
    indexPrice: mark,
    estimatedSettlePrice: mark,
    lastFundingRate: '0.00010000',
    interestRate: '0.00010000',
    nextFundingTime: nowMs - (nowMs % 28_800_000) + 28_800_000,
    time: nowMs,
  };
}

/** A row of GET v1/ticker/price, bookTicker and 24hr, in one shape that holds the fields of all three. */
export function renderTicker(symbol: string, view: View, nowMs: number): Json {
  const spec = findSymbol(symbol);
  const last = view.prices.get(symbol) ?? new BigNumber(0);
  const { bid, ask } = quoteAround(last, spec?.tickSize ?? '1');
  const digits = digitsOf(symbol);
  const price = last.toFixed(digits.price);
  const open = spec?.startPrice ?? price;
  return {
    symbol,
    price,
    lastPrice: price,
    openPrice: open,
    highPrice: price,
    lowPrice: price,
    priceChange: last.minus(open).toFixed(digits.price),
    priceChangePercent: last.minus(open).div(open).times(100).toFixed(3),
    weightedAvgPrice: price,
    lastQty: spec?.minQty ?? '0',
    volume: '1000',
    quoteVolume: last.times(1000).toFixed(2),
    bidPrice: bid.toFixed(digits.price),
    bidQty: '100',
    askPrice: ask.toFixed(digits.price),
    askQty: '100',
    openTime: nowMs - 86_400_000,
    closeTime: nowMs,
    firstId: 1,
    lastId: 2,
    count: 2,
    time: nowMs,
  };
}

/** Profit not yet realised, at the last price. */
export function unrealized(position: Position, view: View): BigNumber {
  const mark = view.prices.get(position.symbol) ?? position.entryPrice;
  return mark.minus(position.entryPrice).times(position.amount);
}

/** Volume-weighted price of an order's fills; zero before the first. */
export function averagePrice(order: Order): BigNumber {
  return order.filled.isZero() ? new BigNumber(0) : order.cumQuote.div(order.filled);
}

/** Digits after the point of a symbol's prices and quantities. */
export function digitsOf(symbol: string): { readonly price: number; readonly quantity: number } {
  const spec = findSymbol(symbol);
  return { price: decimalsOf(spec?.tickSize ?? '1'), quantity: decimalsOf(spec?.stepSize ?? '1') };
}

/** The account's events in the words of the user-data stream (ORDER_TRADE_UPDATE, ACCOUNT_UPDATE, ALGO_UPDATE). */
import type { BigNumber } from 'bignumber.js';
import { averagePrice, digitsOf, type Json, unrealized } from './render.ts';
import type { AlgoOrder, ModelEvent, Position, View } from './types.ts';

/** Renders one event as the frame the exchange pushes. */
export function renderEvent(event: ModelEvent, view: View): Json {
  const times = { E: event.atMs, T: event.atMs };
  switch (event.kind) {
    case 'order':
      return { e: 'ORDER_TRADE_UPDATE', ...times, o: renderOrderUpdate(event) };
    case 'account':
      return { e: 'ACCOUNT_UPDATE', ...times, a: renderAccountUpdate(event, view) };
    case 'algo':
      return { e: 'ALGO_UPDATE', ...times, o: renderAlgoUpdate(event.algo) };
  }
}

function renderOrderUpdate(event: Extract<ModelEvent, { kind: 'order' }>): Json {
  const { order, trade } = event;
  const digits = digitsOf(order.symbol);
  const quantity = (value: BigNumber | undefined): string =>
    value === undefined ? '0' : value.toFixed(digits.quantity);
  return {
    s: order.symbol,
    c: order.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: quantity(order.quantity),
    p: order.price.toFixed(digits.price),
    ap: averagePrice(order).toFixed(digits.price),
    sp: '0',
    x: event.execution,
    X: order.status,
    i: order.orderId,
    l: quantity(trade?.quantity),
    z: quantity(order.filled),
    L: trade === undefined ? '0' : trade.price.toFixed(digits.price),
    ...(trade === undefined
      ? {}
      : { N: 'USDT', n: trade.price.times(trade.quantity).times('0.0004').toFixed(8) }),
    T: event.atMs,
    t: trade?.tradeId ?? 0,
    b: '0',
    a: '0',
    m: trade?.maker ?? false,
    R: order.reduceOnly,
    wt: 'CONTRACT_PRICE',
    ot: order.type,
    ps: order.positionSide,
    cp: false,
    rp: trade?.realizedPnl.toFixed(8) ?? '0',
    pP: false,
    si: 0,
    ss: 0,
    V: 'NONE',
    pm: 'NONE',
    gtd: 0,
  };
}

function renderAccountUpdate(event: Extract<ModelEvent, { kind: 'account' }>, view: View): Json {
  const balance = event.balance.toFixed(8);
  return {
    m: event.reason,
    B: [{ a: 'USDT', wb: balance, cw: balance, bc: '0' }],
    P: event.positions.map((position) => renderPositionUpdate(position, view)),
  };
}

function renderPositionUpdate(position: Position, view: View): Json {
  return {
    s: position.symbol,
    pa: position.amount.toFixed(digitsOf(position.symbol).quantity),
    ep: position.entryPrice.toFixed(),
    bep: position.entryPrice.toFixed(),
    cr: '0',
    up: unrealized(position, view).toFixed(8),
    mt: 'cross',
    iw: '0',
    ps: position.positionSide,
    ma: 'USDT',
  };
}

function renderAlgoUpdate(algo: AlgoOrder): Json {
  const digits = digitsOf(algo.symbol);
  return {
    caid: algo.clientAlgoId,
    aid: algo.algoId,
    at: 'CONDITIONAL',
    o: algo.type,
    s: algo.symbol,
    S: algo.side,
    ps: algo.positionSide,
    f: algo.timeInForce,
    q: algo.quantity.toFixed(digits.quantity),
    X: algo.status,
    ai: algo.actualOrderId,
    ap: '0',
    aq: '0',
    act: '0',
    tp: algo.triggerPrice.toFixed(digits.price),
    p: algo.price.toFixed(digits.price),
    V: 'NONE',
    wt: 'CONTRACT_PRICE',
    pm: 'NONE',
    cp: algo.closePosition,
    pP: false,
    R: algo.reduceOnly,
    tt: algo.status === 'TRIGGERED' ? algo.updatedAtMs : 0,
    gtd: 0,
    rm: '',
  };
}

/** The GET endpoints. Weights follow the exchange's documentation (read 2026-11), not ccxt's table. */
import { LEVERAGE } from './admission.ts';
import { renderExchangeInfo } from './exchange-info.ts';
import { findAlgo, findOrder } from './lookup.ts';
import { isOpen } from './matching.ts';
import { type Params, parseSymbol } from './params.ts';
import { flatPosition, positionKey } from './positions.ts';
import { isRejection, refusals } from './rejections.ts';
import {
  type Json,
  renderAlgo,
  renderOrder,
  renderPosition,
  renderPositionV2,
  renderPremium,
  renderTicker,
  renderTrade,
} from './render.ts';
import { bySymbol, flat, type Route, type RouteContext } from './route.ts';
import { findSymbol, SYMBOLS } from './symbols.ts';
import type { Position, PositionSide, Rejection } from './types.ts';

/** Endpoints by method and path. */
export const READ_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/ping': open(flat(1), () => ({})),
  'GET /fapi/v1/time': open(flat(1), ({ nowMs }) => ({ serverTime: nowMs })),
  'GET /fapi/v1/exchangeInfo': open(flat(1), ({ nowMs }) => renderExchangeInfo(nowMs)),
  'GET /fapi/v1/premiumIndex': open(bySymbol(1, 10), eachSymbol(renderPremium)),
  'GET /fapi/v1/ticker/price': open(bySymbol(1, 2), eachSymbol(renderTicker)),
  'GET /fapi/v2/ticker/price': open(bySymbol(1, 2), eachSymbol(renderTicker)),
  'GET /fapi/v1/ticker/bookTicker': open(bySymbol(2, 5), eachSymbol(renderTicker)),
  'GET /fapi/v1/ticker/24hr': open(bySymbol(1, 40), eachSymbol(renderTicker)),
  'GET /fapi/v1/openOrders': signed(bySymbol(1, 40), openOrders),
  'GET /fapi/v1/openOrder': signed(flat(1), openOrder),
  'GET /fapi/v1/allOrders': signed(flat(5), allOrders),
  'GET /fapi/v1/order': signed(flat(1), (context) => {
    const order = findOrder(context);
    return isRejection(order) ? order : renderOrder(order);
  }),
  'GET /fapi/v1/openAlgoOrders': signed(bySymbol(1, 40), openAlgoOrders),
  'GET /fapi/v1/algoOrder': signed(flat(1), (context) => {
    const algo = findAlgo(context, refusals.noOrder);
    return isRejection(algo) ? algo : renderAlgo(algo);
  }),
  'GET /fapi/v2/positionRisk': signed(flat(5), positions(renderPositionV2, 'all')),
  'GET /fapi/v3/positionRisk': signed(flat(5), positions(renderPosition, 'used')),
  'GET /fapi/v1/leverageBracket': signed(flat(1), ({ params }) => brackets(params)),
  'GET /fapi/v1/positionSide/dual': signed(flat(30), ({ model }) => ({ dualSidePosition: model.hedgeMode })),
  'GET /fapi/v1/userTrades': signed(flat(5), userTrades),
  'GET /fapi/v1/apiTradingStatus': signed(bySymbol(1, 10), ({ nowMs }) => ({
    indicators: {},
    updateTime: nowMs,
  })),
  'GET /sapi/v1/account/apiRestrictions': signed(flat(1), () => KEY_RIGHTS),
};

const KEY_RIGHTS: Json = {
  ipRestrict: true,
  createTime: 1_700_000_000_000,
  enableReading: true,
  enableWithdrawals: false,
  enableInternalTransfer: false,
  enableMargin: false,
  enableFutures: true,
  permitsUniversalTransfer: false,
  enableVanillaOptions: false,
  enableFixApiTrade: false,
  enableFixReadOnly: false,
  enableSpotAndMarginTrading: false,
  enablePortfolioMarginTrading: false,
};

function open(charge: Route['charge'], handle: Route['handle']): Route {
  return { security: 'none', charge, handle };
}

function signed(charge: Route['charge'], handle: Route['handle']): Route {
  return { security: 'signed', charge, handle };
}

function eachSymbol(
  render: (symbol: string, view: RouteContext['view'], nowMs: number) => Json,
): Route['handle'] {
  return ({ params, view, nowMs }) => {
    const symbol = params['symbol'];
    if (symbol === undefined) return SYMBOLS.map((spec) => render(spec.symbol, view, nowMs));
    return findSymbol(symbol) === undefined ? refusals.symbol : render(symbol, view, nowMs);
  };
}

function openOrders({ params, view }: RouteContext): readonly Json[] | Rejection {
  const symbol = params['symbol'];
  if (symbol !== undefined && findSymbol(symbol) === undefined) return refusals.symbol;
  return [...view.orders.values()]
    .filter((order) => isOpen(order) && (symbol === undefined || order.symbol === symbol))
    .map(renderOrder);
}

function openOrder(context: RouteContext): Json | Rejection {
  const order = findOrder(context);
  if (isRejection(order)) return order;
  return isOpen(order) ? renderOrder(order) : refusals.noOrder;
}

function allOrders({ params, view }: RouteContext): readonly Json[] | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  const orders = [...view.orders.values()].filter((order) => order.symbol === symbol);
  return orders.slice(-limitOf(params, 500)).map(renderOrder);
}

function openAlgoOrders({ params, view }: RouteContext): readonly Json[] | Rejection {
  const symbol = params['symbol'];
  if (symbol !== undefined && findSymbol(symbol) === undefined) return refusals.symbol;
  return [...view.algos.values()]
    .filter((algo) => algo.status === 'NEW' && (symbol === undefined || algo.symbol === symbol))
    .map(renderAlgo);
}

function positions(
  render: (position: Position, view: RouteContext['view']) => Json,
  which: 'all' | 'used',
): Route['handle'] {
  return ({ params, view, model }) => {
    const symbol = params['symbol'];
    if (symbol !== undefined && findSymbol(symbol) === undefined) return refusals.symbol;
    const sides: readonly PositionSide[] = model.hedgeMode ? ['LONG', 'SHORT'] : ['BOTH'];
    const rows = SYMBOLS.filter((spec) => symbol === undefined || spec.symbol === symbol).flatMap((spec) =>
      sides.map(
        (side) => view.positions.get(positionKey(spec.symbol, side)) ?? flatPosition(spec.symbol, side),
      ),
    );
    const shown = which === 'all' ? rows : rows.filter((row) => !row.amount.isZero());
    return shown.map((row) => render(row, view));
  };
}

function userTrades({ params, view }: RouteContext): readonly Json[] | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  const orderId = params['orderId'];
  const trades = view.trades.filter(
    (trade) =>
      trade.symbol === symbol &&
      (orderId === undefined || String(trade.orderId) === orderId) &&
      trade.tradeId >= Number(params['fromId'] ?? 0) &&
      trade.atMs >= Number(params['startTime'] ?? 0) &&
      trade.atMs <= Number(params['endTime'] ?? Number.MAX_SAFE_INTEGER),
  );
  return trades.slice(-limitOf(params, 500)).map(renderTrade);
}

function brackets(params: Params): readonly Json[] | Rejection {
  const symbol = params['symbol'];
  if (symbol !== undefined && findSymbol(symbol) === undefined) return refusals.symbol;
  return SYMBOLS.filter((spec) => symbol === undefined || spec.symbol === symbol).map((spec) => ({
    symbol: spec.symbol,
    notionalCoef: 1,
    brackets: [
      {
        bracket: 1,
        initialLeverage: LEVERAGE,
        notionalCap: 50_000_000,
        notionalFloor: 0,
        maintMarginRatio: 0.004,
        cum: 0,
      },
    ],
  }));
}

function limitOf(params: Params, fallback: number): number {
  const limit = Number(params['limit'] ?? fallback);
  return limit >= 1 && limit <= 1000 ? limit : fallback;
}

import { decimalsOf, SYMBOLS } from './symbols.ts';
import type { SymbolSpec } from './types.ts';

/** Percent-price band: buys at most 5 % above the mark, sells at most 5 % below it. */
export const MULTIPLIER_UP = '1.0500';
/** See MULTIPLIER_UP. */
export const MULTIPLIER_DOWN = '0.9500';

/** The reply of GET v1/exchangeInfo. */
export function renderExchangeInfo(nowMs: number): Readonly<Record<string, unknown>> {
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    futuresType: 'U_MARGINED',
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2400 },
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 300 },
    ],
    exchangeFilters: [],
    assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
    symbols: SYMBOLS.map(renderSymbol),
  };
}

function renderSymbol(spec: SymbolSpec): Readonly<Record<string, unknown>> {
  return {
    symbol: spec.symbol,
    pair: `${spec.base}USDT`,
    contractType: spec.contractType,
    deliveryDate: spec.deliveryAtMs,
    onboardDate: 1_569_398_400_000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: spec.base,
    quoteAsset: 'USDT',
    marginAsset: 'USDT',
    pricePrecision: decimalsOf(spec.tickSize),
    quantityPrecision: decimalsOf(spec.stepSize),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: ['PoW'],
    triggerProtect: '0.0500',
    liquidationFee: '0.012500',
    marketTakeBound: '0.05',
    maxMoveOrderLimit: 10000,
    filters: renderFilters(spec),
    orderTypes: [
      'LIMIT',
      'MARKET',
      'STOP',
      'STOP_MARKET',
      'TAKE_PROFIT',
      'TAKE_PROFIT_MARKET',
      'TRAILING_STOP_MARKET',
    ],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  };
}

function renderFilters(spec: SymbolSpec): readonly Readonly<Record<string, unknown>>[] {
  const { minQty, stepSize } = spec;
  return [
    { filterType: 'PRICE_FILTER', minPrice: spec.tickSize, maxPrice: '10000000', tickSize: spec.tickSize },
    { filterType: 'LOT_SIZE', minQty, maxQty: spec.maxQty, stepSize },
    { filterType: 'MARKET_LOT_SIZE', minQty, maxQty: spec.maxMarketQty, stepSize },
    { filterType: 'MAX_NUM_ORDERS', limit: spec.maxNumOrders },
    { filterType: 'MAX_NUM_ALGO_ORDERS', limit: 10 },
    { filterType: 'MIN_NOTIONAL', notional: spec.minNotional },
    {
      filterType: 'PERCENT_PRICE',
      multiplierUp: MULTIPLIER_UP,
      multiplierDown: MULTIPLIER_DOWN,
      multiplierDecimal: '4',
    },
  ];
}

/** Reads order requests out of form parameters, with the refusals of the exchange for what is absent or malformed. */
import { BigNumber } from 'bignumber.js';
import { isRejection, missing, refusals, reject } from './rejections.ts';
import { findSymbol } from './symbols.ts';
import type {
  AlgoRequest,
  AlgoType,
  OrderRequest,
  PositionSide,
  Rejection,
  Side,
  TimeInForce,
} from './types.ts';

/** Decoded parameters of a request, without key and signature. */
export type Params = Readonly<Record<string, string>>;

const ALGO_TYPES: readonly AlgoType[] = [
  'STOP',
  'STOP_MARKET',
  'TAKE_PROFIT',
  'TAKE_PROFIT_MARKET',
  'TRAILING_STOP_MARKET',
];
const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

/** Parses POST v1/order; `fallbackId` names the order when the client did not. */
export function parseOrder(params: Params, fallbackId: string, hedgeMode: boolean): OrderRequest | Rejection {
  const common = parseCommon(params, hedgeMode);
  if (isRejection(common)) return common;
  const type = params['type'];
  if (type === undefined || type === '') return missing('type');
  if (ALGO_TYPES.some((algo) => algo === type)) return refusals.algoEndpoint;
  if (type !== 'LIMIT' && type !== 'MARKET') return refusals.orderType;
  const quantity = decimal(params, 'quantity');
  if (quantity === undefined) return missing('quantity');
  const price = type === 'LIMIT' ? decimal(params, 'price') : new BigNumber(0);
  if (price === undefined) return missing('price');
  if (type === 'MARKET' && params['price'] !== undefined) return notRequired('price');
  if (type === 'LIMIT' && (params['timeInForce'] ?? '') === '') return missing('timeInForce');
  const clientOrderId = params['newClientOrderId'] ?? fallbackId;
  if (!CLIENT_ID.test(clientOrderId)) return refusals.clientId;
  return { ...common, clientOrderId, type, price, quantity };
}

/** Parses POST v1/algoOrder. */
export function parseAlgo(params: Params, fallbackId: string, hedgeMode: boolean): AlgoRequest | Rejection {
  const common = parseCommon(params, hedgeMode);
  if (isRejection(common)) return common;
  if (params['algoType'] !== 'CONDITIONAL') return missing('algoType');
  const type = ALGO_TYPES.find((known) => known === params['type']);
  if (type === undefined) return refusals.orderType;
  const triggerPrice = decimal(params, 'triggerPrice') ?? decimal(params, 'activationPrice');
  if (triggerPrice === undefined) return missing('triggerPrice');
  const closePosition = params['closePosition'] === 'true';
  const quantity = decimal(params, 'quantity') ?? (closePosition ? new BigNumber(0) : undefined);
  if (quantity === undefined) return missing('quantity');
  const limited = type === 'STOP' || type === 'TAKE_PROFIT';
  const price = limited ? decimal(params, 'price') : new BigNumber(0);
  if (price === undefined) return missing('price');
  const clientAlgoId = params['clientAlgoId'] ?? fallbackId;
  if (!CLIENT_ID.test(clientAlgoId)) return refusals.clientId;
  return { ...common, clientAlgoId, type, price, quantity, triggerPrice, closePosition };
}

/** A required, listed symbol. */
export function parseSymbol(params: Params): string | Rejection {
  const symbol = params['symbol'];
  if (symbol === undefined || symbol === '') return missing('symbol');
  return findSymbol(symbol) === undefined ? refusals.symbol : symbol;
}

/** -1106 for a parameter that does not belong there. */
export function notRequired(name: string): Rejection {
  return reject(-1106, `Parameter '${name}' sent when not required.`);
}

interface Common {
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
}

function parseCommon(params: Params, hedgeMode: boolean): Common | Rejection {
  const symbol = parseSymbol(params);
  if (isRejection(symbol)) return symbol;
  const side = params['side'];
  if (side === undefined || side === '') return missing('side');
  if (side !== 'BUY' && side !== 'SELL') return refusals.side;
  const timeInForce = TIMES.find((known) => known === (params['timeInForce'] || 'GTC'));
  if (timeInForce === undefined) return refusals.timeInForce;
  const positionSide = SIDES.find((known) => known === (params['positionSide'] || 'BOTH'));
  if (positionSide === undefined) return reject(-1117, 'Invalid positionSide.');
  if (hedgeMode && params['reduceOnly'] !== undefined) return refusals.reduceOnlyInHedge;
  return { symbol, side, positionSide, timeInForce, reduceOnly: params['reduceOnly'] === 'true' };
}

const TIMES: readonly TimeInForce[] = ['GTC', 'IOC', 'FOK', 'GTX'];
const SIDES: readonly PositionSide[] = ['BOTH', 'LONG', 'SHORT'];

function decimal(params: Params, name: string): BigNumber | undefined {
  const text = params[name] ?? '';
  return /^\d{1,20}(\.\d{1,20})?$/.test(text) ? new BigNumber(text) : undefined;
}

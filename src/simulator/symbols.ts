/** The listed contracts: a dozen real USD-M symbols with filters of the real kind and size. */
import type { SymbolSpec } from './types.ts';

const PERPETUAL_DELIVERY_MS = 4_133_404_800_000;

type Row = readonly [
  base: string,
  startPrice: string,
  tickSize: string,
  stepSize: string,
  maxQty: string,
  maxMarketQty: string,
  minNotional: string,
];

const PERPETUALS: readonly Row[] = [
  ['BTC', '43000', '0.1', '0.001', '1000', '120', '50'],
  ['ETH', '2300', '0.01', '0.001', '10000', '2000', '20'],
  ['BNB', '310', '0.01', '0.01', '100000', '2000', '5'],
  ['SOL', '98', '0.01', '0.01', '1000000', '5000', '5'],
  ['XRP', '0.55', '0.0001', '0.1', '10000000', '2000000', '5'],
  ['ADA', '0.5', '0.0001', '1', '2000000', '1000000', '5'],
  ['DOGE', '0.085', '0.00001', '1', '50000000', '30000000', '5'],
  ['LTC', '70', '0.01', '0.001', '10000', '5000', '20'],
  ['LINK', '15', '0.001', '0.01', '200000', '30000', '20'],
  ['AVAX', '35', '0.001', '1', '1000000', '100000', '5'],
  ['1000SHIB', '0.0095', '0.000001', '1', '50000000', '40000000', '5'],
];

/** Every listed contract, in listing order. */
export const SYMBOLS: readonly SymbolSpec[] = [
  ...PERPETUALS.map(perpetual),
  {
    ...perpetual(['BTC', '43200', '0.1', '0.001', '500', '50', '50']),
    symbol: 'BTCUSDT_261225',
    contractType: 'CURRENT_QUARTER',
    deliveryAtMs: Date.UTC(2026, 11, 25, 8),
  },
];

/** The rules of one contract, or nothing when it is not listed. */
export function findSymbol(symbol: string): SymbolSpec | undefined {
  return BY_NAME.get(symbol);
}

/** How many digits follow the point in a tick or step such as "0.001". */
export function decimalsOf(step: string): number {
  return step.split('.')[1]?.length ?? 0;
}

const BY_NAME: ReadonlyMap<string, SymbolSpec> = new Map(SYMBOLS.map((spec) => [spec.symbol, spec]));

function perpetual(row: Row): SymbolSpec {
  const [base, startPrice, tickSize, stepSize, maxQty, maxMarketQty, minNotional] = row;
  return {
    symbol: `${base}USDT`,
    base,
    contractType: 'PERPETUAL',
    deliveryAtMs: PERPETUAL_DELIVERY_MS,
    startPrice,
    tickSize,
    stepSize,
    minQty: stepSize,
    maxQty,
    maxMarketQty,
    minNotional,
    maxNumOrders: 200,
  };
}

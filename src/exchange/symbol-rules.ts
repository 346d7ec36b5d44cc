/** The trading rules of a symbol, as exchangeInfo tells them. */
import { z } from 'zod';
import type { SymbolRules } from '../engine/types.ts';
import { positiveText, quantityText, symbolText } from './rows.ts';

const filter = z.object({ filterType: z.string() }).catchall(z.unknown());

/** The reply of exchangeInfo: every contract with its filters. */
export const exchangeInfoReply = z.object({
  symbols: z.array(
    z.object({
      symbol: symbolText,
      status: z.string(),
      quoteAsset: z.string().default(''),
      filters: z.array(filter),
    }),
  ),
});

/** What a price has to be in for caps in USDT to mean anything: of ETHBTC, 100 would be 100 bitcoin. */
const DOLLARS: ReadonlySet<string> = new Set(['USDT', 'USDC']);

/** A symbol's rules from its filters, or null when one is missing or malformed, or its price is not in dollars. */
export function symbolRules(row: z.infer<typeof exchangeInfoReply>['symbols'][number]): SymbolRules | null {
  if (!DOLLARS.has(row.quoteAsset)) return null;
  const field = (type: string, key: string) => row.filters.find((entry) => entry.filterType === type)?.[key];
  const parsed = z
    .object({
      symbol: z.string(),
      tickSize: positiveText,
      stepSize: positiveText,
      minQuantity: quantityText,
      maxQuantity: positiveText,
      marketMaxQuantity: positiveText,
      minNotional: quantityText,
    })
    .safeParse({
      symbol: row.symbol,
      tickSize: field('PRICE_FILTER', 'tickSize'),
      stepSize: field('LOT_SIZE', 'stepSize'),
      minQuantity: field('LOT_SIZE', 'minQty'),
      maxQuantity: field('LOT_SIZE', 'maxQty'),
      marketMaxQuantity: field('MARKET_LOT_SIZE', 'maxQty'),
      minNotional: field('MIN_NOTIONAL', 'notional'),
    });
  return parsed.success ? parsed.data : null;
}

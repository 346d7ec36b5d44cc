/** Which symbols have rules: without them nothing of a symbol is flattened, and a whitelist that names it fails. */
import { expect, test } from 'bun:test';
import { exchangeInfoReply, symbolRules } from '../../src/exchange/symbol-rules.ts';
import { renderExchangeInfo } from '../../src/simulator/exchange-info.ts';

const [bitcoin] = exchangeInfoReply.parse(renderExchangeInfo(0)).symbols;
if (bitcoin === undefined) throw new Error('expected a symbol');

for (const [symbol, quoteAsset] of [
  ['BTCUSDT', 'USDT'],
  ['BTCUSDC', 'USDC'],
  ['BTCUSDT_260327', 'USDT'],
] as const)
  test(`${symbol} is priced in ${quoteAsset}, and caps in USDT hold for it`, () => {
    expect(symbolRules({ ...bitcoin, symbol, quoteAsset })).toMatchObject({ symbol, stepSize: '0.001' });
  });

for (const quoteAsset of ['BTC', 'ETH', 'usdt', ''])
  test(`a price in "${quoteAsset}" is none that a cap in USDT could be held against: no rules`, () => {
    expect(symbolRules({ ...bitcoin, symbol: 'ETHBTC', quoteAsset })).toBeNull();
  });

test('a symbol that does not say what it is priced in has none, and spoils no other', () => {
  const { quoteAsset: _quote, ...silent } = bitcoin;
  const { symbols } = exchangeInfoReply.parse({ symbols: [silent, bitcoin] });
  expect(symbols.map(symbolRules)).toMatchObject([null, { symbol: 'BTCUSDT' }]);
});

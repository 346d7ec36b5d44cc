/** One seeded, mean-reverting walk per symbol, counted in whole ticks so that it is the same on every runtime. */
import { BigNumber } from 'bignumber.js';
import { createRandom } from './random.ts';
import { findSymbol, SYMBOLS } from './symbols.ts';

/** The last prices of all listed symbols. */
export interface Prices {
  /** Moves every price that is not frozen by one step and returns the symbols that moved. */
  step(): readonly string[];
  last(symbol: string): BigNumber;
  set(symbol: string, price: BigNumber): void;
  freeze(symbol: string, frozen: boolean): void;
  all(): ReadonlyMap<string, BigNumber>;
}

/** Step size of the walk, as a share of the starting price. */
const VOLATILITY = 0.0002;
/** Share of the distance to the starting price that one step takes back. */
const REVERSION = 0.002;

/** Starts every listed symbol at its starting price. */
export function createPrices(seed: number): Prices {
  const walks = new Map(SYMBOLS.map((spec, index) => [spec.symbol, createWalk(seed + index * 7919, spec)]));
  const frozen = new Set<string>();
  const prices = new Map(SYMBOLS.map((spec) => [spec.symbol, new BigNumber(spec.startPrice)]));
  return {
    step() {
      const moved: string[] = [];
      for (const [symbol, walk] of walks) {
        const next = walk(prices.get(symbol) ?? new BigNumber(0));
        if (frozen.has(symbol) || prices.get(symbol)?.eq(next)) continue;
        prices.set(symbol, next);
        moved.push(symbol);
      }
      return moved;
    },
    last(symbol) {
      const price = prices.get(symbol);
      if (price === undefined) throw new Error(`no price: ${symbol} is not listed`);
      return price;
    },
    set(symbol, price) {
      if (findSymbol(symbol) === undefined) throw new Error(`no price: ${symbol} is not listed`);
      prices.set(symbol, price);
    },
    freeze(symbol, isFrozen) {
      if (isFrozen) frozen.add(symbol);
      else frozen.delete(symbol);
    },
    all: () => new Map(prices),
  };
}

interface WalkSpec {
  readonly startPrice: string;
  readonly tickSize: string;
}

function createWalk(seed: number, spec: WalkSpec): (price: BigNumber) => BigNumber {
  const random = createRandom(seed);
  const homeTicks = new BigNumber(spec.startPrice).div(spec.tickSize).toNumber();
  return (price) => {
    const ticks = price.div(spec.tickSize).toNumber();
    const noise = (random() + random() + random() - 1.5) * 2 * VOLATILITY * homeTicks;
    const next = Math.max(1, Math.round(ticks + noise + (homeTicks - ticks) * REVERSION));
    return new BigNumber(next).times(spec.tickSize);
  };
}

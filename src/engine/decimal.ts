/** Arithmetic on decimal text. Every function refuses what is not a finite decimal instead of guessing. */
import BigNumber from 'bignumber.js';
import type { Decimal } from './types.ts';

const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;
const Exact = BigNumber.clone({ DECIMAL_PLACES: 40, EXPONENTIAL_AT: 1e9 });

/** Parses decimal text; null when it is anything else (exponents, NaN, infinity, blanks included). */
export function parseDecimal(text: unknown): BigNumber | null {
  return typeof text === 'string' && DECIMAL.test(text) ? new Exact(text) : null;
}

/** Parses decimal text that was validated at the edge; throws on anything else. */
export function decimal(text: Decimal): BigNumber {
  const value = parseDecimal(text);
  if (value === null) throw new TypeError(`not a decimal: ${JSON.stringify(text)}`);
  return value;
}

/** Compares two decimals: below 0 when a < b, 0 when equal. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  // Nearly all that is compared is equal: 10,000 orders take half the time when that is told from the text.
  if (withoutZeros(a) === withoutZeros(b) && DECIMAL.test(a) && DECIMAL.test(b)) return 0;
  return decimal(a).comparedTo(decimal(b)) ?? Number.NaN;
}

/** Tells whether a decimal is zero, however it is written. */
export function isZero(text: Decimal): boolean {
  return decimal(text).isZero();
}

/** Adds decimals. */
export function sum(values: Iterable<Decimal>): Decimal {
  let total = new Exact(0);
  for (const value of values) total = total.plus(decimal(value));
  return total.toFixed();
}

/** Multiplies two decimals exactly. */
export function product(a: Decimal, b: Decimal): Decimal {
  return decimal(a).times(decimal(b)).toFixed();
}

/** Drops the sign. */
export function absolute(text: Decimal): Decimal {
  return decimal(text).abs().toFixed();
}

/** Rounds down (towards zero) to a multiple of `step`; step must be above zero. */
export function floorToStep(text: Decimal, step: Decimal): Decimal {
  const size = decimal(step);
  return decimal(text).dividedToIntegerBy(size).times(size).toFixed();
}

/** Rounds up (away from zero) to `places` decimal places. */
export function roundUp(text: Decimal, places: number): Decimal {
  return decimal(text).decimalPlaces(places, BigNumber.ROUND_UP).toFixed();
}

function withoutZeros(text: Decimal): string {
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text[end - 1] === '0') end -= 1;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

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
  // Nearly all that is compared is equal, and of 100,000 orders that must be told from the text alone.
  return areAlike(a, b) ? 0 : (decimal(a).comparedTo(decimal(b)) ?? Number.NaN);
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

/** Rounds to so many significant digits, for telling figures apart that two sources write with more or fewer. */
export function toDigits(text: Decimal, digits: number): Decimal {
  return decimal(text).precision(digits).toFixed();
}

/** Tells whether two plain decimals differ in zeros at their ends at most; false decides nothing. */
function areAlike(a: string, b: string): boolean {
  return a.length < b.length ? isLonger(b, a) : isLonger(a, b);
}

function isLonger(long: string, short: string): boolean {
  const length = short.length;
  if (long.length > MOST_ALIKE || !isDigit(short.charCodeAt(length - 1))) return false;
  let point = -1;
  for (let index = 0; index < length; index += 1) {
    const code = short.charCodeAt(index);
    if (code !== long.charCodeAt(index)) return false;
    if (isDigit(code)) continue;
    if (code === POINT && point < 0 && isDigit(short.charCodeAt(index - 1))) point = index;
    else if (code !== MINUS || index > 0) return false;
  }
  for (let index = length; index < long.length; index += 1) {
    const code = long.charCodeAt(index);
    if (code === POINT && point < 0) point = index;
    else if (code !== ZERO || point < 0) return false;
  }
  return isDigit(long.charCodeAt(long.length - 1));
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

const MOST_ALIKE = 40;
const POINT = 46;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;

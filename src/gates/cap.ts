/** Sums held against caps; anything that is not a number, or a cap of zero or less, does not fit. */
import { parseDecimal } from '../engine/decimal.ts';
import type { Decimal } from '../engine/types.ts';

/** Tells whether a whole number of things fits a cap. */
export function fits(count: number, cap: number): boolean {
  return Number.isInteger(count) && count >= 0 && Number.isInteger(cap) && cap > 0 && count <= cap;
}

/** Adds counts; NaN, which fits no cap, when one of them is none. */
export function totalCount(...counts: readonly (number | undefined)[]): number {
  return counts.every((count) => Number.isInteger(count))
    ? counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0)
    : Number.NaN;
}

/** Adds amounts of USDT; null when one of them is missing, below zero or not a decimal. */
export function total(amounts: readonly (Decimal | null | undefined)[]): Decimal | null {
  let result = parseDecimal('0');
  for (const text of amounts) {
    const amount = parseDecimal(text);
    if (amount === null || amount.isLessThan(0) || result === null) return null;
    result = result.plus(amount);
  }
  return result === null ? null : result.toFixed();
}

/** Tells whether an amount of USDT fits a cap. */
export function fitsUsdt(amount: Decimal | null, cap: Decimal): boolean {
  const value = parseDecimal(amount);
  const limit = parseDecimal(cap);
  if (value === null || limit === null) return false;
  return value.isGreaterThanOrEqualTo(0) && limit.isGreaterThan(0) && value.isLessThanOrEqualTo(limit);
}

/** Words an amount of USDT, rounded up to cents. */
export function usdt(amount: Decimal | null): string {
  const value = parseDecimal(amount);
  return value === null ? 'unknown' : value.decimalPlaces(2, 0).toFixed();
}

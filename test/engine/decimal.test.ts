import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  absolute,
  compareDecimals,
  decimal,
  floorToStep,
  isZero,
  parseDecimal,
  product,
  roundUp,
  sum,
} from '../../src/engine/decimal.ts';

const amount = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.integer({ min: 0, max: 12 }))
  .map(([negative, digits, places]) => {
    const text = digits.toString().padStart(places + 1, '0');
    const whole = text.slice(0, text.length - places);
    return `${negative ? '-' : ''}${whole}${places === 0 ? '' : `.${text.slice(text.length - places)}`}`;
  });

describe('parsing', () => {
  test.each(['0', '1', '-1', '0.010', '00.1', '123456789012345678901234567890.5', '-0'])(
    '%s is a decimal',
    (text) => {
      expect(parseDecimal(text)).not.toBeNull();
    },
  );

  test.each([
    '',
    ' ',
    '1 ',
    '+1',
    '.5',
    '1.',
    '1e3',
    '1E3',
    'NaN',
    'Infinity',
    '-',
    '0x10',
    '1,5',
    '1_0',
    '٣',
    `${'9'.repeat(41)}`,
    `0.${'1'.repeat(41)}`,
  ])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeNull();
    expect(() => decimal(text)).toThrow('not a decimal');
  });

  test.each([1, null, undefined, {}, Number.NaN, 1n, true])('%p, which is no text, is none', (value) => {
    expect(parseDecimal(value)).toBeNull();
  });
});

describe('arithmetic', () => {
  test('is exact where floating point is not', () => {
    expect(sum(['0.1', '0.2'])).toBe('0.3');
    expect(product('0.1', '0.2')).toBe('0.02');
    expect(product('60000.1', '0.001')).toBe('60.0001');
    expect(sum([])).toBe('0');
    expect(sum(['100000000000000000000', '0.000000000001'])).toBe('100000000000000000000.000000000001');
  });

  test.each([
    ['0.0129', '0.001', '0.012'],
    ['-0.0129', '0.001', '-0.012'],
    ['0.012', '0.001', '0.012'],
    ['0.0005', '0.001', '0'],
    ['7', '5', '5'],
    ['0.3', '0.1', '0.3'],
  ])('%s rounded down to a multiple of %s is %s', (text, step, expected) => {
    expect(floorToStep(text, step)).toBe(expected);
  });

  test.each([
    ['1.001', 2, '1.01'],
    ['1.00', 2, '1'],
    ['-1.001', 2, '-1.01'],
    ['0.1', 0, '1'],
  ])('%s rounded up to %i places is %s', (text, places, expected) => {
    expect(roundUp(text, places)).toBe(expected);
  });

  test('zero is zero, however it is written', () => {
    for (const text of ['0', '0.000', '-0', '-0.0']) expect(isZero(text)).toBe(true);
    expect(isZero('0.0000000000000000000000001')).toBe(false);
    expect(compareDecimals('-0', '0.00')).toBe(0);
  });

  test('trailing zeros make no difference, and what is no decimal is refused even when both are the same', () => {
    for (const [a, b] of [
      ['100', '100.00'],
      ['0.010', '0.01'],
      ['-5.0', '-5'],
      ['007', '7.0'],
    ] as const)
      expect(compareDecimals(a, b)).toBe(0);
    expect(compareDecimals('100', '1')).toBeGreaterThan(0);
    expect(compareDecimals('1', '1.001')).toBeLessThan(0);
    for (const text of ['', 'NaN', '1.', '.5', '1e3', '5.0.0', ' 1'])
      expect(() => compareDecimals(text, text)).toThrow(TypeError);
  });

  test('order, sum and rounding agree with whole numbers of 10^-12', () => {
    const units = (text: string): bigint => {
      const negative = text.startsWith('-');
      const [whole = '0', rest = ''] = text.replace('-', '').split('.');
      const value = BigInt(whole + rest.padEnd(12, '0'));
      return negative ? -value : value;
    };
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(Math.sign(compareDecimals(a, b))).toBe(units(a) < units(b) ? -1 : units(a) > units(b) ? 1 : 0);
        expect(units(sum([a, b]))).toBe(units(a) + units(b));
        expect(units(absolute(a))).toBe(units(a) < 0n ? -units(a) : units(a));
        const floored = floorToStep(a, '0.001');
        expect(units(floored)).toBe((units(a) / 10n ** 9n) * 10n ** 9n);
      }),
    );
  });
});

test('two texts are equal exactly when their numbers are, and what is no decimal is refused', () => {
  const digits = fc.constantFrom('0', '1', '10', '01', '.', '-', 'e', '', '00', '5');
  const text = fc.array(digits, { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [left, right] = [parseDecimal(a), parseDecimal(b)];
      if (left === null || right === null) expect(() => compareDecimals(a, b)).toThrow('not a decimal');
      else expect(compareDecimals(a, b)).toBe(left.comparedTo(right) ?? Number.NaN);
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(text, (a) => {
      if (parseDecimal(a) === null) expect(() => compareDecimals(a, a)).toThrow('not a decimal');
      else expect(compareDecimals(a, `${a}${a.includes('.') ? '00' : '.00'}`)).toBe(0);
    }),
    { numRuns: 5000 },
  );
});

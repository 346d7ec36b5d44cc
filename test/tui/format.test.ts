import { expect, test } from 'bun:test';
import { age, countdown, cut, fit, since, uptime, wholeAge, wrapIndented } from '../../src/tui/format.ts';

const utf8 = { ascii: false, ellipsis: '…' };
const ascii = { ascii: true, ellipsis: '~' };

test('ages use one unit', () => {
  expect([0, 800, 9949, 9950, 59_999, 60_000, 3_600_000, 86_400_000].map(age)).toEqual([
    ...['0.0s', '0.8s', '9.9s', '9s', '59s', '1m', '1h', '1d'],
  ]);
  expect(wholeAge(4900)).toBe('4s');
  expect(age(-5)).toBe('0.0s');
});

test('uptime and time left use two', () => {
  expect([12_000, 423_000, 7_500_000, 273_600_000].map(uptime)).toEqual(['12s', '7m03s', '2h05m', '3d04h']);
  expect([0, 1, 461_000, 3_600_000].map(countdown)).toEqual(['00:00', '00:01', '07:41', '1:00:00']);
});

test('text is cut and padded to exact cells, wide characters counted as two', () => {
  expect(fit('abcdef', 4, utf8)).toBe('abc…');
  expect(fit('abcdef', 4, ascii)).toBe('abc~');
  expect(fit('ab', 4, utf8)).toBe('ab  ');
  expect(fit('日本語', 4, utf8)).toBe('日… ');
  expect(fit('日本', 4, utf8)).toBe('日本');
  expect(cut('abc', 0, utf8)).toBe('');
});

test('beyond ASCII is a question mark in ASCII mode', () => {
  expect(fit('é…日', 3, ascii)).toBe('?~?');
});

test('a date that is none is not a crash', () => {
  expect(since(Number.NaN, 0)).toBe('unknown');
  expect(since(9e15, 0)).toBe('unknown');
});

test('broken lines keep their indentation and lose nothing', () => {
  expect(wrapIndented('  aaa bbb ccc', 9)).toEqual(['  aaa bbb', '  ccc']);
  expect(wrapIndented('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
});

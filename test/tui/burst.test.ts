import { describe, expect, test } from 'bun:test';
import { burstFilter, PASTE_FROM_CHARS } from '../../src/tui/burst.ts';

const many = 'x'.repeat(PASTE_FROM_CHARS);

/** What is left of chunks that come `stepMs` apart, and how many bursts were told of. */
const taken = (chunks: readonly string[], stepMs: number): readonly [string, number] => {
  const filter = burstFilter();
  const parts = chunks.map((chunk, at) => filter.take({ text: chunk, paste: 'none' }, at * stepMs));
  return [parts.map(({ text }) => text).join(''), parts.filter(({ isNew }) => isNew).length];
};

describe('text that comes faster than anybody types', () => {
  test('is dropped in one piece, one character below the limit is not', () => {
    expect(taken([many], 0)).toEqual(['', 1]);
    expect(taken([many.slice(1)], 0)).toEqual([many.slice(1), 0]);
  });
  test('is dropped from the limit on when it comes one by one', () => {
    const [text, told] = taken([...'x'.repeat(1000)], 1);
    expect([text.length, told]).toEqual([PASTE_FROM_CHARS - 1, 1]);
  });
  test('takes its rest along until nothing has come for 150 ms', () => {
    expect(taken([many, 'd', 'd'], 150)).toEqual(['', 1]);
    expect(taken([many, 'd', 'd'], 151)).toEqual(['dd', 1]);
  });
  test('takes escape sequences, backspaces and Enter between its characters along', () => {
    expect(taken(['abc\x7fd\x1bxi\x08q\x03\r', 'dxik\x1b[A\rdxik'], 1)).toEqual([
      'abc\x7fd\x1bxi\x08q\x03\r',
      1,
    ]);
  });
});

describe('keys of a person pass', () => {
  test('when one is held down', () => {
    expect(taken([...'k'.repeat(200)], 25)[0]).toHaveLength(200);
  });
  test('when arrows, backspace or Enter were held down on a line that lags', () => {
    const held = '\x1b[A'.repeat(50) + '\x7f'.repeat(50) + '\r'.repeat(50) + '\x1bOB'.repeat(50);
    expect(taken([held], 0)).toEqual([held, 0]);
  });
});

test('what a marked paste leaves behind in its own reads, and right after it, is dropped too', () => {
  const filter = burstFilter();
  expect(filter.take({ text: '', paste: 'begins' }, 0)).toEqual({ text: '', isNew: true });
  expect(filter.take({ text: 'dxik', paste: 'goes on' }, 5000)).toEqual({ text: '', isNew: false });
  expect(filter.take({ text: 'd', paste: 'none' }, 5150).text).toBe('');
  expect(filter.take({ text: 'd', paste: 'none' }, 5301).text).toBe('d');
});

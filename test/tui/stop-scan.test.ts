import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { stopScanner } from '../../src/tui/stop-scan.ts';

const scan = (chunks: readonly string[], stepMs = 1): { text: string; stops: number } => {
  const scanner = stopScanner();
  const parts = chunks.map((chunk, at) => scanner.push(chunk, at * stepMs));
  return {
    text: parts.map((part) => part.text).join('') + scanner.flush(),
    stops: parts.reduce((sum, part) => sum + part.stops, 0),
  };
};

describe('the stop key is found', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['alone', ['\x18'], ''],
    ['between keys', ['jj\x18k'], 'jjk'],
    ['in kitty form', ['\x1b[120;5u'], ''],
    ['in kitty form with caps lock', ['\x1b[120;69u'], ''],
    ['in kitty form, repeated', ['\x1b[120;5:2u'], ''],
    ['in the form of modifyOtherKeys', ['\x1b[27;5;120~'], ''],
    ['inside an open paste', ['\x1b[200~abc', 'd\x18e'], ''],
    ['inside a beginning escape sequence', ['\x1b[1\x18'], '\x1b[1'],
  ];
  for (const [name, chunks, text] of cases) {
    test(name, () => expect(scan(chunks)).toEqual({ text, stops: 1 }));
  }
  test('however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.constantFrom('\x18', '\x1b[120;5u', '\x1b[27;5;120~'), fc.nat(9), (key, cut) => {
        expect(scan([`ab${key.slice(0, cut)}`, `${key.slice(cut)}cd`]).stops).toBe(1);
      }),
    );
  });
});

test('neither the release of the key nor x alone stops', () => {
  expect(scan(['\x1b[120;5:3u\x1b[120;1ux']).stops).toBe(0);
});

test('every other byte passes unchanged and in order, however it is cut', () => {
  const keys = fc.constantFrom(
    'a',
    '\x1b',
    '\x1b[A',
    '\x1b[5~',
    '\x1bOP',
    '\r',
    'é',
    '\x03',
    '[',
    '1',
    '\x1b[24~',
  );
  fc.assert(
    fc.property(fc.array(keys), fc.nat(20), (list, cut) => {
      const bytes = Buffer.from(list.join(''), 'utf8').toString('latin1');
      expect(scan([bytes.slice(0, cut), bytes.slice(cut)]).text).toBe(bytes);
    }),
  );
});

test('a paste is dropped, and one that never ends is over after a second of silence', () => {
  expect(scan(['a\x1b[200~dx\x1b[201~b']).text).toBe('ab');
  expect(scan(['a\x1b[200~dx', 'b'], 999).text).toBe('a');
  expect(scan(['a\x1b[200~dx', 'b'], 1001).text).toBe('ab');
});

test('a paste is told of once, when it begins', () => {
  const scanner = stopScanner();
  const told = ['a', '\x1b[200~d', 'x', '\x1b[201~b'].map((part, at) => scanner.push(part, at).pasted);
  expect(told).toEqual([false, true, false, false]);
});

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
    ['in kitty form with the other keys that X stands for', ['\x1b[120:88;5u'], ''],
    ['in kitty form on a keyboard of another script', ['\x1b[1095::120;5u'], ''],
    ['in kitty form with its text', ['\x1b[120;5;24u'], ''],
    ['inside an open string of the terminal', ['\x1b]52;c;', 'ab\x18'], ''],
    ['in kitty form inside such a string', ['\x1bPabc\x1b[120;5u'], ''],
    ['inside a beginning mouse report', ['\x1b[M\x18'], '\x1b[M'],
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

describe('what the terminal says by itself presses no key', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['a mouse report of the oldest kind', ['a\x1b[M xxb'], 'ab'],
    ['such a report cut in two', ['a\x1b[M x', 'xb'], 'ab'],
    ['its colour', ['a\x1b]11;rgb:0/d/x\x07b'], 'ab'],
    ['its version, cut at the end', ['a\x1bP>|xterm(39)\x1b', '\\b'], 'ab'],
    ['a string that another sequence breaks off', ['\x1b_dx\x1b[A'], '\x1b[A'],
  ];
  for (const [name, chunks, text] of cases) {
    test(name, () => expect(scan(chunks)).toEqual({ text, stops: 0 }));
  }
  test('and a string that never ends is over after a fifth of a second of silence', () => {
    expect(scan(['\x1b]x', 'd'], 200).text).toBe('');
    expect(scan(['\x1b]x', 'd'], 201).text).toBe('d');
  });
});

test('a paste is dropped, and one that never ends is over after a second of silence', () => {
  expect(scan(['a\x1b[200~dx\x1b[201~b']).text).toBe('ab');
  expect(scan(['a\x1b[200~dx', 'b'], 999).text).toBe('a');
  expect(scan(['a\x1b[200~dx', 'b'], 1001).text).toBe('ab');
});

test('a read says whether a paste begins in it, or goes on in it', () => {
  const scanner = stopScanner();
  const told = ['a', '\x1b[200~d', 'x', '\x1b[201~b', 'c'].map((part, at) => scanner.push(part, at).paste);
  expect(told).toEqual(['none', 'begins', 'goes on', 'goes on', 'none']);
});

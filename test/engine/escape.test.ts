import { expect, test } from 'bun:test';
import { escapeDocument, escapeText, isClientOrderId } from '../../src/engine/escape.ts';

const UNSAFE: readonly [string, string][] = [
  ['\u001b[2J', '\\u{1b}[2J'],
  ['\n', '\\u{a}'],
  ['\u009b', '\\u{9b}'],
  ['\u007f', '\\u{7f}'],
  ['\u202e', '\\u{202e}'],
  ['\u2066', '\\u{2066}'],
  ['\u200b', '\\u{200b}'],
  ['\ufeff', '\\u{feff}'],
  ['\u00ad', '\\u{ad}'],
  ['\u2028', '\\u{2028}'],
  ['\ud800', '\\u{d800}'],
  ['\u{e0041}', '\\u{e0041}'],
];

for (const [text, escaped] of UNSAFE) {
  test(`${escaped} does not pass as it is`, () => {
    expect(escapeText(`a${text}b`)).toBe(`a${escaped}b`);
  });
}

test('ordinary text of any script stays as it is', () => {
  for (const text of ['grinder_1_BTCUSDT_3_1700000000_7', 'Zażółć', '币安人生USDT', '😀'])
    expect(escapeText(text)).toBe(text);
});

test('long text is cut', () => {
  expect(escapeText('x'.repeat(600))).toBe(`${'x'.repeat(500)}…`);
});

test('an id is matched only when the exchange could have accepted it', () => {
  for (const id of ['a', 'grinder_1_BTCUSDT_3_1700000000_7', '.A:/z-_9', 'x'.repeat(36)])
    expect(isClientOrderId(id)).toBe(true);
  for (const id of ['', 'x'.repeat(37), 'a b', 'a\n', 'ä', '\\u{1b}'])
    expect(isClientOrderId(id)).toBe(false);
});

test('a finished document keeps its lines and, as JSON, its meaning', () => {
  const nasty = '\u001b[2J\u009b\u202e\u{e0041}💥é';
  const document = `${JSON.stringify({ nasty }, null, 2)}\n`;
  const escaped = escapeDocument(document);
  expect(escaped).not.toMatch(/[\p{Cf}\u0080-\u009f]|(?!\n)\p{Cc}/u);
  expect(escaped.split('\n').length).toBe(4);
  expect(JSON.parse(escaped)).toEqual({ nasty });
});

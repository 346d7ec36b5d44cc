import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { classifyOrder, parseClientOrderId } from '../../src/gates/identity.ts';

const identity = { prefix: 'grinder_', allowedStrategies: ['1', 'mm'] };
const kind = (clientOrderId: string, symbol = 'BTCUSDT') =>
  classifyOrder({ clientOrderId, symbol }, identity).kind;

describe('an order in our identity', () => {
  test('is taken apart from the right, so that a symbol may hold underscores', () => {
    expect(parseClientOrderId('grinder_1_BTCUSDT_260327_-3_170_12', 'grinder_')).toEqual({
      strategy: '1',
      symbol: 'BTCUSDT_260327',
      level: -3,
      tsSeconds: 170,
      seq: 12,
    });
    expect(kind('grinder_1_BTCUSDT_260327_-3_170_12', 'BTCUSDT_260327')).toBe('ours');
  });

  test('is ours at 36 characters and not at 37', () => {
    const longest = 'grinder_1_BTCUSDT_1_1700000000_12345';
    expect(longest.length).toBe(36);
    expect(kind(longest)).toBe('ours');
    expect(kind(`${longest}6`)).toBe('ours_unparsable');
  });

  test('is not ours when its strategy is not allowed', () => {
    expect(kind('grinder_2_BTCUSDT_1_1700000000_1')).toBe('not_allowed_strategy');
    expect(kind('grinder_mm_BTCUSDT_1_1700000000_1')).toBe('ours');
  });

  test('is judged by the identity that is asked for, whichever was asked for before', () => {
    const order = { clientOrderId: 'grinder_1_BTCUSDT_1_1700000000_1', symbol: 'BTCUSDT' };
    const other = { prefix: 'grinder_', allowedStrategies: ['2'] };
    const kinds = [identity, other, identity].map((one) => classifyOrder(order, one).kind);
    expect(kinds).toEqual(['ours', 'not_allowed_strategy', 'ours']);
  });

  test('is never told from an empty prefix', () => {
    const empty = { prefix: '', allowedStrategies: ['1'] };
    expect(classifyOrder({ clientOrderId: '1_BTCUSDT_1_1_1', symbol: 'BTCUSDT' }, empty).kind).toBe(
      'foreign',
    );
  });

  test('is never one of our own repair orders, even under a prefix that covers them', () => {
    const wide = { prefix: 'grc_', allowedStrategies: ['1'] };
    expect(classifyOrder({ clientOrderId: 'grc_1_BTCUSDT_1_1_1', symbol: 'BTCUSDT' }, wide).kind).toBe(
      'repair',
    );
  });
});

describe('ids crafted to look like ours are never ours', () => {
  const crafted: readonly (readonly [string, string])[] = [
    ['another symbol inside', 'grinder_1_ETHUSDT_1_1700000000_1'],
    ['no symbol', 'grinder_1__1_1700000000_1'],
    ['no strategy', 'grinder__BTCUSDT_1_1700000000_1'],
    ['the prefix alone', 'grinder_'],
    ['a part too few', 'grinder_1_BTCUSDT_1700000000_1'],
    ['a trailing line break', 'grinder_1_BTCUSDT_1_1700000000_1\n'],
    ['a trailing blank', 'grinder_1_BTCUSDT_1_1700000000_1 '],
    ['an escape sequence', 'grinder_1_BTCUSDT_1_1700000000_1\u001b[2J'],
    ['a zero-width space', 'grinder_1_BTC\u200bUSDT_1_1700000000_1'],
    ['a right-to-left mark', 'grinder_1_BTCUSDT_1_1700000000_\u202e1'],
    ['full-width digits', 'grinder_1_BTCUSDT_1_1700000000_１'],
    ['Arabic digits', 'grinder_1_BTCUSDT_١_1700000000_1'],
    ['a Cyrillic letter in the symbol', 'grinder_1_ВTCUSDT_1_1700000000_1'],
    ['a plus sign', 'grinder_1_BTCUSDT_+1_1700000000_1'],
    ['an exponent', 'grinder_1_BTCUSDT_1_17e8_1'],
    ['a fraction', 'grinder_1_BTCUSDT_1.5_1700000000_1'],
    ['a negative time', 'grinder_1_BTCUSDT_1_-1700000000_1'],
    ['a number beyond exactness', 'grinder_1_BTCUSDT_1_1_99999999999999999'],
  ];
  for (const [what, id] of crafted) test(`with ${what}`, () => expect(kind(id)).toBe('ours_unparsable'));

  const foreign: readonly (readonly [string, string])[] = [
    ['other letters', 'Grinder_1_BTCUSDT_1_1700000000_1'],
    ['a Cyrillic letter in the prefix', 'grіnder_1_BTCUSDT_1_1700000000_1'],
    ['a leading blank', ' grinder_1_BTCUSDT_1_1700000000_1'],
    ['the prefix inside', 'x-grinder_1_BTCUSDT_1_1700000000_1'],
    ['nothing', ''],
  ];
  for (const [what, id] of foreign)
    test(`and are foreign with ${what}`, () => expect(kind(id)).toBe('foreign'));
});

test('whatever the id is, it is taken apart as the pattern says', () => {
  const part = fc.constantFrom(
    '1',
    'mm',
    'BTC',
    'BTC_1',
    '7',
    '-3',
    '.X',
    '-',
    '',
    'é',
    '٣',
    '9007199254740991',
    '9007199254740993',
  );
  const id = fc.array(part, { minLength: 3, maxLength: 6 }).map((parts) => `grinder_${parts.join('_')}`);
  const shape = /^([A-Za-z0-9.-]+)_([A-Za-z0-9][A-Za-z0-9._-]*)_(-?\d+)_(\d+)_(\d+)$/;
  fc.assert(
    fc.property(id, (clientOrderId) => {
      const match = clientOrderId.length <= 36 ? shape.exec(clientOrderId.slice('grinder_'.length)) : null;
      const [, strategy, symbol, ...figures] = match ?? [];
      const [level, tsSeconds, seq] = figures.map(Number);
      const isExact = match !== null && [level, tsSeconds, seq].every(Number.isSafeInteger);
      expect(parseClientOrderId(clientOrderId, 'grinder_')).toEqual(
        isExact ? ({ strategy, symbol, level, tsSeconds, seq } as never) : null,
      );
    }),
    { numRuns: 5000 },
  );
});

test('whatever the id and the strategies are, it is ours when it comes apart into an allowed strategy and its symbol', () => {
  const part = fc.constantFrom(
    '1',
    'mm',
    'BTC',
    'BTC_1',
    '7',
    '-3',
    '-',
    '',
    'é',
    '170',
    '9007199254740993',
    '0012',
  );
  const prefix = fc.constantFrom('grinder_', 'g', 'gr', 'grc', 'grc_', '');
  const strategies = fc.array(fc.constantFrom<string>('1', 'mm', 'c', 'rc', 'BTC', '', 'a_b', 'é'), {
    maxLength: 3,
  });
  const symbol = fc.constantFrom('BTC', 'BTC_1', '1', '', '-', 'é', '_BTC');
  const parts = fc.array(part, { minLength: 3, maxLength: 6 });
  fc.assert(
    fc.property(
      prefix,
      strategies,
      symbol,
      parts,
      fc.boolean(),
      (own, allowedStrategies, of, rest, isOfSymbol) => {
        const [strategy = '', ...more] = rest;
        const clientOrderId = `${own}${(isOfSymbol ? [strategy, of, ...more.slice(-3)] : rest).join('_')}`;
        const { kind: found } = classifyOrder(
          { clientOrderId, symbol: of },
          { prefix: own, allowedStrategies },
        );
        const parsed = parseClientOrderId(clientOrderId, own);
        const isOurs =
          !clientOrderId.startsWith('grc_') &&
          parsed?.symbol === of &&
          allowedStrategies.includes(parsed.strategy);
        expect(found === 'ours').toBe(isOurs);
      },
    ),
    { numRuns: 5000 },
  );
});

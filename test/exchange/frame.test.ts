import { describe, expect, test } from 'bun:test';
import { readFrame } from '../../src/exchange/frame.ts';

const order = {
  s: 'BTCUSDT',
  c: 'grinder_1_BTCUSDT_0_1700000000_1',
  S: 'BUY',
  o: 'LIMIT',
  q: '0.010',
  p: '60000.0',
  X: 'NEW',
  i: 9007,
  z: '0',
  T: 1_700_000_000_000,
  R: false,
  ps: 'BOTH',
  cp: false,
};
const orderUpdate = (change: Record<string, unknown> = {}) => ({
  e: 'ORDER_TRADE_UPDATE',
  E: 1_700_000_000_005,
  T: 1_700_000_000_000,
  o: { ...order, ...change },
});
const accountUpdate = (a: unknown) => ({ e: 'ACCOUNT_UPDATE', E: 2, T: 1, a });

describe('a frame', () => {
  test('of an order becomes the order, with decimals as they were sent', () => {
    expect(readFrame(orderUpdate())).toMatchObject({
      kind: 'changed',
      symbols: ['BTCUSDT'],
      eventTimeMs: 1_700_000_000_005,
      orders: [{ orderId: '9007', quantity: '0.010', price: '60000.0', updatedAtMs: 1_700_000_000_000 }],
    });
  });

  for (const [what, change] of [
    ['a number for a decimal', { q: 0.01 }],
    ['not a number', { q: 'NaN' }],
    ['a negative quantity', { q: '-1' }],
    ['a huge price', { p: '1e30' }],
    ['more filled than ordered', { z: '0.020' }],
    ['no id', { i: undefined }],
    ['no time', { T: undefined }],
    ['an unknown side', { S: 'UP' }],
    ['no position side', { ps: undefined }],
  ] as const) {
    test(`of an order with ${what} is malformed, never guessed`, () => {
      expect(readFrame(orderUpdate(change))).toEqual({ kind: 'malformed' });
    });
  }

  test.each([
    [{ result: [], id: 1 }, 'alive'],
    [{ result: null, id: 1 }, 'alive'],
    [{ error: { code: 2, msg: 'Invalid request' }, id: 1 }, 'alive'],
    [{}, 'malformed'],
    [{ id: 1 }, 'malformed'],
    [{ stream: 'key', data: orderUpdate() }, 'malformed'],
    [[orderUpdate()], 'malformed'],
    [Buffer.from(JSON.stringify(orderUpdate())), 'malformed'],
    [{ e: null, result: [] }, 'malformed'],
    [{ e: 7, o: order }, 'malformed'],
    ['', 'malformed'],
    [null, 'malformed'],
    [0, 'malformed'],
  ])('F38 malformed frame: %j is %s, so that an event in an unknown wrapping is not lost', (frame, kind) => {
    expect(readFrame(frame)).toEqual({ kind } as ReturnType<typeof readFrame>);
  });

  test('with a status that is not known keeps the order, as unknown', () => {
    for (const X of ['NEW_ADL', 'constructor', 'toString', '__proto__', ''])
      expect(readFrame(orderUpdate({ X }))).toMatchObject({ orders: [{ status: 'UNKNOWN' }] });
  });

  test('with a crafted id or type shows it escaped', () => {
    expect(readFrame(orderUpdate({ c: 'a\u202eb', o: 'LIMIT\u0007' }))).toMatchObject({
      orders: [{ clientOrderId: 'a\\u{202e}b', orderType: 'LIMIT\\u{7}' }],
    });
  });

  test('of a conditional order takes the time of the frame', () => {
    const { i: _i, c: _c, z: _z, T: _T, ...terms } = order;
    const frame = { e: 'ALGO_UPDATE', E: 8, T: 7, o: { ...terms, aid: 5, caid: 'x', X: 'TRIGGERED' } };
    expect(readFrame(frame)).toMatchObject({
      orders: [{ orderId: '5', conditional: true, status: 'EXPIRED', updatedAtMs: 7 }],
    });
  });

  test('of positions becomes the positions, flat ones too; one bad row spoils the frame', () => {
    const flat = { s: 'BTCUSDT', pa: '0', ep: '0.0', ps: 'LONG' };
    const held = { s: 'ETHUSDT', pa: '-1.5', ep: '3000', ps: 'BOTH' };
    expect(readFrame(accountUpdate({ P: [flat, held] }))).toMatchObject({
      symbols: ['BTCUSDT', 'ETHUSDT'],
      positions: [
        { amount: '0', positionSide: 'LONG', updatedAtMs: 1 },
        { amount: '-1.5', positionSide: 'BOTH' },
      ],
    });
    expect(readFrame(accountUpdate({ P: [flat, { ...held, pa: 1 }] }))).toEqual({ kind: 'malformed' });
    expect(readFrame(accountUpdate({ m: 'ORDER' }))).toEqual({ kind: 'alive' });
    expect(readFrame({ e: 'ACCOUNT_UPDATE', E: 2 })).toEqual({ kind: 'malformed' });
  });

  test('of a type that is not known means that anything may have changed', () => {
    expect(readFrame({ e: 'STRATEGY_UPDATE', E: 3 })).toMatchObject({
      kind: 'changed',
      symbols: [],
      orders: [],
    });
  });
});

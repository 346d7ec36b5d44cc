import { expect, test } from 'bun:test';
import { classify } from '../../src/exchange/outcome.ts';
import { DEFINITE_REFUSALS } from '../../src/exchange/refusals.ts';
import { flattenOf } from './world.ts';

const cancel = {
  kind: 'cancel',
  symbol: 'BTCUSDT',
  orderId: '7',
  clientOrderId: 'grinder_1_BTCUSDT_1_1_1',
  conditional: false,
} as const;
const reply = {
  symbol: 'BTCUSDT',
  orderId: 7,
  clientOrderId: cancel.clientOrderId,
  side: 'BUY',
  status: 'CANCELED',
  origQty: '1.0',
  executedQty: '0.4',
};
const plain = (text: string) => text;
const judge = (write: Parameters<typeof classify>[0], httpStatus: number, body: unknown) =>
  classify(
    write,
    { kind: 'reply', httpStatus, text: JSON.stringify(body), value: undefined, serverMs: null },
    plain,
  );

test('a reply for this very order is EXECUTED with what was filled', () => {
  expect(judge(cancel, 200, reply)).toEqual({
    status: 'EXECUTED',
    orderId: '7',
    executedQuantity: '0.4',
    orderStatus: 'CANCELED',
  });
});

const ODD = [
  { symbol: 'ETHUSDT' },
  { orderId: 8 },
  { orderId: undefined },
  { clientOrderId: 'another' },
  { status: 'NEW' },
  { status: 'FILLED' },
  { executedQty: '2.0' },
  { executedQty: '-1' },
  { executedQty: 'NaN' },
  { origQty: 1 },
];

for (const change of ODD) {
  test(`a cancel reply with ${JSON.stringify(change)} is UNKNOWN`, () => {
    expect(judge(cancel, 200, { ...reply, ...change })).toMatchObject({ status: 'UNKNOWN', httpStatus: 200 });
  });
}

const LONG_ID = '8389765591234567890';
const longReply = (digits: string) => JSON.stringify(reply).replace('"orderId":7', `"orderId":${digits}`);
const judgeText = (write: Parameters<typeof classify>[0], text: string) =>
  classify(write, { kind: 'reply', httpStatus: 200, text, value: undefined, serverMs: null }, plain);

test('an order id of more digits than a double holds is told from its neighbour by all of them', () => {
  const long = { ...cancel, orderId: LONG_ID };
  expect(judgeText(long, longReply(LONG_ID))).toMatchObject({ status: 'EXECUTED', orderId: LONG_ID });
  expect(judgeText(long, longReply('8389765591234567891'))).toMatchObject({ status: 'UNKNOWN' });
  const algo = { ...cancel, orderId: LONG_ID, conditional: true } as const;
  const gone = `{"algoId":${LONG_ID},"clientAlgoId":"${cancel.clientOrderId}","code":"200","msg":"a 1234567890123456789"}`;
  expect(judgeText(algo, gone)).toMatchObject({ status: 'EXECUTED', orderId: LONG_ID });
});

test('a flatten whose reply carries a long id and long decimals is EXECUTED as it says', () => {
  const text = JSON.stringify({ ...filled, avgPrice: '59000.1234567890123456' }).replace(
    '"orderId":7',
    `"orderId":${LONG_ID},"x":0.12345678901234567890`,
  );
  expect(judgeText(flatten, text)).toMatchObject({ status: 'EXECUTED', orderId: LONG_ID });
});

const flatten = flattenOf();
const filled = {
  ...reply,
  clientOrderId: 'grc_1',
  side: 'SELL',
  status: 'EXPIRED',
  origQty: '0.01',
  executedQty: '0',
};

test('a flatten that found no taker is EXECUTED with nothing filled', () => {
  expect(judge(flatten, 200, filled)).toMatchObject({ status: 'EXECUTED', executedQuantity: '0' });
});

for (const change of [
  { side: 'BUY' },
  { origQty: '0.02' },
  { status: 'REJECTED' },
  { status: 'NEW' },
  { status: 'PARTIALLY_FILLED', executedQty: '0.005' },
  { clientOrderId: 'grc_2' },
]) {
  test(`a flatten reply with ${JSON.stringify(change)} is UNKNOWN`, () => {
    expect(judge(flatten, 200, { ...filled, ...change })).toMatchObject({ status: 'UNKNOWN' });
  });
}

test('a conditional cancel is EXECUTED on its two ids and the code 200', () => {
  const algo = { ...cancel, conditional: true };
  const done = { algoId: 7, clientAlgoId: cancel.clientOrderId, code: '200', msg: 'success' };
  expect(judge(algo, 200, done)).toMatchObject({ status: 'EXECUTED', orderId: '7' });
  expect(judge(algo, 200, { ...done, algoId: 8 })).toMatchObject({ status: 'UNKNOWN' });
  expect(judge(algo, 200, { ...done, code: '-2011' })).toMatchObject({ status: 'UNKNOWN' });
  expect(judge(algo, 200, reply)).toMatchObject({ status: 'UNKNOWN' });
});

const KINDS = [
  ['cancel', cancel],
  ['flatten', flatten],
] as const;

for (const [kind, write] of KINDS) {
  test(`a documented refusal of a ${kind} is definite with 400 and 401, and with nothing else`, () => {
    for (const code of DEFINITE_REFUSALS[kind]) {
      for (const status of [400, 401])
        expect(judge(write, status, { code, msg: 'm' })).toMatchObject({ status: 'REJECTED', code });
      for (const status of [200, 201, 202, 404, 408, 409, 451, 500, 502, 503, 504])
        expect([status, judge(write, status, { code, msg: 'm' }).status]).toEqual([status, 'UNKNOWN']);
    }
  });
}

test('a code that another request is refused with says nothing about this one', () => {
  expect(judge(cancel, 400, { code: -2022, msg: 'ReduceOnly Order is rejected.' }).status).toBe('UNKNOWN');
  expect(judge(flatten, 400, { code: -2022, msg: 'ReduceOnly Order is rejected.' }).status).toBe('REJECTED');
  expect(judge(flatten, 400, { code: -1119, msg: 'm' }).status).toBe('UNKNOWN');
  for (const code of [-1108, -1113, -1125, -2021, -4021, -4045, -4114, -4202, -4203, -5021, -5022])
    for (const [, write] of KINDS) expect(judge(write, 400, { code, msg: 'm' }).status).toBe('UNKNOWN');
});

test('no code that leaves the outcome open is among the definite refusals', () => {
  for (const code of [-1000, -1001, -1006, -1007, -1013, -1016, -2011, -2013, -2020, -4116, -9999])
    for (const [, write] of KINDS)
      expect(judge(write, 400, { code, msg: 'm' })).toMatchObject({ status: 'UNKNOWN', code });
});

test('a 503 is a failure as "Service Unavailable." or -1008, and unknown in every other wording', () => {
  const of503 = (text: string) =>
    classify(cancel, { kind: 'reply', httpStatus: 503, text, value: undefined, serverMs: null }, plain)
      .status;
  expect(of503('Service Unavailable.')).toBe('REJECTED');
  expect(of503('{"code":-1,"msg":"Service Unavailable."}')).toBe('REJECTED');
  expect(of503('{"code":-1008,"msg":"Request throttled by system-level protection."}')).toBe('REJECTED');
  for (const text of [
    'Service Unavailable. upstream request timeout',
    '{"code":0,"msg":"Unknown error, please check your request or try again later."}',
    '{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}',
    '<html>503 Service Unavailable</html>',
    '',
  ])
    expect([text, of503(text)]).toEqual([text, 'UNKNOWN']);
  expect(judge(cancel, 400, { code: -1008, msg: 'm' }).status).toBe('UNKNOWN');
});

test('what never left is NOT_SENT, what may have left is UNKNOWN', () => {
  expect(classify(cancel, { kind: 'none', sent: false, why: 'x' }, plain).status).toBe('NOT_SENT');
  expect(classify(cancel, { kind: 'none', sent: true, why: 'x' }, plain).status).toBe('UNKNOWN');
});

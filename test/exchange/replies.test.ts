import { expect, test } from 'bun:test';
import { flattenOf, startWorld, strayCancel, type WorldOptions } from './world.ts';

const quick: WorldOptions = { options: { requestTimeoutMs: 300 } };

/** F1 to F15: the write may or may not have taken effect. */
const UNCERTAIN = [
  ['a hang before delivery', { kind: 'hang_before' }],
  ['a lost reply', { kind: 'execute_then_drop' }],
  ['a hang after execution', { kind: 'execute_then_hang' }],
  ['headers and then nothing', { kind: 'headers_then_hang' }],
  ['a body cut by the connection', { kind: 'headers_then_drop' }],
  ['a reset', { kind: 'reset' }],
  ['half of the JSON', { kind: 'truncated' }],
  ['a web page', { kind: 'html' }],
  ['an empty body', { kind: 'empty' }],
  ['an empty object', { kind: 'empty_object' }],
  ['a 502', { kind: 'status', status: 502, body: 'Bad Gateway' }],
  ['a 504', { kind: 'status', status: 504, body: '', executed: true }],
  [
    'a 503 with unknown status',
    {
      kind: 'status',
      status: 503,
      code: -1000,
      msg: 'Unknown error, please check your request or try again later.',
      executed: true,
    },
  ],
  [
    '-1007',
    { kind: 'status', status: 408, code: -1007, msg: 'Timeout waiting for response.', executed: true },
  ],
  ['-1006', { kind: 'status', status: 400, code: -1006, msg: 'An unexpected response.', executed: true }],
  ['an unknown code', { kind: 'status', status: 400, code: -9999, msg: 'What?' }],
  ['a refusal code in a 200', { kind: 'status', status: 200, code: -2022, msg: 'odd' }],
  ['a refusal code in a 500', { kind: 'status', status: 500, code: -2022, msg: 'odd' }],
  ['a reply about another order', { kind: 'wrong_reply' }],
  ['a reply after the deadline', { kind: 'delay', delayMs: 900 }],
] as const;

for (const [name, fault] of UNCERTAIN) {
  test(`a cancel answered by ${name} is UNKNOWN and was sent once`, async () => {
    await using world = await startWorld(quick);
    const write = await strayCancel(world);
    await world.sim.fault({ ...fault, match: { method: 'DELETE' } });
    expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'UNKNOWN' });
    expect(await world.sim.writes()).toHaveLength(1);
  });
  test(`a flatten answered by ${name} is UNKNOWN and was sent once`, async () => {
    await using world = await startWorld(quick);
    await world.sim.setPosition('BTCUSDT', '0.010');
    await world.exchange.observe({ symbols: [] });
    const write = flattenOf();
    await world.sim.fault({ ...fault, match: { method: 'POST', path: 'order' } });
    expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'UNKNOWN' });
    expect(await world.sim.writes()).toHaveLength(1);
  });
}

test('a cancel of an order that is gone is UNKNOWN with its code, to be queried', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  await world.sim.cancelOrders();
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({
    status: 'UNKNOWN',
    code: -2011,
    httpStatus: 400,
  });
});

test('a duplicate client id is UNKNOWN with its code, to be queried', async () => {
  await using world = await startWorld();
  const write = await strayCancel(world);
  await world.sim.fault({ kind: 'status', status: 400, code: -4116, msg: 'ClientOrderId is duplicated.' });
  expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({
    status: 'UNKNOWN',
    code: -4116,
  });
});

/** F16 to F23: nothing happened, for certain. `pauses` tells that everything must wait then. */
const DEFINITE = [
  [{ status: 503, msg: 'Service Unavailable.', code: -1 }, true],
  [{ status: 503, body: 'Service Unavailable.' }, true],
  [{ status: 503, code: -1008, msg: 'Request throttled by system-level protection.' }, true],
  [{ status: 429, code: -1003, msg: 'Too many requests.', headers: { 'Retry-After': '7' } }, true],
  [{ status: 418, code: -1003, msg: 'Banned.', headers: { 'Retry-After': '120' } }, true],
  [{ status: 403, body: '<html>Forbidden</html>' }, true],
  [{ status: 400, code: -1021, msg: 'Timestamp outside of the recvWindow.' }, false],
  [{ status: 401, code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' }, false],
  [{ status: 400, code: -1022, msg: 'Signature for this request is not valid.' }, false],
  [{ status: 400, code: -2022, msg: 'ReduceOnly Order is rejected.' }, false],
  [{ status: 400, code: -4118, msg: 'ReduceOnly Order Failed.' }, false],
] as const;

for (const [fault, pauses] of DEFINITE) {
  const name = 'code' in fault ? `${fault.status} ${fault.code}` : `${fault.status} ${fault.body}`;
  test(`${name} is REJECTED${pauses ? ' and pauses every call' : ''}`, async () => {
    await using world = await startWorld();
    await world.sim.setPosition('BTCUSDT', '0.010');
    await world.exchange.observe({ symbols: [] });
    const write = flattenOf();
    await world.sim.fault({ kind: 'status', ...fault, match: { method: 'POST', path: 'order' } });
    expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({
      status: 'REJECTED',
      httpStatus: fault.status,
    });
    expect(await world.sim.writes()).toHaveLength(1);
    expect(world.events.some((event) => event.type === 'backoff')).toBe(pauses);
    expect((await world.sim.state()).positions).toHaveLength(1);
  });
}

const PAUSES = [
  { status: 429, seconds: 2 },
  { status: 418, seconds: 120 },
] as const;

for (const { status, seconds } of PAUSES) {
  test(`after a ${status} neither read nor write leaves before its end`, async () => {
    await using world = await startWorld({ timing: { probeMs: 60_000 } });
    const write = await strayCancel(world);
    const fault = {
      kind: 'status',
      status,
      code: -1003,
      msg: 'slow down',
      headers: { 'Retry-After': String(seconds) },
    };
    await world.sim.fault({ ...fault, match: { path: 'time' } });
    const startedMs = Date.now();
    expect(await world.exchange.readClock()).toMatchObject({ kind: 'failed' });
    const backoff = world.events.find((event) => event.type === 'backoff');
    expect(backoff?.untilMs).toBeGreaterThanOrEqual(startedMs + seconds * 1000);
    const before = (await world.sim.log()).length;
    const seen = await world.exchange.observe({ symbols: ['BTCUSDT'] });
    expect(seen.complete).toBe(false);
    expect(seen.reads.every((read) => read.outcome === 'failed')).toBe(true);
    expect(await world.exchange.dispatch(write, world.permit(write))).toMatchObject({ status: 'NOT_SENT' });
    expect(await world.sim.log()).toHaveLength(before);
  });
}

test('a ban from before a restart holds from the first call on', async () => {
  await using world = await startWorld({ options: { backoffUntilMs: Date.now() + 60_000 } });
  expect(await world.exchange.readClock()).toMatchObject({ kind: 'failed' });
  expect(await world.sim.log()).toEqual([]);
});

test('the end of a ban is read from its message when it is later than Retry-After', async () => {
  await using world = await startWorld();
  const untilMs = Date.now() + 600_000;
  await world.sim.fault({
    kind: 'status',
    match: { path: 'time' },
    status: 418,
    code: -1003,
    msg: `Way too many requests; IP banned until ${untilMs}.`,
    headers: { 'Retry-After': '1' },
  });
  await world.exchange.readClock();
  const backoff = world.events.find((event) => event.type === 'backoff');
  expect(Math.abs((backoff?.untilMs ?? 0) - untilMs)).toBeLessThan(5);
});

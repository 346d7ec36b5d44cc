/** F16 to F26: answers that are certain, each with what follows from it; what the exchange wants queried is queried. */
import { describe, expect, test } from 'bun:test';
import { systemClock } from '../../src/engine/clock.ts';
import { endsWriting } from '../../src/exchange/refusals.ts';
import { until } from '../helpers/simulator.ts';
import { startWriteWorld, type WriteWorld } from './write-world.ts';

const MINUTE = { 'Retry-After': '60' };
const REFUSALS: readonly (readonly [
  string,
  { readonly status: number; readonly [key: string]: unknown },
  boolean,
])[] = [
  ['F16 503 Service Unavailable', { status: 503, body: 'Service Unavailable.' }, true],
  ['F17 -1008', { status: 503, code: -1008, msg: 'Request throttled by system-level protection.' }, true],
  ['F18 429', { status: 429, code: -1003, msg: 'Too many requests.', headers: MINUTE }, true],
  ['F19 418', { status: 418, code: -1003, msg: 'Banned.', headers: MINUTE }, true],
  ['F20 403 firewall', { status: 403, body: '<html>Forbidden</html>' }, true],
  ['F21 -1021', { status: 400, code: -1021, msg: 'Timestamp outside of the recvWindow.' }, false],
  ['F22 -2015', { status: 401, code: -2015, msg: 'Invalid API-key, IP, or permissions.' }, false],
  ['F22 -1022', { status: 400, code: -1022, msg: 'Signature for this request is not valid.' }, false],
  ['F23 -2022', { status: 400, code: -2022, msg: 'ReduceOnly Order is rejected.' }, false],
  ['F23 -4118', { status: 400, code: -4118, msg: 'ReduceOnly Order Failed.' }, false],
];

/** What of the account a flatten would have changed. */
const positions = async (w: WriteWorld) => (await w.world.sim.state()).positions.length;

describe('a write that is refused for certain', () => {
  for (const [name, fault, pauses] of REFUSALS) {
    test(`${name}: failed, nothing open, a call without its notional${pauses ? ', and a pause for all' : ''}`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planFlatten();
      await w.world.sim.fault({ kind: 'status', match: { method: 'POST', path: 'order' }, ...fault });
      const refused: unknown[] = [];
      const [result] = await w.execute([action], { refused: (refusal) => refused.push(refusal) });
      expect(result).toMatchObject({ status: 'failed', reason: 'port_error' });
      expect(refused).toMatchObject([{ httpStatus: fault.status }]);
      expect(await w.written()).toBe(1);
      expect(await positions(w)).toBe(1);
      expect(w.journal.state().openIntents.size).toBe(0);
      expect(w.journal.state().dispatches).toMatchObject([{ notionalUsdt: '0' }]);
      expect([...w.journal.state().failuresByItem.values()]).toEqual([1]);
      const backoff = w.world.events.find((event) => event.type === 'backoff');
      expect(backoff !== undefined).toBe(pauses);
      const [again] = await w.execute([action]);
      // A pause stops the read before the write already; else a new intent is sent, and only that.
      expect(again?.status).toBe(pauses ? 'failed' : 'executed');
      expect(await w.written()).toBe(pauses ? 1 : 2);
      const ids = w
        .lines()
        .flatMap(({ status, details }) => (status === 'INTENT' ? [details['intent_id']] : []));
      expect(new Set(ids).size).toBe(ids.length);
    });
  }

  test('F20, F22 end the right to write; every other refusal concerns its item alone', () => {
    expect(endsWriting({ httpStatus: 403, code: null })).toContain('firewall');
    for (const code of [-1002, -1022, -2014, -2015, -2017])
      expect(endsWriting({ httpStatus: 400, code })).toContain(String(code));
    for (const code of [-1021, -2022, -4118, -1111, null])
      expect(endsWriting({ httpStatus: 400, code })).toBeNull();
    expect(endsWriting({ httpStatus: 429, code: -1003 })).toBeNull();
  });

  test('F21 -1021: the clock is measured again at once, and a new intent goes through', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    await w.world.sim.setClockOffset(8000);
    const since = (await w.world.sim.log()).length;
    expect((await w.execute([{ ...action }]))[0]).toMatchObject({ status: 'failed' });
    await until(
      async () => (await w.world.sim.log(since)).some(({ path }) => path === '/fapi/v1/time'),
      'a new measure',
    );
    await until(async () => (await w.world.exchange.queryPosition('BTCUSDT')).kind === 'ok', 'signed reads');
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'executed' });
  });

  test('F19 418: the end of the ban is told, for the audit to keep', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    const fault = { status: 418, code: -1003, msg: 'Banned.', headers: { 'Retry-After': '120' } };
    await w.world.sim.fault({ kind: 'status', match: { method: 'POST', path: 'order' }, ...fault });
    const startedMs = systemClock.wallMs();
    await w.execute([action]);
    const backoff = w.world.events.find((event) => event.type === 'backoff');
    expect(backoff?.untilMs).toBeGreaterThanOrEqual(startedMs + 120_000);
  });

  test('F26 maintenance: a 503 without the documented words is unknown, and asked for', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    const body = '<html>System maintenance</html>';
    await w.world.sim.fault({ kind: 'status', status: 503, body, match: { method: 'POST', path: 'order' } });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'unknown' });
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 0, not_executed: 1 });
    expect(await w.written()).toBe(1);
  });
});

describe('a write whose answer says: ask', () => {
  test('F24 -2011 on a cancel, the order filled before: not executed, known from the order itself', async () => {
    await using w = await startWriteWorld();
    const action = await w.planCancel();
    w.meanwhile.beforeDispatch = () => w.world.sim.fill(action.clientOrderId ?? '');
    const [result] = await w.execute([action]);
    expect(result).toMatchObject({ status: 'unknown' });
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 0, not_executed: 1 });
    expect(await w.written()).toBe(1);
  });

  test('F24 -2011 on a cancel, the order cancelled by somebody else: what was wanted is so', async () => {
    await using w = await startWriteWorld();
    const action = await w.planCancel();
    w.meanwhile.beforeDispatch = () => w.world.sim.cancelOrders();
    const [result] = await w.execute([action]);
    expect(result).toMatchObject({ status: 'unknown' });
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
  });

  test('F25 -4116: the order under that id is asked for and decides', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    const fault = { status: 400, code: -4116, msg: 'ClientOrderId is duplicated.', executed: true };
    await w.world.sim.fault({ kind: 'status', match: { method: 'POST', path: 'order' }, ...fault });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'unknown' });
    const [sent] = await w.world.sim.writes();
    const since = (await w.world.sim.log()).length;
    await w.resolve();
    const asked = (await w.world.sim.log(since)).filter(({ path }) => path === '/fapi/v1/order');
    expect(asked.map(({ params }) => params['origClientOrderId'])).toEqual([
      sent?.params['newClientOrderId'],
    ]);
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
  });
});

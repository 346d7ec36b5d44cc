/** F27 to F32, F69, F80: what a read shows wrongly or too late, and what changes between verdict and bytes, sends nothing wrong. */
import { describe, expect, test } from 'bun:test';
import { startWriteWorld } from './write-world.ts';

const ORDER = { method: 'GET', path: 'order' };
const POSITION = { method: 'GET', path: 'positionRisk' };

describe('F27 -2013 lagging a success', () => {
  test('two denials and then the order: executed, because a denial alone proves nothing', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    await w.world.sim.fault({ kind: 'execute_then_drop', match: { method: 'POST', path: 'order' } });
    await w.world.sim.fault({ kind: 'stale', times: 2, match: ORDER });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'unknown' });
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
    expect((await w.world.sim.writes()).length).toBe(1);
  });

  test('a failed read between the denials counts for nothing', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    await w.world.sim.fault({ kind: 'hang_before', match: { method: 'POST', path: 'order' } });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'unknown' });
    await w.world.sim.fault({ kind: 'html', skip: 1, times: 1, match: ORDER });
    const since = (await w.world.sim.log()).length;
    await w.resolve();
    const asked = (await w.world.sim.log(since)).filter(({ path }) => path === '/fapi/v1/order');
    expect(asked).toHaveLength(4);
    expect(w.resolver.counts()).toEqual({ executed: 0, not_executed: 1 });
  });
});

test('F28 partial page: the position is missing in the read before the write, and nothing is sent', async () => {
  await using w = await startWriteWorld();
  const action = await w.planFlatten();
  await w.world.sim.fault({ kind: 'patch', patch: { symbol: 'ETHUSDT' }, match: POSITION });
  expect((await w.execute([action]))[0]?.status).not.toBe('executed');
  expect(await w.written()).toBe(0);
});

describe('F29 stale snapshot', () => {
  test('a cancel aimed by a stale read meets -2011: unknown, asked for, never repeated', async () => {
    await using w = await startWriteWorld();
    const action = await w.planCancel();
    await w.world.sim.fault({ kind: 'stale', times: 1, match: ORDER });
    await w.world.sim.cancelOrders();
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'unknown' });
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
    expect(await w.written()).toBe(1);
  });

  test('a flatten sized by a stale read can only reduce: the exchange refuses what would open', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten('0.010');
    await w.world.sim.fault({ kind: 'stale', times: 1, match: POSITION });
    await w.world.sim.setPosition('BTCUSDT', '0');
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'failed' });
    expect((await w.world.sim.state()).positions).toEqual([]);
    const [sent] = await w.world.sim.writes();
    expect(sent?.params['reduceOnly']).toBe('true');
  });
});

describe('F30 NaN, negative or huge numbers', () => {
  const SICK = ['NaN', '', '1e3', '-1e-7', 'Infinity', '9'.repeat(30), null, 5, {}];
  for (const value of SICK)
    test(`a position of ${JSON.stringify(value)} in the read before the write sends nothing`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planFlatten();
      await w.world.sim.fault({ kind: 'patch', patch: { positionAmt: value }, match: POSITION });
      expect((await w.execute([action]))[0]?.status).not.toBe('executed');
      expect(await w.written()).toBe(0);
    });

  for (const patch of [{ origQty: 'NaN' }, { price: '-1' }, { executedQty: '9'.repeat(20) }, { orderId: -1 }])
    test(`an order with ${JSON.stringify(patch)} in the read before the write sends nothing`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planCancel();
      await w.world.sim.fault({ kind: 'patch', patch, match: ORDER });
      expect((await w.execute([action]))[0]?.status).not.toBe('executed');
      expect(await w.written()).toBe(0);
    });

  for (const markPrice of ['0', 'NaN', '-60000', '1', '900000000', `60000.${'1'.repeat(40)}`])
    test(`a mark price of ${markPrice} in the read before the write sends nothing`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planFlatten();
      await w.world.sim.fault({ kind: 'patch', patch: { markPrice }, match: { path: 'premiumIndex' } });
      expect((await w.execute([action]))[0]).toMatchObject({
        status: 'blocked',
        reason: 'price_unavailable',
      });
      expect(await w.written()).toBe(0);
    });
});

describe('F31 unexpected hedge mode', () => {
  test('an account in hedge mode gets positionSide and no reduceOnly, and only its own side closes', async () => {
    await using w = await startWriteWorld({ simulator: { hedgeMode: true } });
    await w.world.sim.setPosition('BTCUSDT', '0.010', 'LONG');
    const action = await w.planFlatten('-0.020', 'SHORT');
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'executed', verified: true });
    const [sent] = await w.world.sim.writes();
    expect(sent?.params).toMatchObject({ side: 'BUY', positionSide: 'SHORT', quantity: '0.02' });
    expect(Object.keys(sent?.params ?? {})).not.toContain('reduceOnly');
    const { positions } = await w.world.sim.state();
    expect(positions).toMatchObject([{ positionSide: 'LONG', positionAmt: '0.010' }]);
  });

  test('a flatten planned one-way for an account that switched is refused and closes nothing', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    const fault = { status: 400, code: -1106, msg: "Parameter 'reduceonly' sent when not required." };
    await w.world.sim.fault({ kind: 'status', match: { method: 'POST', path: 'order' }, ...fault });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'failed' });
    const since = (await w.world.sim.log()).length;
    await w.readPicture();
    const asked = (await w.world.sim.log(since)).map(({ path }) => path);
    expect(asked).toContain('/fapi/v1/positionSide/dual');
  });

  test('a position of a side that one-way mode does not have is not flattened', async () => {
    await using w = await startWriteWorld();
    const action = await w.planFlatten();
    await w.world.sim.fault({ kind: 'patch', patch: { positionSide: 'LONG' }, match: POSITION });
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'blocked', reason: 'not_confirmed' });
    expect(await w.written()).toBe(0);
  });
});

describe('F32 position changes between snapshot and send', () => {
  for (const amount of ['0', '-0.010', '0.011', '0.004'])
    test(`to ${amount} before the last read: nothing is sent`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planFlatten('0.010');
      await w.world.sim.setPosition('BTCUSDT', amount);
      expect((await w.execute([action]))[0]).toMatchObject({ status: 'blocked' });
      expect(await w.written()).toBe(0);
    });

  for (const [amount, left] of [
    ['0', []],
    ['-0.010', ['-0.010']],
    ['0.004', []],
    ['0.030', ['0.020']],
  ] as const)
    test(`to ${amount} after the last read: no bigger and never the other way round`, async () => {
      await using w = await startWriteWorld();
      const action = await w.planFlatten('0.010');
      w.meanwhile.beforeDispatch = () => w.world.sim.setPosition('BTCUSDT', amount);
      await w.execute([action]);
      expect((await w.world.sim.state()).positions.map(({ positionAmt }) => positionAmt)).toEqual([...left]);
      expect(await w.written()).toBe(1);
    });
});

describe('F69 a gate closes during fdatasync', () => {
  for (const [what, act] of [
    ['a stop', 'setLatch'],
    ['something that gets worse', 'advance'],
  ] as const)
    test(`${what} while the INTENT is written: it is on disk, and nothing leaves`, async () => {
      let armed = false;
      const hook = { act: () => undefined as unknown };
      await using w = await startWriteWorld({ onSync: () => (armed ? hook.act() : undefined) });
      const action = await w.planCancel();
      hook.act = w.world.interlock[act];
      armed = true;
      expect((await w.execute([action]))[0]).toMatchObject({ status: 'failed', reason: 'port_error' });
      armed = false;
      expect(await w.written()).toBe(0);
      expect(w.lines().map(({ status }) => status)).toEqual(['INTENT', 'FAILED']);
      expect(w.journal.state()).toMatchObject({ openIntents: new Map(), dispatches: [] });
    });
});

describe('F80 a stop', () => {
  test('during an unknown: nothing more is sent, and what became of it is still found out', async () => {
    await using w = await startWriteWorld();
    const first = await w.planCancel('BTCUSDT');
    const second = await w.planCancel('ETHUSDT');
    await w.world.sim.fault({ kind: 'execute_then_hang', match: { method: 'DELETE', symbol: 'BTCUSDT' } });
    const running = w.execute([first, second]);
    while ((await w.written()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    w.world.interlock.setLatch();
    expect((await running).map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      'unknown port_error',
      'blocked stop_latched',
    ]);
    await w.resolve();
    expect(w.resolver.counts()).toEqual({ executed: 1, not_executed: 0 });
    expect(await w.written()).toBe(1);
  });

  test('while ccxt still prepares the request: the intent ends as not sent', async () => {
    await using w = await startWriteWorld();
    const action = await w.planCancel();
    w.meanwhile.beforeDispatch = async () => {
      queueMicrotask(() => w.world.interlock.setLatch());
    };
    expect((await w.execute([action]))[0]).toMatchObject({ status: 'failed' });
    expect(await w.written()).toBe(0);
    expect(w.journal.state().dispatches).toEqual([]);
  });
});

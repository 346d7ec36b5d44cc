import { expect, test } from 'bun:test';
import { startTestSimulator, TEST_KEY, type TestSimulator, until } from '../helpers/simulator.ts';

const ORDER = '/fapi/v1/order';
type Frame = Readonly<Record<string, unknown>>;

test('a market order is heard as an account update and as NEW and TRADE', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const { frames } = await listen(sim);
  await sim.signed('POST', ORDER, { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.002' });
  await until(() => frames.length === 3, 'three frames');
  expect(frames).toMatchObject([
    { e: 'ORDER_TRADE_UPDATE', o: { x: 'NEW', X: 'NEW' } },
    { e: 'ACCOUNT_UPDATE', a: { m: 'ORDER', P: [{ s: 'BTCUSDT', pa: '0.002', ps: 'BOTH' }] } },
    { e: 'ORDER_TRADE_UPDATE', o: { x: 'TRADE', X: 'FILLED', z: '0.002', L: '43000.1' } },
  ]);
});

test('a resting order fills at its own price when the price reaches it', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const { frames } = await listen(sim);
  const terms = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.002' };
  await sim.signed('POST', ORDER, { ...terms, price: '42000', newClientOrderId: 'deep' });
  await sim.setPrice('BTCUSDT', '42000.1');
  expect((await sim.state()).orders).toHaveLength(1);
  await sim.setPrice('BTCUSDT', '41900');
  await until(() => frames.some((frame) => has(frame, 'TRADE')), 'the fill');
  expect(frames.at(-1)).toMatchObject({ o: { c: 'deep', X: 'FILLED', L: '42000.0', m: true } });
});

test('a limit order that crosses fills at once at the better price', async () => {
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const terms = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.002' };
  const reply = await sim.signed('POST', ORDER, { ...terms, price: '43100' });
  expect(reply.body).toMatchObject({ status: 'FILLED', avgPrice: '43000.1', executedQty: '0.002' });
});

test('a set position is heard as an adjustment', async () => {
  await using sim = await startTestSimulator();
  const { frames } = await listen(sim);
  await sim.setPosition('ETHUSDT', '-0.02');
  await until(() => frames.length > 0, 'a frame');
  expect(frames[0]).toMatchObject({ e: 'ACCOUNT_UPDATE', a: { m: 'ADJUSTMENT', P: [{ pa: '-0.020' }] } });
});

test('an expired listen key is announced, silences its socket and can be replaced', async () => {
  await using sim = await startTestSimulator();
  const first = await listen(sim);
  await sim.fault({ kind: 'expire_listen_key' });
  await until(() => first.frames.length === 1, 'the announcement');
  expect(first.frames[0]).toMatchObject({ e: 'listenKeyExpired', listenKey: first.key });
  expect(await keyCall(sim, 'PUT')).toMatchObject({ status: 400, body: { code: -1125 } });
  const second = await listen(sim);
  expect(second.key).not.toBe(first.key);
  await sim.placeStray('BTCUSDT');
  await until(() => second.frames.length === 1, 'the order on the new socket');
  expect(first.frames).toHaveLength(1);
});

test('a silent stream loses events, a duplicating one repeats them, a reordering one swaps them', async () => {
  await using sim = await startTestSimulator();
  const { frames } = await listen(sim);
  await sim.fault({ kind: 'silence' });
  await sim.placeStray('BTCUSDT');
  await sim.clearFaults();
  await sim.fault({ kind: 'duplicate' });
  const twice = await sim.placeStray('BTCUSDT');
  await until(() => frames.length === 2, 'two frames');
  expect(frames.map(clientId)).toEqual([twice, twice]);
  await sim.fault({ kind: 'reorder' });
  const early = await sim.placeStray('BTCUSDT');
  const late = await sim.placeStray('BTCUSDT');
  await until(() => frames.length === 4, 'four frames');
  expect(frames.slice(2).map(clientId)).toEqual([late, early]);
});

test('a malformed frame, a flood and a cut connection arrive as asked', async () => {
  await using sim = await startTestSimulator();
  const listener = await listen(sim);
  await sim.fault({ kind: 'malformed' });
  await until(() => listener.broken() === 1, 'the malformed frame');
  await sim.fault({ kind: 'flood', count: 50 });
  await until(() => listener.frames.length === 50, 'the flood');
  await sim.fault({ kind: 'drop' });
  await until(() => listener.closed(), 'the cut');
});

test('a refused connection attempt is followed by one that works', async () => {
  await using sim = await startTestSimulator();
  await sim.fault({ kind: 'refuse', times: 1 });
  await expect(listen(sim)).rejects.toThrow();
  const { frames } = await listen(sim);
  await sim.placeStray('BTCUSDT');
  await until(() => frames.length === 1, 'a frame');
});

function keyCall(sim: TestSimulator, method: string) {
  return sim.plain(method, '/fapi/v1/listenKey', { 'X-MBX-APIKEY': TEST_KEY });
}

async function listen(sim: TestSimulator) {
  const { body } = await keyCall(sim, 'POST');
  const key = String(body['listenKey']);
  const frames: Frame[] = [];
  let broken = 0;
  let closed = false;
  const socket = new WebSocket(`${sim.simulator.wsUrl}/private/ws?listenKey=${key}`);
  socket.onmessage = (message) => {
    try {
      frames.push(JSON.parse(String(message.data)));
    } catch {
      broken += 1;
    }
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('refused'));
    socket.onclose = () => {
      closed = true;
      reject(new Error('closed'));
    };
  });
  return { key, frames, broken: () => broken, closed: () => closed };
}

function has(frame: Frame, execution: string): boolean {
  return JSON.stringify(frame).includes(`"x":"${execution}"`);
}

function clientId(frame: Frame): string {
  return /"c":"([^"]+)"/.exec(JSON.stringify(frame))?.[1] ?? '';
}

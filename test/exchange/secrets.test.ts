import { expect, spyOn, test } from 'bun:test';
import { createScrubber } from '../../src/exchange/scrub.ts';
import { until } from '../helpers/simulator.ts';
import { startWorld, strayCancel } from './world.ts';

const KEY = 'CANARYkey0123456789abcdefCANARY';
const SECRET = 'CANARY/secret+0123456789=CANARY';
const canary = /CANARY/i;

/** Replies that repeat what we sent, as a careless proxy would. */
const ECHOES = [
  { status: 400, code: -1000, msg: `bad key ${KEY}, secret ${SECRET} or ${encodeURIComponent(SECRET)}` },
  {
    status: 502,
    body: `<html>upstream failed for ?signature=CANARY&listenKey=CANARY X-MBX-APIKEY: CANARY</html>`,
  },
  { status: 200, body: `{"code":"${KEY}"` },
];

for (const fault of ECHOES) {
  test(`a reply of status ${fault.status} that repeats secrets shows none of them`, async () => {
    await using world = await startWorld({
      simulator: { apiKey: KEY, apiSecret: SECRET },
      options: { apiKey: KEY, apiSecret: SECRET },
    });
    const write = await strayCancel(world);
    await world.sim.fault({ kind: 'status', times: 0, ...fault });
    const results = [
      await world.exchange.observe({ symbols: ['BTCUSDT'] }),
      await world.exchange.queryOrder({ ...write }),
      await world.exchange.readClock(),
      await world.exchange.keyRights(),
      await world.exchange.rules(),
      await world.exchange.dispatch(write, world.permit(write)),
    ];
    expect(world.said(results)).not.toMatch(canary);
  });
}

test('neither a refused connection nor a broken frame shows the listen key, on no channel', async () => {
  const printed: unknown[] = [];
  const spies = (['log', 'warn', 'error', 'info'] as const).map((name) =>
    spyOn(console, name).mockImplementation((...parts) => void printed.push(parts)),
  );
  try {
    await using world = await startWorld();
    await until(() => world.events.some((event) => event.type === 'stream_up'), 'stream_up');
    await world.sim.fault({ kind: 'malformed' });
    await world.sim.fault({ kind: 'refuse', times: 2 });
    await world.sim.fault({ kind: 'drop' });
    await until(() => world.events.filter((event) => event.type === 'stream_down').length > 2, 'refusals');
    expect(JSON.stringify([world.events, printed])).not.toMatch(/[A-Za-z0-9]{64}/);
    expect(printed).toEqual([]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});

test('short words are no secrets, and unsafe characters are escaped', () => {
  const { clean } = createScrubber(['abc', '']);
  expect(clean('abc \u001b[31m\u202e\u200b')).toBe('abc \\u{1b}[31m\\u{202e}\\u{200b}');
});

/** Pauses that the exchange asks for, over the real path, with clocks that a test moves. */
import { expect, test } from 'bun:test';
import type { ExchangeEvent } from '../../src/exchange/exchange.ts';
import { shiftedClock, startWorld, strayCancel, type World } from './world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const backoffs = (world: World) =>
  world.events.filter(
    (event): event is Extract<ExchangeEvent, { type: 'backoff' }> => event.type === 'backoff',
  );
const requests = async (world: World) => (await world.sim.log()).length;
/** Answers the next read of the clock that way, and reads it. */
async function refuse(world: World, fault: Readonly<Record<string, unknown>>): Promise<void> {
  await world.sim.fault({ kind: 'status', match: { path: 'time' }, ...fault });
  expect(await world.exchange.readClock()).toMatchObject({ kind: 'failed' });
}
/** No read, no write, no listen key: not one request arrives. */
async function staysAway(world: World, cancel: Awaited<ReturnType<typeof strayCancel>>): Promise<void> {
  const before = await requests(world);
  expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(false);
  expect(await world.exchange.queryOrder(cancel)).toMatchObject({ kind: 'failed' });
  expect(await world.exchange.dispatch(cancel, world.permit(cancel))).toMatchObject({ status: 'NOT_SENT' });
  await world.sim.fault({ kind: 'drop' });
  expect(await requests(world)).toBe(before);
}

for (const [name, fault, lastsMs] of [
  ['F18 429', { status: 429, code: -1003, headers: { 'Retry-After': '61' } }, 61_000],
  ['F19 418', { status: 418, code: -1003, headers: { 'Retry-After': '259200' } }, 3 * DAY],
  ['F18 429 that names no time', { status: 429, code: -1003, headers: { 'Retry-After': '0' } }, MINUTE],
  ['F26 maintenance', { status: 503, body: 'Service Unavailable.' }, 10_000],
  ['F20 403 firewall', { status: 403, body: '<html>Forbidden</html>' }, 5 * MINUTE],
] as const) {
  test(`${name}: nothing leaves until the pause is over, and then everything does`, async () => {
    const clock = shiftedClock();
    await using world = await startWorld({ clock });
    const cancel = await strayCancel(world);
    await refuse(world, fault);
    const toldMs = (backoffs(world)[0]?.untilMs ?? 0) - clock.wallMs();
    expect(toldMs).toBeGreaterThan(lastsMs - 2000);
    expect(toldMs).toBeLessThanOrEqual(lastsMs);
    await staysAway(world, cancel);
    clock.shift.monoMs += lastsMs - 5000;
    await staysAway(world, cancel);
    clock.shift.monoMs += 5000;
    expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
    const permit = world.permit(cancel, { deadlineMonoMs: clock.monoMs() + 30_000 });
    expect(await world.exchange.dispatch(cancel, permit)).toMatchObject({ status: 'EXECUTED' });
  });
}

test('F41 backward jump: a wall clock set back neither lengthens a pause nor ends it', async () => {
  const clock = shiftedClock();
  await using world = await startWorld({ clock });
  const cancel = await strayCancel(world);
  await refuse(world, { status: 429, code: -1003, headers: { 'Retry-After': '60' } });
  clock.shift.wallMs -= 3_600_000;
  await staysAway(world, cancel);
  clock.shift.wallMs += 2 * 3_600_000;
  await staysAway(world, cancel);
  clock.shift.wallMs -= 3_600_000;
  clock.shift.monoMs += 60_000;
  expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
});

test.each(['4294968', '2147484', '999999999'])(
  'F43 long timers: a Retry-After of %s s is a pause of days, and no timer that fires at once',
  async (seconds) => {
    const clock = shiftedClock();
    await using world = await startWorld({ clock });
    const cancel = await strayCancel(world);
    await refuse(world, { status: 429, code: -1003, headers: { 'Retry-After': seconds } });
    await staysAway(world, cancel);
    clock.shift.monoMs += 4 * DAY - 5000;
    await staysAway(world, cancel);
    clock.shift.monoMs += 5000;
    expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
  },
);

test.each([2 ** 31, 2 ** 31 + 1, 2 ** 32])(
  'F43 long timers: with a deadline of %i ms a late reply is still waited for',
  async (requestTimeoutMs) => {
    await using world = await startWorld({ options: { requestTimeoutMs } });
    await world.sim.fault({ kind: 'delay', match: { method: 'GET' }, times: 0, delayMs: 50 });
    expect((await world.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
  },
);

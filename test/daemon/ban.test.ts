/** A ban over a restart: the exchange's own reply, the audit, and the first calls of the next process. */
import { expect, test } from 'bun:test';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { gateWorld } from '../../src/daemon/world.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { createCcxtExchange } from '../../src/exchange/ccxt.ts';
import { worldVerdicts } from '../../src/gates/index.ts';
import { scratch } from '../engine/durable.ts';
import { exchangeOptions, QUICK, shiftedClock } from '../exchange/world.ts';
import { startTestSimulator } from '../helpers/simulator.ts';
import { type CoreRig, coreIn } from './core.ts';

const THREE_DAYS_S = 259_200;
const closed = ({ core }: CoreRig) =>
  worldVerdicts(gateWorld(core, core.feed.state()))
    .filter(({ open }) => !open)
    .map(({ gate }) => gate);

test('F19 418: a ban of three days outlives the process that was banned, to its end and no longer', async () => {
  using directory = scratch();
  await using sim = await startTestSimulator({ priceStepMs: 0 });
  const clock = shiftedClock();
  /** One process: its core, and an exchange that starts with what the audit knows of a pause. */
  const start = () => {
    const rig = coreIn(directory.path, { startMs: clock.wallMs() });
    const { backoffUntilMs } = rig.core.journal.state();
    const exchange = createCcxtExchange({
      options: exchangeOptions(sim, { backoffUntilMs }),
      interlock: createInterlock(),
      clock,
      timing: QUICK,
    });
    const deps = {
      core: rig.core,
      runSoon: () => undefined,
      decideSoon: () => undefined,
      fatal: () => undefined,
    };
    exchange.subscribe((event) => onExchangeEvent(deps, event));
    const end = async (): Promise<void> => {
      await exchange.close();
      rig.core.journal.close();
      rig.core.feed.close();
      rig.latch.close();
    };
    return { rig, exchange, end };
  };

  const first = start();
  expect((await first.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
  const ban = { status: 418, code: -1003, headers: { 'Retry-After': String(THREE_DAYS_S) } };
  await sim.fault({ kind: 'status', match: { path: 'time' }, ...ban });
  expect(await first.exchange.readClock()).toMatchObject({ kind: 'failed' });
  expect(closed(first.rig)).toContain('exchange_backoff');
  await first.end();

  for (const passedMs of [0, 86_400_000, 2 * 86_400_000 - 60_000]) {
    clock.shift.wallMs += passedMs;
    clock.shift.monoMs += passedMs;
    const before = (await sim.log()).length;
    const next = start();
    expect(closed(next.rig)).toContain('exchange_backoff');
    expect((await next.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(false);
    expect(await sim.log()).toHaveLength(before);
    await next.end();
  }

  clock.shift.wallMs += 60_000;
  clock.shift.monoMs += 60_000;
  const after = start();
  expect(closed(after.rig)).not.toContain('exchange_backoff');
  expect((await after.exchange.observe({ symbols: ['BTCUSDT'] })).complete).toBe(true);
  await after.end();
});

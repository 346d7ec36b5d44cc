import { expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { makeExecutor } from '../../src/daemon/executing.ts';
import { mismatchesOf } from '../../src/daemon/present-mismatches.ts';
import { presentPlan } from '../../src/daemon/present-plan.ts';
import { observeOnly, reconcileOnce } from '../../src/daemon/run.ts';
import type { Observation } from '../../src/engine/types.ts';
import { scratch } from '../engine/durable.ts';
import { MOVED_AT_MS, observation, observedOrder, rules } from '../helpers/engine-world.ts';
import { coreIn } from './core.ts';

/** A daemon whose exchange shows what was set by hand, under a feed that expects nothing. */
function watching(directory: string) {
  const exchange = { shown: [1, 2], complete: true };
  const observe = async (): Promise<Observation> => {
    const startedMonoMs = clock.monoMs();
    const orders = exchange.shown.map((number) => observedOrder(number));
    const at = { startedMonoMs, endedMonoMs: startedMonoMs, endedAtMs: clock.wallMs() };
    return observation(orders, [], { ...at, complete: exchange.complete });
  };
  const { core, clock, feedPath } = coreIn(directory, { exchange: { observe } });
  core.vitals.rules = new Map([['BTCUSDT', rules()]]);
  const checkpoint = {
    ...{ session_id: 's', seq: 1, ts_ms: clock.wallMs(), type: 'checkpoint' },
    ...{ account: 'sim', environment: 'sim', orders: [], positions: [], applied_event_ms: MOVED_AT_MS },
  };
  appendFileSync(feedPath, `${JSON.stringify(checkpoint)}\n`, { mode: 0o600 });
  core.feed.poll();
  const executor = makeExecutor(core);
  const read = async (more: Partial<typeof exchange>, how: 'run' | 'look' = 'run') => {
    Object.assign(exchange, more);
    clock.advance(1000);
    await (how === 'run' ? reconcileOnce(core, executor, 'r', { runFinished: () => {} }) : observeOnly(core));
    const found = mismatchesOf(core.vitals, { rows: () => [] });
    return [found.mismatch_count, found.mismatches.map(({ id }) => id.slice(-2))];
  };
  return { core, read };
}

for (const how of ['run', 'look'] as const)
  test(`what an incomplete read of a ${how} doesn't show is not taken for gone`, async () => {
    using directory = scratch();
    const { read } = watching(directory.path);
    expect(await read({}, how)).toEqual([2, ['_1', '_2']]);
    expect(await read({ shown: [], complete: false }, how)).toEqual([2, ['_1', '_2']]);
    // What such a read does show is there, besides.
    expect(await read({ shown: [1, 3] }, how)).toEqual([3, ['_1', '_2', '_3']]);
    expect(await read({ shown: [3], complete: true }, how)).toEqual([1, ['_3']]);
    expect(await read({ shown: [], complete: false }, how)).toEqual([1, ['_3']]);
    expect(await read({ shown: [], complete: true }, how)).toEqual([0, []]);
    expect(await read({ complete: false }, how)).toEqual([0, []]);
  });

test('the plan says whether the picture it was made on was complete', async () => {
  using directory = scratch();
  const { core, read } = watching(directory.path);
  expect(presentPlan(core).complete).toBeUndefined();
  await read({});
  expect(presentPlan(core).complete).toBe(true);
  await read({ complete: false });
  expect(presentPlan(core).complete).toBe(false);
});

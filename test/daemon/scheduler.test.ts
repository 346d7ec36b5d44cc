import { describe, expect, test } from 'bun:test';
import { createScheduler, type Scheduler } from '../../src/daemon/scheduler.ts';
import { handClock } from '../engine/durable.ts';

const INTERVAL = 1000;

function bench() {
  const clock = handClock();
  const state = { enabled: true, starts: [] as number[], failures: [] as unknown[] };
  const gates: PromiseWithResolvers<void>[] = [];
  const scheduler: Scheduler = createScheduler({
    clock,
    intervalMs: () => INTERVAL,
    debounceMs: () => 250,
    minGapMs: () => 400,
    enabled: () => state.enabled,
    run: () => {
      state.starts.push(clock.monoMs());
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate.promise;
    },
    failed: (error) => state.failures.push(error),
  });
  const finish = async (error?: Error) => {
    const gate = gates.shift();
    if (error === undefined) gate?.resolve();
    else gate?.reject(error);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  /** Ticks every `beat` ms; each run ends before the next tick. */
  const pass = async (ms: number, beat = 250) => {
    for (let passed = 0; passed < ms; passed += beat) {
      clock.advance(beat);
      scheduler.tick();
      await finish();
    }
  };
  return { clock, state, scheduler, finish, pass };
}

describe('runs', () => {
  test('the first begins at once, the next an interval later and not a millisecond before', async () => {
    const { clock, state, scheduler, finish } = bench();
    scheduler.tick();
    expect(state.starts).toEqual([0]);
    await finish();
    clock.advance(INTERVAL - 1);
    scheduler.tick();
    expect(state.starts).toEqual([0]);
    clock.advance(1);
    scheduler.tick();
    expect(state.starts).toEqual([0, INTERVAL]);
  });

  test('are never two at once, however long one takes', async () => {
    const { clock, state, scheduler, finish } = bench();
    scheduler.tick();
    for (let at = 0; at < 20; at++) {
      clock.advance(INTERVAL);
      scheduler.soon();
      scheduler.tick();
    }
    expect(state.starts).toHaveLength(1);
    expect(scheduler.runningSince()).toBe(0);
    await finish();
    expect(scheduler.runningSince()).toBeNull();
    scheduler.tick();
    expect(state.starts).toHaveLength(2);
  });

  test('keep the beat although the ticks do not divide the interval', async () => {
    const { state, scheduler, pass } = bench();
    scheduler.tick();
    await pass(60_000, 270);
    // 95 % is what the ceremony asks for; a late start that moved the beat would give 92 %.
    expect(state.starts.length).toBeGreaterThanOrEqual(60);
    const gaps = state.starts.slice(1).map((start, at) => start - (state.starts[at] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(INTERVAL + 270);
  });

  test('that took several intervals are not made up for', async () => {
    const { clock, state, scheduler, finish, pass } = bench();
    scheduler.tick();
    clock.advance(5 * INTERVAL);
    await finish();
    scheduler.tick();
    await finish();
    await pass(INTERVAL - 250);
    expect(state.starts).toEqual([0, 5 * INTERVAL]);
  });

  test('that fail are told, and the next begins as if nothing had been', async () => {
    const { clock, state, scheduler, finish } = bench();
    scheduler.tick();
    await finish(new Error('broken'));
    expect(state.failures).toEqual([new Error('broken')]);
    clock.advance(INTERVAL);
    scheduler.tick();
    expect(state.starts).toHaveLength(2);
  });
});

describe('events', () => {
  test('bring a run after the debounce, counted from the first of a burst', async () => {
    const { clock, state, scheduler, pass } = bench();
    scheduler.tick();
    await pass(400, 50);
    scheduler.soon();
    clock.advance(249);
    scheduler.soon();
    scheduler.tick();
    expect(state.starts).toEqual([0]);
    clock.advance(1);
    scheduler.tick();
    expect(state.starts).toEqual([0, 650]);
  });

  test('bring no run closer than the least gap to the one before', async () => {
    const { clock, state, scheduler, finish } = bench();
    scheduler.tick();
    scheduler.soon();
    await finish();
    clock.advance(399);
    scheduler.tick();
    expect(state.starts).toEqual([0]);
    clock.advance(1);
    scheduler.tick();
    expect(state.starts).toEqual([0, 400]);
  });

  test('one run answers all that came before it', async () => {
    const { state, scheduler, pass } = bench();
    scheduler.tick();
    for (let at = 0; at < 5; at++) scheduler.soon();
    await pass(900, 50);
    expect(state.starts).toHaveLength(2);
  });
});

describe('off and on', () => {
  test('nothing runs while it is off, and the first run after is due at once', async () => {
    const { state, scheduler, pass, clock } = bench();
    scheduler.tick();
    state.enabled = false;
    scheduler.soon();
    await pass(5 * INTERVAL);
    expect(state.starts).toHaveLength(1);
    state.enabled = true;
    scheduler.tick();
    expect(state.starts.at(-1)).toBe(clock.monoMs());
  });

  test('a close waits for the run under way, and none begins after it', async () => {
    const { clock, state, scheduler, finish } = bench();
    scheduler.tick();
    let closed = false;
    const closing = scheduler.close().then(() => {
      closed = true;
    });
    await Promise.resolve();
    expect(closed).toBe(false);
    await finish();
    await closing;
    clock.advance(10 * INTERVAL);
    scheduler.soon();
    scheduler.tick();
    expect(state.starts).toHaveLength(1);
  });
});

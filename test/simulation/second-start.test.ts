/** Two processes of one account in a simulated world without other mischief: who is refused, who takes over, who gives up. */
import { expect, test } from 'bun:test';
import { ACCOUNT } from './process.ts';
import { createWorld, type World } from './world.ts';

const MINUTE_MS = 60_000;

function begin(): { readonly world: World; readonly pass: (ms: number) => void } {
  const world = createWorld(3, { onTrace: null, without: new Set(['writes', 'reads', 'stream']) });
  const { timeline, observer } = world;
  const pass = (ms: number): void =>
    timeline.runUntil(timeline.nowMs() + ms, () => {
      observer.step(world.everyone());
      return false;
    });
  world.start();
  pass(5 * MINUTE_MS);
  return { world, pass };
}

const numbers = ({ everyone }: World): readonly number[] => everyone().map(({ number }) => number);

test('F57: a second start is refused while the first one lives, wherever its state is, and takes over from a dead one', () => {
  const { world, pass } = begin();
  world.startAnother('here');
  world.startAnother('elsewhere');
  expect(numbers(world)).toEqual([1]);
  expect(world.coverage.counts().get('F57_second_start_names_the_first')).toBe(2);
  pass(MINUTE_MS);
  world.kill(true);
  for (let starts = 0; starts < 3; starts++) world.startAnother('here');
  expect(numbers(world)).toEqual([4]);
  pass(MINUTE_MS);
  expect(world.process()?.core.journal.healthy()).toBe(true);
  expect(world.observer.violation()).toBeNull();
});

test('F57: of two that live after the lock file was lost the older one acts and writes no more, and a stop stops both', () => {
  const { world, pass } = begin();
  const older = world.process();
  world.disk.remove(ACCOUNT.lock);
  world.startAnother('here');
  pass(5 * MINUTE_MS);
  expect(numbers(world)).toEqual([2, 1]);
  expect(older?.core.leadership.stillHeld()).toBe(false);
  expect(older?.core.vitals.stage.inForce).toBeLessThanOrEqual(1);
  expect(older?.core.journal.problem()).toContain('something else wrote to it');
  const newer = world.process();
  expect(newer?.core.leadership.stillHeld()).toBe(true);
  expect(newer?.core.vitals.stage.inForce).toBe(3);
  world.operator.stop();
  pass(MINUTE_MS);
  expect(world.everyone().map(({ core }) => core.interlock.latched())).toEqual([true, true]);
  expect(world.observer.violation()).toBeNull();
});

test('F57: one that takes a lost lock with another state directory finds no audit and stays in stage 1', () => {
  const { world, pass } = begin();
  world.disk.remove(ACCOUNT.lock);
  world.startAnother('elsewhere');
  pass(10 * MINUTE_MS);
  expect(numbers(world)).toEqual([1, 2]);
  const [first, other] = world.everyone();
  expect(first?.core.vitals.stage.inForce).toBeLessThanOrEqual(1);
  expect(other?.core.leadership.stillHeld()).toBe(true);
  expect(other?.core.vitals.stage.inForce).toBeLessThanOrEqual(1);
  expect(other?.core.journal.problem()).toContain('is missing but');
  expect(world.observer.violation()).toBeNull();
});

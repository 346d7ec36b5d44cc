import { describe, expect, test } from 'bun:test';
import { Worker } from 'node:worker_threads';
import {
  createInterlock,
  type Interlock,
  openInterlock,
  type Permit,
  refusal,
} from '../../src/engine/interlock.ts';

/** An interlock through which a write may go. */
function open(): Interlock {
  const interlock = createInterlock();
  interlock.clearLatch();
  interlock.allowWrites(true);
  return interlock;
}

const permitOf = (interlock: Interlock): Permit => ({
  intentId: 'i',
  requestHash: 'h',
  epoch: interlock.epoch(),
  deadlineMonoMs: 1000,
  deadlineMs: 1000,
});

describe('an interlock', () => {
  test('is latched and without writes when it is new', () => {
    const interlock = createInterlock();
    expect([interlock.latched(), interlock.writesAllowed()]).toEqual([true, false]);
  });

  test('lets a current permit through until its deadline', () => {
    const interlock = open();
    expect(refusal(interlock, permitOf(interlock), 'h', 999.9)).toBeNull();
  });

  test.each<[string, (interlock: Interlock) => void]>([
    ['a latch', (interlock) => interlock.setLatch()],
    ['switching writes off', (interlock) => interlock.allowWrites(false)],
    ['something getting worse', (interlock) => interlock.advance()],
  ])('%s voids every permit given so far, also after it is taken back', (_, close) => {
    const interlock = open();
    const permit = permitOf(interlock);
    close(interlock);
    expect(refusal(interlock, permit, 'h', 0)).not.toBeNull();
    interlock.clearLatch();
    interlock.allowWrites(true);
    expect(refusal(interlock, permit, 'h', 0)).toContain('permit void');
    expect(refusal(interlock, permitOf(interlock), 'h', 0)).toBeNull();
  });

  test.each<[string, string, (interlock: Interlock) => void, Partial<Permit>, number]>([
    ['the latch', 'stop latched', (one) => one.setLatch(), {}, 0],
    ['no writes', 'not armed', (one) => one.allowWrites(false), {}, 0],
    ['an older epoch', 'permit void', () => undefined, { epoch: -1 }, 0],
    ['a later epoch', 'permit void', () => undefined, { epoch: 99 }, 0],
    ['the deadline itself', 'permit expired', () => undefined, {}, 1000],
    ['a clock that is not a number', 'permit expired', () => undefined, {}, Number.NaN],
    ['a deadline that is not a number', 'permit expired', () => undefined, { deadlineMonoMs: Number.NaN }, 0],
    ['another request', 'differs from its intent', () => undefined, { requestHash: 'other' }, 0],
  ])('%s alone refuses: %s', (_, reason, close, change, nowMonoMs) => {
    const interlock = open();
    close(interlock);
    const permit = { ...permitOf(interlock), ...change };
    expect(refusal(interlock, permit, 'h', nowMonoMs)).toContain(reason);
  });

  test('the latch is named first, because it outranks everything', () => {
    const interlock = createInterlock();
    expect(refusal(interlock, { ...permitOf(interlock), epoch: -1 }, 'x', 9999)).toBe('stop latched');
  });

  test('another thread sets the latch and this one sees it without waiting for a message', async () => {
    const interlock = open();
    const permit = permitOf(interlock);
    const code =
      "const { workerData } = require('node:worker_threads'); const words = new Int32Array(workerData); Atomics.store(words, 0, 1); Atomics.add(words, 1, 1);";
    const worker = new Worker(code, { eval: true, workerData: interlock.memory });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    // Spins on purpose: nothing but shared memory can end this loop.
    for (let spins = 0; !interlock.latched() && spins < 2e9; spins++);
    expect(interlock.latched()).toBe(true);
    expect(openInterlock(interlock.memory).latched()).toBe(true);
    expect(refusal(interlock, permit, 'h', 0)).toBe('stop latched');
    await ended;
  });
});

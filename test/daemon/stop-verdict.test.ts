import { expect, test } from 'bun:test';
import { verifyStop } from '../../src/daemon/stopping.ts';

const fine = { durable: true, openIntents: 0, executedSince: 0, completeReadSince: true, mismatchSeen: true };

test('a stop that held, with a mismatch to hold against, is STOPPED OK and nothing more', () => {
  expect(verifyStop(fine)).toBe('STOPPED OK');
});

test('without a mismatch it says that flatness proves little', () => {
  expect(verifyStop({ ...fine, mismatchSeen: false })).toBe(
    'STOPPED OK; no mismatch in that time, so this proves little',
  );
});

test.each([
  [{ durable: false }, 'the latch is not durable'],
  [{ openIntents: 2 }, '2 write(s) without a known outcome'],
  [{ openIntents: null }, 'the audit does not tell whether a write is without a known outcome'],
  [{ executedSince: 1 }, '1 execution(s) after the stop'],
  [{ completeReadSince: false }, 'no complete read of the exchange since'],
])('%j alone keeps it from OK and is named', (change, named) => {
  expect(verifyStop({ ...fine, ...change })).toBe(`STOPPED, open: ${named}`);
});

test('everything open is named at once', () => {
  const text = verifyStop({
    durable: false,
    openIntents: 1,
    executedSince: 1,
    completeReadSince: false,
    mismatchSeen: false,
  });
  expect(text).not.toContain('OK');
  expect(text.split(',')).toHaveLength(6);
});

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeAccount } from '../../src/daemon/held-account.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { entry } from '../engine/durable.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'account-'));
  for (const name of ['account', 'audit']) mkdirSync(join(dir, name), { mode: 0o700 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** One start of a process: what it finds latched, what it does, and its end. */
function start(
  work: (account: Extract<ReturnType<typeof takeAccount>, { ok: true }>) => void,
  enabled = true,
) {
  const taken = takeAccount({
    directory: join(dir, 'account'),
    settings: { audit: { enabled, path: '', maxFileMb: 4, keepDays: 365 } },
    auditPath: join(dir, 'audit', 'a.jsonl'),
    adoptCommand: '',
    clock: systemClock,
    self: { pid: process.pid, host: 'h', sinceMs: 1, socket: '' },
  });
  if (!taken.ok) throw new Error(taken.problem);
  const found = taken.latch.current();
  work(taken);
  taken.journal.close();
  taken.latch.close();
  taken.leadership.release();
  return found;
}

const stopped = (latchId: string) =>
  entry({ event_type: 'STOP_LATCHED', operator: 'ann', details: { latch_id: latchId, durable: false } });
const cleared = entry({ event_type: 'STOP_CLEARED', operator: 'ann', details: {} });

test('a stop that only the audit took holds at the next start, until it is cleared', () => {
  expect(start(({ journal }) => journal.append(stopped('abc')))).toEqual({ latched: false });
  const found = start(() => {});
  expect(found).toMatchObject({ latched: true, durable: true, by: 'ann' });
  expect(found.latched && found.reason).toContain('stop abc of the audit');
  const again = start(({ latch, journal }) => {
    const current = latch.current();
    expect(latch.clear(current.latched ? current.latchId : '')).toEqual({ kind: 'cleared' });
    journal.append(cleared);
  });
  expect(again.latched).toBe(true);
  expect(start(() => {})).toEqual({ latched: false });
});

test('a clear of which the audit does not tell is not believed', () => {
  start(({ latch, journal }) => {
    latch.set({ by: 'ann', reason: '', atMs: 1 });
    journal.append(stopped('abc'));
    const current = latch.current();
    latch.clear(current.latched ? current.latchId : '');
  });
  expect(start(() => {}).latched).toBe(true);
});

test('without an audit the latch file alone tells', () => {
  start(({ journal }) => journal.append(stopped('abc')));
  expect(start(() => {}, false)).toEqual({ latched: false });
});

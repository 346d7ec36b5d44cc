import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeAccount } from '../../src/daemon/held-account.ts';
import { systemClock } from '../../src/engine/clock.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  for (const name of ['before', 'now', 'audit']) mkdirSync(join(dir, name), { mode: 0o700 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const account = (base: string): string => join(dir, base, 'account');

/** A start that keeps the account below one base and looks at another. */
function take(base: string, others: readonly string[] = []) {
  return takeAccount({
    directory: account(base),
    otherDirectories: others.map(account),
    settings: { audit: { enabled: true, path: '', maxFileMb: 4, keepDays: 365 } },
    auditPath: join(dir, 'audit', `${base}.jsonl`),
    adoptCommand: '',
    clock: systemClock,
    self: { pid: process.pid, host: 'h', sinceMs: 1, socket: '/s' },
  });
}

/** Runs a start to its end; the id of a stop that it leaves, or that it found. */
function live(base: string, stops: boolean): string | null {
  const taken = take(base);
  if (!taken.ok) throw new Error(taken.problem);
  if (stops) taken.latch.set({ by: 'ann', reason: '', atMs: 1 });
  const found = taken.latch.current();
  taken.journal.close();
  taken.latch.close();
  taken.leadership.release();
  return found.latched ? found.latchId : null;
}

test('a stop that stands where an earlier program kept it refuses the start, which says how to take it along', () => {
  const id = live('before', true);
  const refused = take('now', ['before']);
  expect(refused).toMatchObject({ ok: false, exitCode: 78 });
  const problem = refused.ok ? '' : refused.problem;
  expect(problem).toContain('a STOP of this account stands');
  expect(problem).toContain(`mv '${account('before')}' '${account('now')}'`);
  expect(existsSync(account('now'))).toBe(false);
  renameSync(account('before'), account('now'));
  expect(live('now', false)).toBe(id);
});

test('lock and audit head that are kept elsewhere alone are not begun anew', () => {
  live('before', false);
  const refused = take('now', ['before']);
  expect(refused).toMatchObject({ ok: false, exitCode: 78 });
  expect(refused.ok ? '' : refused.problem).toContain(
    "this account's stop latch, its lock and its audit head",
  );
});

test('a stop that stands elsewhere refuses also a start that has a latch of its own, until somebody has seen it', () => {
  live('now', false);
  const id = live('before', true);
  const refused = take('now', ['before']);
  expect(refused).toMatchObject({ ok: false, exitCode: 78 });
  expect(refused.ok ? '' : refused.problem).toContain(`(${id}) stands in ${account('before')}`);
  renameSync(account('before'), `${account('before')}.seen`);
  expect(live('now', false)).toBe(null);
});

test('an account that is held elsewhere is held', () => {
  live('now', false);
  const holder = take('before');
  expect(holder.ok).toBe(true);
  const second = take('now', ['before']);
  expect(second).toMatchObject({ ok: false, exitCode: 75 });
  expect(second.ok ? '' : second.problem).toContain(`process ${process.pid} on h`);
  if (holder.ok) {
    holder.journal.close();
    holder.leadership.release();
  }
});

test('what was left elsewhere without a stop, and the same place by a link, hold up nothing', () => {
  live('before', false);
  live('now', true);
  symlinkSync(join(dir, 'now'), join(dir, 'linked'));
  const taken = take('now', ['before', 'linked', 'missing']);
  expect(taken.ok).toBe(true);
  if (!taken.ok) return;
  expect(taken.latch.current().latched).toBe(true);
  taken.journal.close();
  taken.leadership.release();
});

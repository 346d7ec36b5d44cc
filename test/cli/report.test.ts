import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
let config: string;
let auditPath: string;
beforeEach(() => {
  at = machine();
  config = at.config('a', 'audit: { path: a-audit/reconcile.jsonl }\n');
  auditPath = join(at.path, 'a-audit', 'reconcile.jsonl');
  for (const name of ['a-state', 'a-state/account']) mkdirSync(join(at.path, name), { mode: 0o700 });
  const headPath = join(at.path, 'a-state/account/audit-head.json');
  const journal = openJournal({ path: auditPath, headPath, clock: systemClock });
  const written = journal.append({
    ...{ event_type: 'STOP_LATCHED', run_id: '', mode: 'dry_run', stage: 0, action: 'none', status: null },
    ...{ block_reason: null, symbols: [], mismatch_counts: {}, operator: 'ann', synthetic: false },
    details: { latch_id: 'L1', reason: 'drill', durable: true },
  });
  if (!written.ok) throw new Error(written.problem);
  journal.close();
});
afterEach(() => at.close());

const report = (...more: readonly string[]) => at.run(['report', '--config', config, ...more]);

test('Markdown by default, JSON and HTML when asked', async () => {
  const markdown = await report();
  expect(markdown).toMatchObject({ code: 0, err: '' });
  expect(markdown.out).toContain('## Stops');
  expect(markdown.out).toContain('the one that the head record names');
  const json = JSON.parse((await report('--format', 'json')).out);
  expect(json).toMatchObject({ schema_version: 1, audit: { verified: true }, stops: [{ latch_id: 'L1' }] });
  expect((await report('--format', 'html')).out).toStartWith('<!doctype html>');
});

test('a file of its own is private, and a link in its place is refused', async () => {
  const file = join(at.path, 'report.html');
  expect(await report('--format=html', '--output', file)).toMatchObject({ code: 0, err: '' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain('L1');
  const aim = join(at.path, 'aim');
  writeFileSync(aim, 'keep');
  symlinkSync(aim, join(at.path, 'link'));
  expect((await report('--output', join(at.path, 'link'))).code).toBe(1);
  expect(readFileSync(aim, 'utf8')).toBe('keep');
});

test('a file that holds anything but a report is left as it is, the audit and the configuration first of all', async () => {
  const key = join(at.path, 'key');
  writeFileSync(key, 'secret of an account\n');
  for (const path of [auditPath, config, key]) {
    const before = readFileSync(path, 'utf8');
    const ran = await report('--output', path);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('holds something that is no report');
    expect(readFileSync(path, 'utf8')).toBe(before);
  }
  linkSync(key, join(at.path, 'other-name'));
  expect((await report('--output', join(at.path, 'other-name'))).err).toContain('several names');
  expect((await report('--output', at.path)).err).toContain('is a directory');
});

test('a report of any format is replaced by another, which is private whatever it was before', async () => {
  const file = join(at.path, 'report');
  writeFileSync(file, '');
  for (const format of ['html', 'json', 'md', 'html']) {
    chmodSync(file, 0o644);
    expect(await report('--format', format, '--output', file)).toMatchObject({ code: 0, err: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(
      { html: /^<!doctype.*<\/html>\n$/s, json: /^\{.*\}\n$/s, md: /^# .*\n$/s }[format] ?? /$^/,
    );
  }
});

test('an audit that does not verify is 1, and the document is there and says so', async () => {
  writeFileSync(auditPath, readFileSync(auditPath, 'utf8').replace('drill', 'DRILL'));
  const ran = await report();
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('THE AUDIT DOES NOT VERIFY');
  expect(ran.out).toContain('THE AUDIT DOES NOT VERIFY');
});

test('a time that can not be read is 64, a missing audit 1', async () => {
  expect((await report('--since', 'yesterday')).code).toBe(64);
  expect((await report('--format', 'pdf')).code).toBe(64);
  config = at.config('b', 'audit: { path: nowhere/reconcile.jsonl }\n');
  expect(await report()).toMatchObject({ code: 1, out: '' });
});

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../src/engine/journal.ts';
import { acquireLock } from '../../src/engine/lock.ts';
import { intentEntry } from '../engine/durable.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
let places: { readonly path: string; readonly headPath: string };
const clock = { wallMs: () => Date.now(), monoMs: () => 0 };
beforeEach(() => {
  at = machine();
  places = {
    path: join(at.path, 'audit', 'reconcile.jsonl'),
    headPath: join(at.path, 'state', 'account', 'audit-head.json'),
  };
  const journal = openJournal({ ...places, clock });
  journal.append(intentEntry('i1', { notional_usdt: '40' }));
  journal.append(intentEntry('i2'));
  journal.close();
});
afterEach(() => at.close());

const rollBack = () =>
  writeFileSync(places.path, `${readFileSync(places.path, 'utf8').split('\n')[0] ?? ''}\n`);
const phraseIn = (out: string): string => /--confirm "([^"]+)"/.exec(out)?.[1] ?? '';

test('an audit that is in order is left alone', async () => {
  const before = readFileSync(places.path);
  const ran = await at.run(['audit', 'adopt']);
  expect([ran.code, ran.err]).toEqual([0, '']);
  expect(ran.out).toContain('nothing to adopt');
  expect(readFileSync(places.path).equals(before)).toBe(true);
});

test('where there is no audit nothing is said to be in order, and nothing is made', async () => {
  const path = at.config('elsewhere', 'audit: { path: none/reconcile.jsonl }\n');
  const ran = await at.run(['audit', 'adopt', '--config', path]);
  expect([ran.code, ran.err]).toEqual([0, '']);
  expect(ran.out).toMatch(/^there is nothing to adopt: there is no audit \S+none\/reconcile\.jsonl yet\n$/);
  expect(existsSync(join(at.path, 'none'))).toBe(false);
  expect(existsSync(join(at.path, 'elsewhere-state'))).toBe(false);
  for (const line of [['audit', 'tail'], ['audit', 'show', '1'], ['report']]) {
    const other = await at.run([...line, '--config', path]);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^grinder: [^\n]*there is no audit \S+ yet\n$/);
  }
});

test('what would be accepted is shown, and accepted on exactly those words by name', async () => {
  rollBack();
  const before = readFileSync(places.path);
  const shown = await at.run(['audit', 'adopt']);
  expect(shown.code).toBe(75);
  expect(shown.out).toContain('was rolled back');
  expect(shown.out).toContain('lost: lines 2 to 2');
  expect(shown.out).toContain('open intents: i1 (cancel BTCUSDT)');
  expect(shown.out).toContain('1 call(s), 40 USDT');
  expect(shown.out).toContain('budgets count as used for 24 h');
  const denied = await at.run(['audit', 'adopt', '--confirm', 'yes']);
  expect(denied.code).toBe(77);
  expect(readFileSync(places.path).equals(before)).toBe(true);
  const line = ['audit', 'adopt', '--confirm', phraseIn(shown.out), '--operator', 'bob\u001b[2J'];
  const done = await at.run(line);
  expect([done.code, done.err]).toEqual([0, '']);
  expect((await at.run(['audit', 'verify'])).code).toBe(0);
  const last = (await at.run(['audit', 'tail', '--json', '-n', '1'])).out;
  expect(JSON.parse(last)).toMatchObject({
    event_type: 'CHECKPOINT',
    operator: 'bob\\u{1b}[2J',
    details: { adopted: { lost: 'lines 2 to 2' } },
  });
  const journal = openJournal({ ...places, clock });
  expect([journal.problem(), [...journal.state().openIntents.keys()]]).toEqual(['', ['i1']]);
  expect(journal.state().linesLostAtMs).not.toBeNull();
  journal.close();
  expect((await at.run(line)).out).toContain('nothing to adopt');
});

test('words of an older look are denied', async () => {
  rollBack();
  const phrase = phraseIn((await at.run(['audit', 'adopt'])).out);
  writeFileSync(places.path, '');
  expect((await at.run(['audit', 'adopt', '--confirm', phrase])).code).toBe(77);
});

test('nothing is adopted while a daemon holds the account, and it is named', async () => {
  rollBack();
  const lock = acquireLock(join(at.path, 'state', 'account', 'lock.sqlite'), {
    pid: 4711,
    host: 'h',
    sinceMs: 0,
    socket: 's',
  });
  const ran = await at.run(['audit', 'adopt']);
  if (lock.held) lock.release();
  expect([ran.code, ran.out]).toEqual([75, '']);
  expect(ran.err).toContain('4711');
});

test('--confirm belongs to adopt', async () => {
  expect((await at.run(['audit', 'tail', '--confirm', 'x'])).code).toBe(64);
});

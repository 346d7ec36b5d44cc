import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/engine/audit-record.ts';
import { formatLine, GENESIS, nextRecord } from '../../src/engine/chain.ts';
import { machine } from './fixture.ts';

let at: ReturnType<typeof machine>;
let path: string;
beforeEach(() => {
  at = machine();
  path = join(at.path, 'audit', 'reconcile.jsonl');
  mkdirSync(join(at.path, 'audit'));
});
afterEach(() => at.close());

const entry: AuditEntry = {
  event_type: 'REMEDIATE_ATTEMPT',
  run_id: 'r-1',
  mode: 'dry_run',
  stage: 2,
  action: 'cancel',
  status: 'PLANNED',
  block_reason: 'dry_run',
  symbols: ['BTCUSDT'],
  mismatch_counts: { ORDER_EXISTS_UNEXPECTED: 1 },
  details: {},
  operator: null,
  synthetic: false,
};

function writeJournal(count: number): void {
  let head = GENESIS;
  let text = '';
  for (let index = 0; index < count; index += 1) {
    const record = nextRecord(head, entry, 1_700_000_000_000 + index);
    head = { seq: record.seq, hash: record.hash };
    text += `${formatLine(record).trimEnd()}\n`;
  }
  writeFileSync(path, text);
}

test('a good chain verifies, and one changed byte is found by its line', async () => {
  writeJournal(50);
  const good = await at.run(['audit', 'verify']);
  expect([good.code, good.err]).toEqual([0, '']);
  expect(good.out).toContain('audit OK: 50 lines');
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[16] = (lines[16] ?? '').replace('BTCUSDT', 'ETHUSDT');
  writeFileSync(path, lines.join('\n'));
  const bad = await at.run(['audit', 'verify']);
  expect([bad.code, bad.out]).toEqual([1, '']);
  expect(bad.err).toContain('BROKEN at line 17');
  const json = await at.run(['audit', 'verify', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ schema_version: 1, ok: false, line: 17 });
});

test('the tail shows the last lines, aligned or as they stand', async () => {
  writeJournal(30);
  const text = await at.run(['audit', 'tail', '-n', '2']);
  expect(text.out).toBe(
    [
      '29  2023-11-14T22:13:20Z  REMEDIATE_ATTEMPT  PLANNED  stage 2 cancel BTCUSDT dry_run',
      '30  2023-11-14T22:13:20Z  REMEDIATE_ATTEMPT  PLANNED  stage 2 cancel BTCUSDT dry_run',
      '',
    ].join('\n'),
  );
  const raw = await at.run(['audit', 'tail', '--json', '--lines', '1']);
  expect(raw.out).toBe(`${readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)}\n`);
  expect((await at.run(['audit', 'tail'])).out.trimEnd().split('\n').length).toBe(20);
});

test('ten thousand lines are read to the end', async () => {
  writeJournal(10_000);
  expect((await at.run(['audit', 'verify'])).out).toContain('10000 lines');
  expect((await at.run(['audit', 'tail', '-n', '10000'])).out.trimEnd().split('\n').length).toBe(10_000);
});

test('one line is shown in full by its number', async () => {
  writeJournal(5);
  const shown = await at.run(['audit', 'show', '3']);
  expect(JSON.parse(shown.out)).toMatchObject({ seq: 3, event_type: 'REMEDIATE_ATTEMPT' });
  expect(await at.run(['audit', 'show', '6'])).toMatchObject({ code: 1, out: '' });
});

test('a missing audit is said, not thrown', async () => {
  for (const what of [['tail'], ['verify'], ['show', '1']]) {
    expect(await at.run(['audit', ...what])).toMatchObject({ code: 1, out: '' });
  }
});

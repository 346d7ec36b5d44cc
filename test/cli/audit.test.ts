import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/engine/audit-record.ts';
import { canonical } from '../../src/engine/canonical.ts';
import { formatLine, GENESIS, nextRecord } from '../../src/engine/chain.ts';
import { openJournal } from '../../src/engine/journal.ts';
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

/** Two rotated files of ten lines and five in the current one, by the journal itself. */
function writeRotated(): void {
  const clock = { now: 1_800_000_000_000 };
  const journal = openJournal({
    path,
    headPath: join(at.path, 'state', 'account', 'audit-head.json'),
    clock: { wallMs: () => clock.now, monoMs: () => clock.now },
    maxFileBytes: 1,
  });
  for (let line = 1; line <= 25; line += 1) {
    clock.now += 60_000;
    const event_type = line % 5 === 0 ? 'RECONCILE_RUN' : entry.event_type;
    expect(journal.append({ ...entry, event_type, run_id: `run-${line}` }).ok).toBe(true);
    if (line === 10 || line === 20) journal.maintain();
  }
  journal.close();
}

test('the check, the tail and a single line go over all files of a rotated audit', async () => {
  writeRotated();
  const verified = await at.run(['audit', 'verify']);
  expect([verified.code, verified.err]).toEqual([0, '']);
  expect(verified.out).toContain('27 lines in 3 files from line 1 on');
  expect(verified.out).not.toContain('head record');
  const json = await at.run(['audit', 'tail', '--json', '-n', '12', '--type', 'remediate_attempt']);
  const runs = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).run_id);
  expect(runs).toEqual([11, 12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 24].map((run) => `run-${run}`));
  const one = await at.run(['audit', 'tail', '--run', 'run-3']);
  expect(one.out).toMatch(/^3 .*REMEDIATE_ATTEMPT.*\n$/);
  const since = await at.run([
    'audit',
    'tail',
    '--since',
    new Date(1_800_000_000_000 + 24 * 60_000).toISOString(),
  ]);
  expect(since.out.trimEnd().split('\n')).toHaveLength(2);
  expect(JSON.parse((await at.run(['audit', 'show', '4'])).out)).toMatchObject({ run_id: 'run-4' });
  expect(JSON.parse((await at.run(['audit', 'show', '25'])).out)).toMatchObject({ run_id: 'run-23' });
});

test('what a filter can not mean is said', async () => {
  writeJournal(1);
  for (const [line, word] of [
    [['tail', '--since', 'yesterday'], 'since: yesterday'],
    [['tail', '--type', 'X'], 'RECONCILE_RUN'],
    [['verify', '--since', '1h'], '--since belongs to audit tail'],
    [['show', '1', '--follow'], '--follow belongs to audit tail'],
  ] as const) {
    const ran = await at.run(['audit', ...line]);
    expect([ran.code, ran.out]).toEqual([64, '']);
    expect(ran.err).toContain(word);
  }
});

test('a followed tail goes on over a rotation', async () => {
  const clock = { wallMs: () => 1_800_000_000_000, monoMs: () => 0 };
  const headPath = join(at.path, 'state', 'account', 'audit-head.json');
  const journal = openJournal({ path, headPath, clock, maxFileBytes: 1 });
  journal.append({ ...entry, run_id: 'first' });
  const ending = new AbortController();
  let out = '';
  const followed = at.run(['audit', 'tail', '--json', '-f'], {
    signal: ending.signal,
    stdout: (text) => {
      out += text;
    },
  });
  const until = async (word: string) => {
    while (!out.includes(word)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until('first');
  journal.append({ ...entry, run_id: 'second' });
  journal.maintain();
  journal.append({ ...entry, run_id: 'third' });
  await until('third');
  ending.abort();
  expect((await followed).code).toBe(0);
  expect(out.split('\n').filter((line) => line.includes('"run_id":"second"'))).toHaveLength(1);
  journal.close();
});

test('lines cut off at the end are found by the head record, and its absence is said', async () => {
  writeRotated();
  const text = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, `${text.slice(0, -2).join('\n')}\n`);
  const cut = await at.run(['audit', 'verify', '--json']);
  expect(cut.code).toBe(1);
  expect(JSON.parse(cut.out)).toMatchObject({
    ok: false,
    why: expect.stringContaining('the last 2 are missing'),
  });
  rmSync(join(at.path, 'state', 'account', 'audit-head.json'));
  expect((await at.run(['audit', 'verify'])).out).toContain('no head record');
});

test('a forged line moves no cursor and turns no text around, whatever it is looked at with', async () => {
  const operator = 'eve\u009b2J\u202e\u061c';
  const { hash: _, ...line } = {
    ...nextRecord(GENESIS, entry, 1_700_000_000_000),
    operator,
    run_id: operator,
  };
  const hash = createHash('sha256').update(canonical(line)).digest('hex');
  writeFileSync(path, `${canonical({ ...line, hash })}\n`);
  expect((await at.run(['audit', 'verify'])).code).toBe(0);
  const lines = [['show', '1'], ['show', '1', '--json'], ['tail'], ['tail', '--json']];
  for (const words of lines) {
    const ran = await at.run(['audit', ...words]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('eve');
    expect(ran.out).not.toMatch(/[\u0080-\u009f\u202e\u061c]/);
  }
  expect(JSON.parse((await at.run(['audit', 'show', '1'])).out)).toMatchObject({ operator });
  for (const format of ['md', 'json', 'html']) {
    const ran = await at.run(['report', '--format', format]);
    expect(ran.out).not.toMatch(/[\u0080-\u009f\u202e\u061c]/);
  }
});

test('lines beyond the one that the head record names are told', async () => {
  const config = at.config('a', 'audit: { path: audit/reconcile.jsonl }\n');
  for (const name of ['a-state', 'a-state/account']) mkdirSync(join(at.path, name), { mode: 0o700 });
  writeJournal(3);
  const { seq, hash } = JSON.parse(readFileSync(path, 'utf8').split('\n')[1] ?? '');
  const head = join(at.path, 'a-state/account/audit-head.json');
  writeFileSync(head, `${JSON.stringify({ schema_version: 1, seq, hash })}\n`, { mode: 0o600 });
  const ran = await at.run(['audit', 'verify', '--config', config]);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('its head record names line 2: for the 1 after it the chain alone vouches');
});

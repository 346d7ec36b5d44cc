import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry, JsonObject } from '../../src/engine/audit-record.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { makeReport } from '../../src/ops/report.ts';
import { formatHtml } from '../../src/ops/report-html.ts';
import { formatMarkdown } from '../../src/ops/report-markdown.ts';

const HOUR = 3_600_000;
const NASTY = `<script>alert('x')</script>"><img src=http://evil/x>|\`\\|[a](http://evil)`;

let dir: string;
let nowMs: number;
let journal: Journal;
const clock = { wallMs: () => nowMs, monoMs: () => nowMs };
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gr-'));
  nowMs = Date.UTC(2026, 10, 23, 10);
  journal = open();
});
afterEach(() => {
  journal.close();
  rmSync(dir, { recursive: true, force: true });
});

const paths = () => ({ path: join(dir, 'audit.jsonl'), headPath: join(dir, 'head.json') });
const open = () => openJournal({ ...paths(), clock });
const make = (sinceMs: number | null = null) =>
  makeReport({ ...paths(), sinceMs, nowMs: nowMs + HOUR, by: 'grinder 1' });

function write(
  event_type: AuditEntry['event_type'],
  details: JsonObject,
  more: Partial<AuditEntry> = {},
): void {
  nowMs += 1000;
  const done = journal.append({
    ...{ event_type, run_id: 'r1', mode: 'live', stage: 4, action: 'none', status: null, block_reason: null },
    ...{ symbols: [], mismatch_counts: {}, details, operator: null, synthetic: false },
    ...more,
  });
  if (!done.ok) throw new Error(done.problem);
}

const aim = { action_id: 'cancel:k', action: 'cancel', symbol: 'BTCUSDT', order_id: '9', conditional: false };
const intent = {
  ...{ ...aim, client_order_id: NASTY, intent_id: 'i1', repair_client_order_id: null },
  ...{ request: { kind: 'cancel' }, request_hash: 'h', notional_usdt: '0' },
};

/** One ceremony with everything that may happen in one. */
function writeCeremony(): void {
  const covered = { 'reconcile.cooldown_seconds': '60' };
  write('CONFIG_LOADED', { digest: 'd'.repeat(64), version: '1.0', commit: 'abc', account: 'sim', covered });
  write('STAGE_CHANGED', { from: 0, to: 1, by: 'ann', why: 'requested' }, { stage: 1, operator: 'ann' });
  const criteria = (figure: string, verdict: string) => [{ id: 'dwell', verdict, figure, limit: '10.0 s' }];
  for (const seconds of [0, 5])
    write(
      'STAGE_EVIDENCE',
      { verdict: 'SAMPLE', criteria: criteria(`${seconds}.0 s`, 'INCONCLUSIVE') },
      { stage: 1 },
    );
  const passed = { stage: 1, verdict: 'PASS', covered, version: '1.0', criteria: criteria('10.0 s', 'PASS') };
  write('STAGE_EVIDENCE', passed, { stage: 1 });
  const gate = {
    gate: 'dry_run',
    verdict: 'PASS',
    reason: 'dry_run',
    aim: 'cancel',
    value: 'true',
    limit: 'false',
  };
  write(
    'CANARY_INJECTED',
    { gate_proof: { proven: 34, total: 34, config_digest: 'd', gates: [{ ...gate, also: [], why: '' }] } },
    { operator: 'ann', synthetic: true },
  );
  write('ACKNOWLEDGED', { item: 'team_notified', why: 'only people can tell' }, { operator: NASTY });
  write('APPROVED', { stage: 4, config_digest: 'd', operator_unverified: false }, { operator: 'bob' });
  write('RECONCILE_RUN', { mismatches: 2 }, { mismatch_counts: { ORDER_EXISTS_UNEXPECTED: 2 } });
  const plan = { ...aim, client_order_id: NASTY, mismatch: 'ORDER_EXISTS_UNEXPECTED' };
  const cancel = { action: 'cancel', symbols: ['BTCUSDT'] };
  write('REMEDIATE_ATTEMPT', plan, { ...cancel, status: 'PLANNED' });
  write('REMEDIATE_ATTEMPT', plan, { ...cancel, status: 'BLOCKED', block_reason: 'max_orders_reached' });
  write('REMEDIATE_ATTEMPT', intent, { ...cancel, status: 'INTENT' });
  write(
    'REMEDIATE_RESULT',
    { ...aim, intent_id: 'i1', sent: true, text: NASTY, code: -1007 },
    { ...cancel, status: 'UNKNOWN' },
  );
  write(
    'REMEDIATE_RESULT',
    { resolves: 'i1', outcome: 'executed', action_id: 'cancel:k', text: 'gone' },
    cancel,
  );
  write('STOP_LATCHED', { latch_id: 'L1', reason: NASTY, durable: true }, { operator: 'ann' });
  write('CHECKPOINT', { stop_verdict: { latch_id: 'L1', verdict: 'STOPPED OK' } });
  write('STOP_CLEARED', { latch_id: 'L1' }, { operator: 'bob' });
}

describe('the report', () => {
  test('tells the ceremony: settings, stages, figures, proofs, writes with plan and outcome, stops, acts, head', () => {
    writeCeremony();
    const report = make();
    expect(report.audit).toMatchObject({
      verified: true,
      anchored: true,
      beyond_head: 0,
      head_hash: journal.state().head.hash,
    });
    expect(report.starts).toMatchObject([{ kind: 'start', account: 'sim', version: '1.0', changes: [] }]);
    expect(report.covered).toEqual({ 'reconcile.cooldown_seconds': '60' });
    expect(report.stages).toMatchObject([{ from: 0, to: 1, by: 'ann', why: 'requested' }]);
    expect(report.evidence).toMatchObject([{ stage: 1, verdict: 'PASS' }]);
    expect(report.curves).toMatchObject([{ stage: 1, id: 'dwell' }]);
    expect(report.curves[0]?.points.map(({ value }) => value)).toEqual([0, 5, 10]);
    expect(report.proofs).toMatchObject([{ proven: 34, by: 'ann', gates: [{ gate: 'dry_run' }] }]);
    expect(report.runs).toEqual({
      ...{ total: 1, with_mismatch: 1, planned: 1 },
      mismatches: { ORDER_EXISTS_UNEXPECTED: 2 },
      blocked: { max_orders_reached: 1 },
    });
    expect(report.executions).toMatchObject([
      {
        ...{ intent_id: 'i1', status: 'UNKNOWN', request: { kind: 'cancel' }, plan_seq: 10 },
        ...{ outcome: expect.stringContaining('code -1007'), resolution: 'executed, found by reads: gone' },
      },
    ]);
    expect([report.unknown, report.unresolved]).toEqual([['i1'], []]);
    expect(report.stops).toMatchObject([{ latch_id: 'L1', verdict: 'STOPPED OK', durable: true }]);
    expect(report.stops[0]?.cleared).toStartWith('by bob');
    expect(report.acknowledgements[0]).toMatchObject({ verified: false });
    expect(report.approvals).toMatchObject([{ by: 'bob', verified: true }]);
  });

  test('says of a write that has no plan and of one that nobody knows the end of', () => {
    write('REMEDIATE_ATTEMPT', intent, { action: 'cancel', symbols: ['BTCUSDT'], status: 'INTENT' });
    const report = make();
    expect(report.executions).toMatchObject([{ plan_seq: null, status: 'OPEN' }]);
    expect(report.unresolved).toEqual(['i1']);
    expect(formatMarkdown(report)).toContain('1 WITHOUT A PLAN in the audit');
    expect(formatMarkdown(report)).toContain('NOT RESOLVED: i1');
  });

  test('tells of a write that nobody knows the end of, however long before its time it was sent', () => {
    write('REMEDIATE_ATTEMPT', intent, { action: 'cancel', symbols: ['BTCUSDT'], status: 'INTENT' });
    nowMs += 10 * HOUR;
    write('RECONCILE_RUN', { mismatches: 0 });
    const report = make(nowMs - HOUR);
    expect(report.unresolved).toEqual(['i1']);
    expect(formatMarkdown(report)).toContain('NOT RESOLVED: i1');
    write('REMEDIATE_RESULT', { resolves: 'i1', outcome: 'executed', action_id: 'cancel:k', text: 'gone' });
    nowMs += 10 * HOUR;
    expect(make(nowMs - HOUR).executions).toEqual([]);
  });

  test('tells of a time only, and knows the settings and the writes that reach into it', () => {
    writeCeremony();
    const split = nowMs - 4500;
    const report = make(split);
    expect(report.stages).toEqual([]);
    expect(report.covered).toEqual({ 'reconcile.cooldown_seconds': '60' });
    expect(report.executions).toMatchObject([{ intent_id: 'i1', plan_seq: 10 }]);
    expect(report.from_ms).toBeGreaterThanOrEqual(split);
    expect(make(nowMs + 1).from_ms).toBeNull();
  });

  test('tells what a reload changed', () => {
    writeCeremony();
    const covered = { 'reconcile.cooldown_seconds': '90' };
    write('CONFIG_LOADED', { digest: 'e', digest_before: 'd', covered });
    expect(make().starts.at(-1)).toMatchObject({
      kind: 'reload',
      changes: ['reconcile.cooldown_seconds: 60 -> 90'],
    });
  });
});

describe('nothing from outside means anything in it', () => {
  const forms = () => {
    writeCeremony();
    const report = make();
    return { html: formatHtml(report), markdown: formatMarkdown(report) };
  };

  test("in HTML every tag is the report's own, and nothing is loaded", () => {
    const { html } = forms();
    expect(html).toContain('&lt;script&gt;');
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name ?? ''));
    const own =
      'html head meta title style body h1 h2 p table tr th td figure svg polyline circle figcaption';
    expect([...tags].filter((tag) => !own.split(' ').includes(tag))).toEqual([]);
    expect(html).not.toMatch(/(src|href)=(?!http:\/\/evil\/x&gt;)/);
    expect(html).toContain("default-src 'none'");
    expect(
      [...html.matchAll(/<polyline points="([^"]+)"/g)].map(([, points]) => points?.split(' ').length),
    ).toEqual([3]);
  });

  test('in Markdown it stands in code spans, and tables keep their columns', () => {
    const { markdown } = forms();
    for (const line of markdown.split('\n').filter((one) => one.includes('script'))) {
      const outside = line.replaceAll(/`[^`]*`/g, '');
      expect(outside).not.toMatch(/<script|(?<!\\)\]\(http/);
    }
    for (const table of markdown.split('\n\n').filter((part) => part.startsWith('|'))) {
      const columns = table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/\\[\\|`]/g, '').split('|').length);
      expect(new Set(columns).size).toBe(1);
    }
  });
});

describe('an audit that does not verify', () => {
  test('is said first and loudest, in every form, with what can still be told', () => {
    writeCeremony();
    const { path } = paths();
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[8] = (lines[8] ?? '').replace('ORDER_EXISTS_UNEXPECTED', 'ORDER_EXISTS_UNEXPECTEE');
    writeFileSync(path, lines.join('\n'));
    const report = make();
    expect(report.audit).toMatchObject({ verified: false, head_seq: 8 });
    expect(report.audit.problem).toContain('line 9');
    expect(report.stages.length).toBe(1);
    expect(report.executions).toEqual([]);
    const told = formatMarkdown(report);
    expect(told).toContain('None that could be read; the audit does not verify');
    expect(told).not.toContain('None in this time');
    expect(told).not.toContain('0 writes');
    for (const text of [formatHtml(report), formatMarkdown(report)]) {
      expect(text.indexOf('THE AUDIT DOES NOT VERIFY')).toBeGreaterThan(0);
      expect(text.indexOf('THE AUDIT DOES NOT VERIFY')).toBeLessThan(text.indexOf('Starts and settings'));
    }
  });

  test('also when lines were cut off at its end, by the head record', () => {
    writeCeremony();
    const { path } = paths();
    writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 5).join('\n')}\n`);
    expect(make().audit).toMatchObject({ verified: false, problem: expect.stringContaining('missing') });
  });
});

test('lines after the one that the head record names are not called vouched for', () => {
  writeCeremony();
  expect(formatMarkdown(make())).toContain('its end is the one that the head record names');
  const record = readFileSync(paths().headPath);
  const { head_seq } = make().audit;
  write('APPROVED', { approvals: 1 }, { operator: 'nobody' });
  writeFileSync(paths().headPath, record);
  const report = make();
  expect(report.audit).toMatchObject({ verified: true, anchored: true, beyond_head: 1 });
  const told = formatMarkdown(report);
  expect(told).toContain(
    `the head record names line ${head_seq}, and for the 1 after it the chain alone vouches`,
  );
  expect(told).not.toContain('its end is the one');
});

test('a stay of months is drawn', () => {
  writeCeremony();
  const report = make();
  const [curve] = report.curves;
  if (curve === undefined) throw new Error('no curve');
  const points = Array.from({ length: 300_000 }, (_, at_ms) => ({
    ...{ at_ms, value: at_ms, figure: '1 s', verdict: 'PASS' },
  }));
  expect(formatHtml({ ...report, curves: [{ ...curve, points }] })).toContain('</svg>');
});

test('a rotated audit is read through all its files', () => {
  journal.close();
  rmSync(dir, { recursive: true, force: true });
  dir = mkdtempSync(join(tmpdir(), 'gr-'));
  journal = openJournal({ ...paths(), clock, maxFileBytes: 8000 });
  for (let index = 0; index < 40; index += 1) {
    write('STAGE_CHANGED', { from: 0, to: 1, by: 'ann', why: String(index) });
    journal.maintain();
  }
  expect(readdirSync(dir).filter((name) => name.startsWith('audit.jsonl.')).length).toBeGreaterThan(0);
  expect(make().stages.map(({ why }) => why)).toEqual(
    Array.from({ length: 40 }, (_, index) => String(index)),
  );
  expect(make().audit.verified).toBe(true);
});

test('a report of the last hour tells of a stop from before it that still stands, and of one that was cleared since', () => {
  const latched = (id: string) => write('STOP_LATCHED', { latch_id: id, reason: '', durable: true });
  latched('L1');
  latched('L2');
  nowMs += 2 * HOUR;
  const since = nowMs - HOUR;
  expect(make(since).stops.map(({ latch_id, cleared }) => [latch_id, cleared])).toEqual([
    ['L1', ''],
    ['L2', ''],
  ]);
  expect(formatMarkdown(make(since))).toContain('NOT CLEARED');
  write('STOP_CLEARED', { latch_id: 'L2' }, { operator: 'bob' });
  const [superseded, cleared] = make(since).stops;
  expect(superseded?.cleared).toBe('with L2');
  expect(cleared?.cleared).toStartWith('by bob');
  nowMs += 2 * HOUR;
  expect(make(nowMs - HOUR).stops).toEqual([]);
});

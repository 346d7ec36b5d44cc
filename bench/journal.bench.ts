/** The audit journal: one durable line, and the replay of a long file at a start. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '../src/engine/audit-record.ts';
import { type ChainHead, formatLine, GENESIS, nextRecord } from '../src/engine/chain.ts';
import { systemClock } from '../src/engine/clock.ts';
import { realDisk } from '../src/engine/disk.ts';
import { createHead, writeHead } from '../src/engine/head-record.ts';
import { openJournal } from '../src/engine/journal.ts';
import { verifyChain } from '../src/engine/journal-scan.ts';
import { amount, bench, timing } from './table.ts';

const APPENDS = 2000;
const LINES = 100_000;
const LINES_A_WRITE = 1000;
const ROTATED_BYTES = 4 * 2 ** 20;
const CEREMONY_RECORDS = 1000;
const DISPATCHES = 100;

await bench('journal', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-bench-'));
  try {
    const syncs = syncTimes(join(dir, 'plain'));
    const appends = appendTimes(dir);
    const rotation = rotationTimes(dir);
    const long = writeLong(dir);
    const replayMs = timed(() => reopen(long, LINES));
    const verifyMs = timed(() => {
      if (!verifyChain(long.path).ok) throw new Error('the chain is broken');
    });
    const megabytes = statSync(long.path).size / 1e6;
    return [
      timing('append: one line, durable when it returns', appends, 'ms', { of: 'p99', below: 50 }),
      timing('rotation: one piece, the thread is held', rotation.held, 'ms', { of: 'max', below: 10 }),
      timing('the same, processor time of all threads', rotation.busy, 'ms'),
      timing('the disk alone: write and fdatasync', syncs, 'ms'),
      amount(`replay at a start: ${LINES} lines`, replayMs, 'ms', null, `${megabytes.toFixed(0)} MB`),
      amount(`verify: ${LINES} lines`, verifyMs, 'ms'),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

interface Place {
  readonly path: string;
  readonly headPath: string;
}

function appendTimes(dir: string): readonly number[] {
  const place = placeIn(dir, 'appends');
  const journal = openJournal({ ...place, clock: systemClock });
  try {
    return Array.from({ length: APPENDS }, (_, index) =>
      timed(() => {
        const done = journal.append(entryOf(index));
        if (!done.ok) throw new Error(done.problem);
      }),
    );
  } finally {
    journal.close();
  }
}

/** Rotates a file of the default size, with as much to carry over as an old daemon's state holds; lines come between. */
function rotationTimes(dir: string): { readonly held: readonly number[]; readonly busy: readonly number[] } {
  const place = placeIn(dir, 'rotation');
  const journal = openJournal({ ...place, clock: systemClock });
  try {
    journal.appendAll(Array.from({ length: CEREMONY_RECORDS }, (_, index) => evidenceOf(index)));
    journal.appendAll(Array.from({ length: DISPATCHES }, (_, index) => writeOf(index)).flat());
    while (statSync(place.path).size < ROTATED_BYTES)
      journal.appendAll(Array.from({ length: 100 }, (_, index) => entryOf(index)));
    const [held, busy]: [number[], number[]] = [[], []];
    let message: string | null = null;
    const maintain = (): void => {
      message = journal.maintain();
    };
    while (message === null) {
      const before = process.cpuUsage();
      held.push(timed(maintain));
      const { user, system } = process.cpuUsage(before);
      busy.push((user + system) / 1000);
      // Most beats nothing is written; now and then a run is.
      if (held.length % 4 !== 0) continue;
      const done = journal.append(entryOf(held.length));
      if (!done.ok) throw new Error(done.problem);
    }
    return { held, busy };
  } finally {
    journal.close();
  }
}

function syncTimes(path: string): readonly number[] {
  writeFileSync(path, '', { mode: 0o600 });
  const fd = realDisk.open(path, 2, 0);
  const bytes = new TextEncoder().encode(`${'x'.repeat(700)}\n`);
  try {
    return Array.from({ length: APPENDS }, (_, index) =>
      timed(() => {
        realDisk.write(fd, bytes, index * bytes.length);
        realDisk.fdatasync(fd);
      }),
    );
  } finally {
    realDisk.close(fd);
  }
}

/** Written by the chain's own functions, without a sync a line, so that it is there in time. */
function writeLong(dir: string): Place {
  const place = placeIn(dir, 'long');
  let head: ChainHead = GENESIS;
  let text = '';
  for (let index = 0; index < LINES; index += 1) {
    const record = nextRecord(head, entryOf(index), 1_700_000_000_000 + index);
    text += `${formatLine(record)}\n`;
    head = record;
    if ((index + 1) % LINES_A_WRITE !== 0) continue;
    appendFileSync(place.path, text, { mode: 0o600 });
    text = '';
  }
  createHead(place.headPath);
  writeHead(place.headPath, { seq: head.seq, hash: head.hash });
  return place;
}

function reopen(place: Place, lines: number): void {
  const journal = openJournal({ ...place, clock: systemClock });
  const { seq } = journal.state().head;
  const problem = journal.problem();
  journal.close();
  if (problem !== '' || seq !== lines) throw new Error(`replayed ${seq} of ${lines} lines: ${problem}`);
}

function placeIn(dir: string, name: string): Place {
  for (const part of ['audit', 'account']) mkdirSync(join(dir, name, part), { recursive: true, mode: 0o700 });
  return { path: join(dir, name, 'audit/reconcile.jsonl'), headPath: join(dir, name, 'account/head.json') };
}

/** What a daemon writes: a run, and now and then a plan that is blocked. */
function entryOf(index: number): AuditEntry {
  const isPlan = index % 10 === 9;
  return {
    event_type: isPlan ? 'REMEDIATE_ATTEMPT' : 'RECONCILE_RUN',
    run_id: `bench-${index}`,
    mode: 'dry_run',
    stage: 2,
    action: isPlan ? 'cancel' : 'auto',
    status: isPlan ? 'BLOCKED' : null,
    block_reason: isPlan ? 'dry_run' : null,
    symbols: ['BTCUSDT'],
    mismatch_counts: { ORDER_EXISTS_UNEXPECTED: isPlan ? 1 : 0 },
    details: { complete: true, mismatches: 1, planned: 1, matched_orders: 120, foreign_orders: 0 },
    operator: null,
    synthetic: false,
  };
}

/** Every fourth is evidence, with all settings in it; the others are changes of stage. */
function evidenceOf(index: number): AuditEntry {
  const covered = Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`reconcile.key_${key}`, index]));
  const isEvidence = index % 4 === 0;
  return {
    ...entryOf(0),
    event_type: isEvidence ? 'STAGE_EVIDENCE' : 'STAGE_CHANGED',
    details: isEvidence
      ? { stage: 2, verdict: 'PASS', covered, version: '1', criteria: [] }
      : { from: 1, to: 2, requested: 2, why: 'evidence of every stage below' },
  };
}

/** One cancel that was sent, and its outcome. */
function writeOf(index: number): readonly AuditEntry[] {
  const intent = {
    intent_id: `i${index}`,
    action_id: `cancel:${index}`,
    action: 'cancel',
    symbol: 'BTCUSDT',
  };
  const order = {
    client_order_id: `grinder_1_BTCUSDT_1_1_${index}`,
    order_id: `${index}`,
    conditional: false,
  };
  const cost = { repair_client_order_id: null, request_hash: 'h', notional_usdt: '0' };
  const plain = entryOf(0);
  return [
    {
      ...plain,
      event_type: 'REMEDIATE_ATTEMPT',
      status: 'INTENT',
      details: { ...intent, ...order, ...cost },
    },
    {
      ...plain,
      event_type: 'REMEDIATE_RESULT',
      status: 'EXECUTED',
      details: { intent_id: intent.intent_id },
    },
  ];
}

function timed(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/engine/audit-record.ts';
import { nextRecord } from '../../src/engine/chain.ts';
import type { Disk } from '../../src/engine/disk.ts';
import { EMPTY_STATE, fold, type JournalState } from '../../src/engine/fold.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { rotatedFiles } from '../../src/engine/journal-files.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
import { launch } from '../helpers/process.ts';
import {
  entry,
  type Fault,
  faultyDisk,
  handClock,
  intentEntry,
  outcomeEntry,
  rotateNow,
  scratch,
} from './durable.ts';

// Each replays a hundred journals, on a machine that may be busy.
setDefaultTimeout(90_000);

const DAY = 86_400_000;
const places = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});

/** Opens a journal whose every maintenance rotates. */
function open(
  directory: string,
  more: {
    readonly disk?: Disk;
    readonly clock?: ReturnType<typeof handClock>;
    readonly keepMs?: number;
  } = {},
): Journal {
  return openJournal({ ...places(directory), clock: more.clock ?? handClock(), maxFileBytes: 1, ...more });
}

/** One of everything that a state is made of. */
const EVERYTHING: readonly AuditEntry[] = [
  entry({ event_type: 'STAGE_CHANGED', stage: 3, details: { from: 2, to: 3 } }),
  entry({
    event_type: 'STAGE_EVIDENCE',
    stage: 2,
    details: { stage: 2, verdict: 'PASS', covered: { 'identity.prefix': 'grinder_\u202e' }, version: '1' },
  }),
  entry({ event_type: 'ACKNOWLEDGED', operator: 'ann', details: { item: 'x', why: 'y' } }),
  entry({
    event_type: 'CHECKPOINT',
    details: { mass_mismatch: { fingerprint: 'f', items: ['a'], figure: '7' } },
  }),
  entry({
    event_type: 'CHECKPOINT',
    details: { other_executor: { client_order_id: 'grc_\u202e', order_id: '7', symbol: 'BTCUSDT' } },
  }),
  intentEntry('i1', { notional_usdt: '40.5' }),
  outcomeEntry('i1', 'EXECUTED'),
  intentEntry('i2', { notional_usdt: '7' }),
  outcomeEntry('i2', 'REJECTED'),
  intentEntry('i3', { repair_client_order_id: 'grc_1' }),
  outcomeEntry('i3', 'UNKNOWN'),
  intentEntry('i4'),
  entry({ details: { backoff_until_ms: 1_900_000_000_000 } }),
  entry({ event_type: 'STOP_LATCHED', operator: 'bob', details: { latch_id: 'L' } }),
  entry({ event_type: 'STOP_CLEARED', operator: 'bob' }),
  entry({ event_type: 'APPROVED', operator: 'ann' }),
];

/** A state without what counts lines. */
function substance({ lastSeq: _, head: __, keepsFromSeq: ___, openIntents, ...rest }: JournalState): unknown {
  const records = (list: JournalState['ceremonyRecords']) =>
    list.map(({ seq: _seq, prev: _prev, hash: _hash, ...record }) => record);
  return {
    ...rest,
    ceremonyRecords: records(rest.ceremonyRecords),
    lastStageChange: records(rest.lastStageChange === null ? [] : [rest.lastStageChange]),
    openIntents: [...openIntents.values()].map(({ seq: _seq, ...intent }) => intent),
  };
}

function whole(directory: string) {
  return verifyJournal(places(directory).path, { headPath: places(directory).headPath });
}

describe('a rotated journal', () => {
  test('is taken with a head record from before two rotations, as a power cut may leave it, if that line is the one', () => {
    using directory = scratch();
    const { headPath } = places(directory.path);
    const journal = open(directory.path);
    for (const one of EVERYTHING) journal.append(one);
    const head = readFileSync(headPath, 'utf8');
    for (let turn = 0; turn < 3; turn += 1) {
      expect(journal.maintain()).toContain('rotated');
      expect(journal.append(entry()).ok).toBe(true);
    }
    const live = journal.state();
    journal.close();
    writeFileSync(headPath, head);
    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', live]);
    again.close();
    writeFileSync(headPath, head.replace(/"hash":"..../, '"hash":"0000'));
    const other = open(directory.path);
    expect(other.problem()).toContain('is another one');
    other.close();
  });

  test('comes to the same state wherever it was rotated, live, replayed from its checkpoint, and from the first line', () => {
    for (let at = 0; at <= EVERYTHING.length; at += 1) {
      using directory = scratch();
      const journal = open(directory.path);
      let plain = EMPTY_STATE;
      for (const [index, one] of EVERYTHING.entries()) {
        if (index === at || index === at + 3) journal.maintain();
        expect(journal.append(one).ok).toBe(true);
        plain = fold(plain, nextRecord(plain.head, one, 1_800_000_000_000));
      }
      if (at === EVERYTHING.length) expect(journal.maintain()).toContain('rotated');
      const live = journal.state();
      journal.close();
      expect(substance(live)).toEqual(substance(plain));
      const again = open(directory.path);
      expect([again.problem(), again.state()]).toEqual(['', live]);
      again.close();
      const verdict = whole(directory.path);
      expect(verdict.ok && verdict.state).toEqual(live);
      // Alone, without the files before it, the checkpoint says as much.
      for (const file of rotatedFiles(places(directory.path).path)) rmSync(file.path);
      const alone = open(directory.path);
      expect(substance(alone.state())).toEqual(substance(live));
      expect(alone.problem()).toContain('is missing');
      alone.close();
    }
  });

  test('a long downtime before a checkpoint voids evidence once, whoever replays it', () => {
    using directory = scratch();
    const clock = handClock();
    const journal = open(directory.path, { clock });
    for (const one of EVERYTHING) journal.append(one);
    clock.advance(2 * DAY);
    journal.maintain();
    const live = journal.state();
    expect(live.ceremonyRecords.some(({ event_type }) => event_type === 'STAGE_EVIDENCE')).toBe(false);
    journal.close();
    const again = open(directory.path, { clock });
    expect([again.problem(), again.state()]).toEqual(['', live]);
    again.close();
    const verdict = whole(directory.path);
    expect(verdict.ok && verdict.state).toEqual(live);
  });

  test('a state larger than a line takes several, and is the same again', () => {
    using directory = scratch();
    const journal = open(directory.path);
    const covered = Object.fromEntries(Array.from({ length: 60 }, (_, key) => [`k${key}`, 'v'.repeat(40)]));
    for (let line = 0; line < 400; line += 1)
      journal.append(entry({ event_type: 'STAGE_EVIDENCE', details: { covered, line } }));
    rotateNow(journal);
    journal.append(entry());
    const live = journal.state();
    journal.close();
    const lines = readFileSync(places(directory.path).path, 'utf8').split('\n').length - 1;
    expect(lines).toBeGreaterThan(3);
    expect(lines).toBeLessThan(20);
    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', live]);
    again.close();
    expect(whole(directory.path).ok).toBe(true);
  });

  test('a checkpoint that does not say what the lines before it came to is refused', () => {
    using directory = scratch();
    const journal = open(directory.path);
    for (const one of EVERYTHING) journal.append(one);
    const forged = {
      ...entry({ event_type: 'CHECKPOINT' }),
      details: { state: { part: 1, parts: 1, keeps_from_seq: 1, items: [] } },
    };
    journal.append(forged);
    expect(journal.state().problem).toContain('not what the lines before it come to');
    journal.close();
    const again = open(directory.path);
    expect(again.healthy()).toBe(false);
    again.close();
    expect(whole(directory.path)).toMatchObject({ ok: false, line: EVERYTHING.length + 1 });
  });

  test('keeps the name and the inode of its current file, so that tail -f goes on', async () => {
    using directory = scratch();
    const journal = open(directory.path);
    for (let line = 0; line < 50; line += 1) journal.append(entry({ run_id: `old${line}` }));
    const { path } = places(directory.path);
    const before = statSync(path).ino;
    const watcher = launch(['tail', '-n', '1', '-f', path], { cwd: directory.path, env: {} });
    await until(() => watcher.out().includes('old49'));
    journal.maintain();
    journal.append(entry({ run_id: 'after-the-rotation' }));
    expect(statSync(path).ino).toBe(before);
    await until(() => watcher.out().includes('after-the-rotation'));
    watcher.kill('SIGKILL');
    await watcher.ended;
    journal.close();
  });

  for (const fault of ['ENOSPC', 'EIO', 'SHORT', 'EROFS', 'EMFILE'] as const satisfies readonly Fault[]) {
    test(`F55 cut short at any call of the disk (${fault}), it is finished or undone at the next start, and nothing is lost`, () => {
      for (let call = 1, reached = true; reached; call += 1) {
        using directory = scratch();
        const clock = handClock();
        const first = open(directory.path, { clock });
        for (const one of EVERYTHING) first.append(one);
        first.maintain();
        for (const one of [intentEntry('late'), entry()]) first.append(one);
        const before = first.state();
        first.close();
        const disk = faultyDisk({ call, fault, after: 'stays' });
        const crashing = open(directory.path, { clock, disk });
        disk.arm();
        crashing.maintain();
        reached = disk.calls() >= call;
        expect(crashing.healthy()).toBe(!reached);
        crashing.close();
        const again = open(directory.path, { clock });
        expect(again.problem()).toBe('');
        expect(substance(again.state())).toEqual(substance(before));
        expect(again.append(entry({ run_id: 'on' })).ok).toBe(true);
        again.maintain();
        again.close();
        const verdict = whole(directory.path);
        expect(verdict).toMatchObject({ ok: true, anchored: true, firstSeq: 1 });
      }
    });
  }

  test('a crash between copy and cut leaves no doubt, but two files that differ do', () => {
    using directory = scratch();
    const journal = open(directory.path);
    for (const one of EVERYTHING) journal.append(one);
    journal.close();
    const { path } = places(directory.path);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.0000000001`, bytes, { mode: 0o600 });
    expect(whole(directory.path)).toMatchObject({ ok: true, lines: EVERYTHING.length });
    const again = open(directory.path);
    expect(again.problem()).toBe('');
    again.close();
    expect(rotatedFiles(path)).toEqual([]);
    writeFileSync(`${path}.0000000001`, bytes.subarray(0, bytes.indexOf(10) + 1), { mode: 0o600 });
    const doubtful = open(directory.path);
    expect(doubtful.problem()).toContain('goes on differently');
    expect(doubtful.append(entry()).ok).toBe(false);
    doubtful.close();
    expect(rotatedFiles(path)).toHaveLength(1);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

test('a checkpoint as large as a file may be is not rotated away again before anything was added to it', () => {
  using directory = scratch();
  const journal = open(directory.path);
  journal.append(entry());
  expect(journal.maintain()).toContain('rotated');
  expect(journal.maintain()).toBe(null);
  journal.append(entry());
  expect(journal.maintain()).toContain('rotated');
  journal.close();
});

describe('retention', () => {
  test('removes what is past its time, keeps the newest ten and whatever an open intent needs, and says where it begins', () => {
    using directory = scratch();
    const clock = handClock();
    const journal = open(directory.path, { clock, keepMs: 10 * DAY });
    const day = (id: string) => {
      journal.append(entry({ run_id: id }));
      clock.advance(DAY);
      rotateNow(journal);
      return rotatedFiles(places(directory.path).path).length;
    };
    for (let number = 1; number <= 10; number += 1) expect(day(`d${number}`)).toBe(number);
    expect(day('d11')).toBe(10);
    journal.append(intentEntry('open'));
    journal.append(outcomeEntry('open', 'UNKNOWN'));
    const { seq } = journal.state().openIntents.get('open') ?? { seq: 0 };
    for (let number = 12; number <= 40; number += 1) day(`d${number}`);
    const oldest = rotatedFiles(places(directory.path).path)[0]?.firstSeq ?? 0;
    expect(oldest).toBeGreaterThan(1);
    expect(oldest).toBeLessThanOrEqual(seq);
    expect(journal.state().keepsFromSeq).toBe(oldest);
    expect(whole(directory.path)).toMatchObject({ ok: true, firstSeq: oldest });
    journal.append(
      entry({ event_type: 'REMEDIATE_RESULT', details: { resolves: 'open', outcome: 'executed' } }),
    );
    clock.advance(DAY);
    rotateNow(journal);
    expect(rotatedFiles(places(directory.path).path)[0]?.firstSeq).toBeGreaterThan(seq);
    journal.close();
    const again = open(directory.path, { clock });
    expect(again.problem()).toBe('');
    again.close();
    // One more gone than retention took is missed, offline and at a start.
    rmSync(rotatedFiles(places(directory.path).path)[0]?.path ?? '');
    expect(whole(directory.path)).toMatchObject({ ok: false, why: expect.stringContaining('is missing') });
    const missed = open(directory.path, { clock });
    expect(missed.problem()).toContain('is missing');
    missed.close();
  });

  test('a wall clock that jumps ahead takes no more than that away', () => {
    using directory = scratch();
    const clock = handClock();
    const journal = open(directory.path, { clock, keepMs: DAY });
    for (let number = 1; number <= 8; number += 1) {
      journal.append(entry());
      journal.maintain();
    }
    clock.advance(3650 * DAY);
    journal.append(entry());
    journal.maintain();
    expect(rotatedFiles(places(directory.path).path)).toHaveLength(9);
    journal.close();
    expect(readdirSync(join(directory.path, 'audit')).filter((name) => /\.\d+$/.test(name))).toHaveLength(9);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

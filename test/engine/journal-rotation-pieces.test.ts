import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { rotatedFiles } from '../../src/engine/journal-files.ts';
import { readRecords } from '../../src/engine/journal-read.ts';
import { verifyJournal } from '../../src/engine/journal-verify.ts';
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

// Each opens a hundred journals, on a machine that may be busy.
setDefaultTimeout(90_000);

const PIECE = 2000;
const BEFORE = 12;
const places = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});
const partOf = (directory: string): string => `${places(directory).path}.0000000001.new`;

function open(directory: string, disk: Disk = realDisk): Journal {
  return openJournal({
    ...places(directory),
    ...{ clock: handClock(), disk, maxFileBytes: 8000, pieceBytes: PIECE },
  });
}

/** Some lines more than a file may have. */
function filled(directory: string, disk: Disk = realDisk): Journal {
  const journal = open(directory, disk);
  const lines = Array.from({ length: BEFORE }, (_, index) =>
    entry({ run_id: `before${index + 1}`, details: { x: 'y'.repeat(500) } }),
  );
  expect(journal.appendAll(lines).ok).toBe(true);
  return journal;
}

/** Run ids in the order in which a reader finds them, without the checkpoints. */
function told(directory: string): readonly string[] {
  const ids: string[] = [];
  readRecords(places(directory).path, ({ run_id }) => void (run_id !== '' && ids.push(run_id)));
  return ids;
}

const verified = (directory: string) =>
  verifyJournal(places(directory).path, { headPath: places(directory).headPath });

describe('a rotation in pieces', () => {
  test('takes lines between any two of them, and at each the journal is whole and a start finds every line', () => {
    using directory = scratch();
    const journal = filled(directory.path);
    const expected = [...told(directory.path)];
    let pieces = 0;
    for (let message: string | null = null; message === null; pieces += 1) {
      message = journal.maintain();
      expect(verified(directory.path)).toMatchObject({ ok: true, anchored: true });
      expect(told(directory.path)).toEqual(expected);
      expect(journal.append(entry({ run_id: `between${pieces}` })).ok).toBe(true);
      expected.push(`between${pieces}`);
    }
    expect(pieces).toBeGreaterThan(4);
    expect(rotatedFiles(places(directory.path).path)).toHaveLength(1);
    expect(readdirSync(join(directory.path, 'audit')).filter((name) => name.endsWith('.new'))).toEqual([]);
    const live = journal.state();
    journal.close();
    const again = open(directory.path);
    expect([again.problem(), again.state()]).toEqual(['', live]);
    expect(told(directory.path)).toEqual(expected);
    again.close();
  });

  test('writes no more at a time than a piece, and at the cut what came since and the checkpoint', () => {
    using directory = scratch();
    let written = 0;
    const disk: Disk = {
      ...realDisk,
      write: (fd, bytes, position) => {
        written += bytes.length;
        return realDisk.write(fd, bytes, position);
      },
    };
    const journal = filled(directory.path, disk);
    const each: number[] = [];
    for (let message: string | null = null; message === null; ) {
      written = 0;
      message = journal.maintain();
      each.push(written);
    }
    expect(Math.max(...each.slice(0, -1))).toBe(PIECE);
    const checkpoint = statSync(places(directory.path).path).size;
    expect(each.at(-1)).toBeLessThan(PIECE / 4 + checkpoint + 500);
    journal.close();
  });

  test('has nothing left to do at the cut but to name the copy and to write the checkpoint, when no line comes', () => {
    using directory = scratch();
    const reads: number[] = [];
    let read = 0;
    const journal = filled(directory.path, {
      ...realDisk,
      read: (fd, into, position) => {
        // The head of the reserve is looked at before whatever is written.
        if (into.length > 128) read += 1;
        return realDisk.read(fd, into, position);
      },
    });
    for (let message: string | null = null; message === null; ) {
      read = 0;
      message = journal.maintain();
      reads.push(read);
    }
    expect(reads.length).toBeGreaterThan(4);
    expect(reads.at(-1)).toBe(0);
    journal.close();
    const again = open(directory.path);
    expect(again.problem()).toBe('');
    again.close();
  });

  test('ends although more is written meanwhile than a piece holds', () => {
    using directory = scratch();
    const journal = filled(directory.path);
    let pieces = 0;
    while (journal.maintain() === null) {
      journal.append(entry({ details: { x: 'y'.repeat(3 * PIECE) } }));
      pieces += 1;
      expect(pieces).toBeLessThan(20);
    }
    expect(verified(directory.path)).toMatchObject({ ok: true });
    journal.close();
  });

  test('an intent and its outcome on either side of the cut, and a stop in the middle, are what they were', () => {
    for (let at = 0; at < 6; at += 1) {
      using directory = scratch();
      const journal = filled(directory.path);
      for (let piece = 0; piece < 6; piece += 1) {
        if (piece === at) {
          journal.append(intentEntry('i1'));
          journal.append(intentEntry('i2'));
          journal.append(entry({ event_type: 'STOP_LATCHED', operator: 'ann', details: { latch_id: 'L' } }));
        }
        if (piece === at + 1) journal.append(outcomeEntry('i1', 'EXECUTED'));
        journal.maintain();
      }
      const live = journal.state();
      expect([...live.openIntents.keys()]).toEqual(at === 5 ? ['i1', 'i2'] : ['i2']);
      expect(live.dispatches).toHaveLength(2);
      expect(live.ceremonyRecords.map(({ event_type }) => event_type)).toEqual(['STOP_LATCHED']);
      journal.close();
      const again = open(directory.path);
      expect([again.problem(), again.state()]).toEqual(['', live]);
      again.close();
    }
  });

  for (const fault of ['EIO', 'SHORT'] as const satisfies readonly Fault[])
    test(`F55 dead at any call of the disk (${fault}), it has lost no line that was acknowledged`, () => {
      let calls = 0;
      for (let call = 1, reached = true; reached; call += 1) {
        using directory = scratch();
        filled(directory.path).close();
        const disk = faultyDisk({ call, fault, after: 'stays' });
        const crashing = open(directory.path, disk);
        const acknowledged = [...told(directory.path)];
        disk.arm();
        for (let piece = 0, message: string | null = null; message === null && piece < 20; piece += 1) {
          message = crashing.maintain();
          if (crashing.append(entry({ run_id: `between${piece}` })).ok) acknowledged.push(`between${piece}`);
        }
        reached = disk.calls() >= call;
        calls = disk.calls();
        expect(crashing.healthy()).toBe(!reached);
        // Dead: it is not closed, so that whatever it left lies there.
        const again = open(directory.path);
        expect(again.problem()).toBe('');
        const found = told(directory.path);
        expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
        // A line whose sync failed may be there all the same; nothing else may.
        expect(found.length - acknowledged.length).toBeLessThanOrEqual(1);
        expect(again.append(entry({ run_id: 'on' })).ok).toBe(true);
        if (statSync(places(directory.path).path).size >= 8000) rotateNow(again);
        again.close();
        expect(verified(directory.path)).toMatchObject({ ok: true, anchored: true, firstSeq: 1 });
        expect(existsSync(partOf(directory.path))).toBe(false);
        crashing.close();
      }
      expect(calls).toBeGreaterThan(30);
    });

  test('a disk that is full in the middle ends all writing, and the part of a copy makes room', () => {
    using directory = scratch();
    const full = { now: false };
    const journal = filled(directory.path, {
      ...realDisk,
      write: (fd, bytes, position) => {
        if (full.now) throw new Error('ENOSPC');
        return realDisk.write(fd, bytes, position);
      },
    });
    journal.maintain();
    journal.maintain();
    expect(existsSync(partOf(directory.path))).toBe(true);
    full.now = true;
    expect(journal.maintain()).toContain('ENOSPC');
    expect(journal.healthy()).toBe(false);
    full.now = false;
    expect(journal.append(entry()).ok).toBe(false);
    expect(journal.maintain()).toBe(null);
    expect(existsSync(partOf(directory.path))).toBe(false);
    journal.close();
    const again = open(directory.path);
    expect([again.problem(), again.state().lastSeq]).toEqual(['', BEFORE]);
    again.close();
  });

  test('a journal that fails or is closed in the middle leaves no part of a copy', () => {
    using directory = scratch();
    let sick = false;
    const journal = filled(directory.path, {
      ...realDisk,
      fdatasync: (fd) => {
        if (sick) throw new Error('EIO');
        realDisk.fdatasync(fd);
      },
    });
    journal.maintain();
    expect(existsSync(partOf(directory.path))).toBe(true);
    sick = true;
    expect(journal.append(entry()).ok).toBe(false);
    journal.maintain();
    expect(existsSync(partOf(directory.path))).toBe(false);
    journal.close();
    const closed = open(directory.path);
    closed.maintain();
    expect(existsSync(partOf(directory.path))).toBe(true);
    closed.close();
    expect(existsSync(partOf(directory.path))).toBe(false);
  });

  test('a part of a copy that a crash left is no rotated file, and the next rotation overwrites it', () => {
    using directory = scratch();
    filled(directory.path).close();
    const bytes = readFileSync(places(directory.path).path);
    writeFileSync(partOf(directory.path), Buffer.concat([bytes, bytes]), { mode: 0o600 });
    const journal = open(directory.path);
    expect([journal.problem(), journal.state().lastSeq]).toEqual(['', BEFORE]);
    expect(verified(directory.path)).toMatchObject({ ok: true, files: 1, lines: BEFORE });
    expect(rotateNow(journal)).toContain('rotated');
    journal.close();
    expect(readFileSync(`${places(directory.path).path}.0000000001`).equals(bytes)).toBe(true);
  });

  for (const [what, touch] of [
    ['replaced', (path: string) => renameSync(`${path}.other`, path)],
    ['added to', (path: string) => writeFileSync(path, 'x'.repeat(50_000), { flag: 'a' })],
  ] as const)
    test(`nothing is cut when the copy was ${what} by another hand`, () => {
      using directory = scratch();
      const journal = filled(directory.path);
      const { path } = places(directory.path);
      const bytes = readFileSync(path);
      writeFileSync(`${partOf(directory.path)}.other`, 'another', { mode: 0o600 });
      for (let piece = 0; piece < 3; piece += 1) journal.maintain();
      touch(partOf(directory.path));
      expect(rotateNow(journal)).toContain('something else touched it');
      expect([journal.healthy(), rotatedFiles(path)]).toEqual([false, []]);
      expect(readFileSync(path).equals(bytes)).toBe(true);
      journal.close();
    });
});

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { tail, verifyChain } from '../../src/engine/journal-scan.ts';
import {
  entry,
  type Fault,
  faultyDisk,
  handClock,
  intentEntry,
  outcomeEntry,
  recordingDisk,
  scratch,
} from './durable.ts';

setDefaultTimeout(90_000);

const paths = (directory: string) => ({
  path: join(directory, 'audit', 'reconcile.jsonl'),
  headPath: join(directory, 'account', 'head.json'),
});
const open = (directory: string, disk?: Disk): Journal =>
  openJournal({ ...paths(directory), clock: handClock(), ...(disk === undefined ? {} : { disk }) });

function written(directory: string, lines: number): void {
  const journal = open(directory);
  for (let line = 1; line <= lines; line += 1)
    expect(journal.append(entry({ run_id: `r${line}` })).ok).toBe(true);
  journal.close();
}

describe('the audit journal', () => {
  test('creates a private file in a private directory and continues it after a restart', () => {
    using directory = scratch();
    written(directory.path, 3);
    expect(statSync(paths(directory.path).path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory.path, 'audit')).mode & 0o777).toBe(0o700);
    const journal = open(directory.path);
    expect(journal.healthy()).toBe(true);
    const result = journal.append(entry());
    expect(result.ok && result.record.seq).toBe(4);
    expect(verifyChain(paths(directory.path).path)).toMatchObject({ ok: true, lines: 4 });
    journal.close();
  });

  test('writes lines with sorted keys, and text from outside escaped', () => {
    using directory = scratch();
    const journal = open(directory.path);
    journal.append(entry({ operator: 'eve\u202e\u001b[2J', details: { message: 'a\u200bb\u009b' } }));
    const [line = ''] = tail(paths(directory.path).path, 1);
    expect(line).not.toMatch(/[\u0000-\u001f\u0080-\u009f\u200b\u202e]/);
    expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(JSON.parse(line)).sort());
    journal.close();
  });

  test('has each line on disk before it says so, and before the head record tells of it', () => {
    using directory = scratch();
    const { disk, calls } = recordingDisk();
    const journal = open(directory.path, disk);
    calls.length = 0;
    expect(journal.append(entry()).ok).toBe(true);
    const [write = '', sync = '', ...head] = calls;
    expect(write).toStartWith('write ');
    expect(sync).toBe(write.replace('write', 'sync'));
    expect(head.map((call) => call.split(' ')[0])).toEqual(['write', 'sync', 'rename']);
    journal.close();
  });

  test('has several lines on disk after one sync, chained like single ones', () => {
    using directory = scratch();
    const { disk, calls } = recordingDisk();
    const journal = open(directory.path, disk);
    journal.append(entry());
    calls.length = 0;
    const done = journal.appendAll([entry(), intentEntry('i1'), outcomeEntry('i1', 'UNKNOWN')]);
    expect(done.ok && done.records.map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['write', 'sync', 'write', 'sync', 'rename']);
    expect(verifyChain(paths(directory.path).path)).toMatchObject({ ok: true, lines: 4 });
    const before = journal.state();
    expect(before.openIntents.has('i1')).toBe(true);
    journal.close();
    const again = open(directory.path);
    expect(again.healthy()).toBe(true);
    expect(again.state()).toEqual(before);
    again.close();
  });

  test('takes several lines as a whole or not at all, and nothing of none', () => {
    using directory = scratch();
    const journal = open(directory.path);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, 'x'.repeat(4000)]));
    const tooLong = entry({ details: many });
    expect(journal.appendAll([entry(), tooLong])).toMatchObject({ ok: false });
    expect(journal.appendAll([])).toEqual({ ok: true, records: [] });
    expect(journal.state().head.seq).toBe(0);
    expect(journal.append(entry()).ok).toBe(true);
    journal.close();
  });

  test('gives the same state when replayed twice, and the state it had while running', () => {
    using directory = scratch();
    const journal = open(directory.path);
    journal.append(intentEntry('i1', { notional_usdt: '12.5' }));
    journal.append(outcomeEntry('i1', 'UNKNOWN'));
    journal.append(intentEntry('i2'));
    const before = journal.state();
    journal.close();
    const first = open(directory.path);
    const second = open(directory.path);
    expect(first.state()).toEqual(second.state());
    expect(first.state()).toEqual(before);
    expect([...before.openIntents.keys()]).toEqual(['i1', 'i2']);
    first.close();
    second.close();
  });

  test('truncated at any byte it loses no acknowledged line without saying so', () => {
    using directory = scratch();
    written(directory.path, 4);
    const { path, headPath } = paths(directory.path);
    const whole = readFileSync(path);
    for (let size = 0; size < whole.length; size += 1) {
      writeFileSync(path, whole.subarray(0, size));
      const journal = open(directory.path);
      expect(journal.healthy()).toBe(false);
      expect(journal.append(entry()).ok).toBe(false);
      journal.close();
      expect(statSync(path).size).toBe(size);
    }
    expect(readFileSync(headPath, 'utf8')).toContain('"seq":4');
  });

  test('a crash at any byte of a fifth line keeps the four acknowledged ones and quarantines the rest', () => {
    using directory = scratch();
    written(directory.path, 4);
    const { path, headPath } = paths(directory.path);
    const head = readFileSync(headPath);
    const four = readFileSync(path);
    written(directory.path, 1);
    const five = readFileSync(path);
    for (let size = four.length; size <= five.length; size += 1) {
      writeFileSync(headPath, head);
      writeFileSync(path, five.subarray(0, size));
      const journal = open(directory.path);
      expect(journal.problem()).toBe('');
      expect(journal.state().lastSeq).toBe(size === five.length ? 5 : 4);
      expect(journal.append(entry()).ok).toBe(true);
      journal.close();
      expect(verifyChain(path).ok).toBe(true);
    }
    const torn = readdirSync(join(directory.path, 'audit')).filter((name) => name.includes('.torn-'));
    expect(torn).toHaveLength(1);
    expect(
      five.subarray(four.length).includes(readFileSync(join(directory.path, 'audit', torn[0] ?? ''))),
    ).toBe(true);
  }, 30_000);

  test('a flipped bit anywhere makes it unhealthy or is quarantined, never accepted', () => {
    using directory = scratch();
    written(directory.path, 3);
    const { path } = paths(directory.path);
    const good = readFileSync(path);
    for (let index = 0; index < good.length; index += 1) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(index) ^ 1, index);
      writeFileSync(path, bad);
      expect(verifyChain(path).ok).toBe(false);
      const journal = open(directory.path);
      expect(journal.healthy()).toBe(false);
      journal.close();
      expect(readFileSync(path).equals(bad)).toBe(true);
    }
  });

  test('deleted, rolled back, replaced or missing its head record it refuses to go on and says how to repair', () => {
    using directory = scratch();
    written(directory.path, 3);
    const { path, headPath } = paths(directory.path);
    const kept = join(directory.path, 'kept');
    copyFileSync(path, kept);
    const problem = () => {
      const journal = open(directory.path);
      journal.close();
      return journal.problem();
    };
    rmSync(path);
    expect(problem()).toContain('is missing');
    writeFileSync(path, `${readFileSync(kept, 'utf8').split('\n').slice(0, 2).join('\n')}\n`, {
      mode: 0o600,
    });
    expect(problem()).toContain('rolled back');
    copyFileSync(kept, path);
    const head = readFileSync(headPath, 'utf8');
    rmSync(headPath);
    expect(problem()).toContain('no head record');
    writeFileSync(headPath, head.replace(/"hash":"./, '"hash":"g'), { mode: 0o600 });
    expect(problem()).toContain('head record');
    writeFileSync(headPath, head.replace(/"hash":"[0-9a-f]{8}/, '"hash":"00000000'), { mode: 0o600 });
    expect(problem()).toContain('another one');
    writeFileSync(headPath, head);
    expect(problem()).toBe('');
  });

  test('takes no single line that another account wrote: two configurations may name one path', () => {
    using directory = scratch();
    written(directory.path, 1);
    rmSync(paths(directory.path).headPath);
    const journal = open(directory.path);
    journal.close();
    expect(journal.problem()).toContain('has 1 line but no head record');
  });

  test('refuses a link, a hard link, a file that others can read, a directory that others can write', () => {
    using directory = scratch();
    written(directory.path, 1);
    const { path } = paths(directory.path);
    const problem = () => {
      const journal = open(directory.path);
      journal.close();
      return journal.problem();
    };
    chmodSync(path, 0o644);
    expect(problem()).toContain('mode 0644');
    chmodSync(path, 0o600);
    linkSync(path, `${path}.hard`);
    expect(problem()).toContain('hard links');
    rmSync(`${path}.hard`);
    renameSync(path, `${path}.real`);
    symlinkSync(`${path}.real`, path);
    expect(problem()).toContain('is a link');
    rmSync(path);
    renameSync(`${path}.real`, path);
    chmodSync(join(directory.path, 'audit'), 0o777);
    expect(problem()).toContain('others can write');
  });

  test('a line of a newer program makes it unhealthy', () => {
    using directory = scratch();
    written(directory.path, 1);
    const { path } = paths(directory.path);
    const line = readFileSync(path, 'utf8').replace('"schema_version":1', '"schema_version":2');
    appendFileSync(path, line);
    const journal = open(directory.path);
    expect(journal.problem()).toContain('schema_version');
    expect(journal.state().lastSeq).toBe(1);
    journal.close();
  });

  test('stops for good when something else writes to it, cuts it, moves it or deletes it', () => {
    const harms: readonly ((path: string) => void)[] = [
      (path) => appendFileSync(path, 'x\n'),
      (path) => truncateSync(path, 10),
      (path) => renameSync(path, `${path}.1`),
      (path) => rmSync(path),
    ];
    for (const harm of harms) {
      using directory = scratch();
      const journal = open(directory.path);
      journal.append(entry());
      harm(paths(directory.path).path);
      expect(journal.append(entry()).ok).toBe(false);
      expect(journal.healthy()).toBe(false);
      journal.close();
    }
  });

  for (const [name, fault] of [
    ['F44 ENOSPC at call N', 'ENOSPC'],
    ['F45 short write', 'SHORT'],
    ['F46 EIO on fdatasync and every other call', 'EIO'],
    ['F47 read-only fs', 'EROFS'],
    ['F48 EMFILE', 'EMFILE'],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    for (const after of ['heals', 'stays'] as const) {
      test(`${name}, which then ${after}: appends nothing more and keeps what it acknowledged`, () => {
        for (let call = 1, reached = true; reached; call += 1) {
          using directory = scratch();
          const disk = faultyDisk({ call, fault, after });
          const journal = open(directory.path, disk);
          journal.append(entry({ run_id: 'before' }));
          disk.arm();
          const results = [1, 2, 3].map(() => journal.append(entry()));
          reached = disk.calls() >= call;
          const firstRefused = results.findIndex((result) => !result.ok);
          expect(journal.healthy()).toBe(!reached);
          if (reached) expect(results.slice(firstRefused).every((result) => !result.ok)).toBe(true);
          const acknowledged = 1 + results.filter((result) => result.ok).length;
          const callsAfterwards = disk.calls();
          journal.append(entry());
          if (reached) expect(disk.calls()).toBe(callsAfterwards);
          journal.close();
          const again = open(directory.path);
          expect(again.problem()).toBe('');
          expect(again.state().lastSeq).toBeGreaterThanOrEqual(acknowledged);
          again.close();
        }
      });
    }
  }

  test('opening on a disk that fails at any call gives an unhealthy journal, never an exception', () => {
    for (let call = 1, reached = true; reached; call += 1) {
      using directory = scratch();
      const disk = faultyDisk({ call, fault: 'EIO', after: 'stays' });
      disk.arm();
      const journal = open(directory.path, disk);
      reached = disk.calls() >= call;
      expect(journal.healthy()).toBe(!reached);
      if (reached) expect(journal.append(entry()).ok).toBe(false);
      journal.close();
    }
  });

  test('shows the last lines without reading the whole file', () => {
    using directory = scratch();
    const journal = open(directory.path);
    for (let run = 1; run <= 300; run += 1)
      journal.append(entry({ run_id: `r${run}`, details: { pad: 'x'.repeat(700) } }));
    journal.close();
    const lines = tail(paths(directory.path).path, 120);
    expect(lines.map((line) => JSON.parse(line).run_id)).toEqual(
      Array.from({ length: 120 }, (_, index) => `r${181 + index}`),
    );
    expect(tail(paths(directory.path).path, 1000)).toHaveLength(300);
  });
});

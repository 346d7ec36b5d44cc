import { describe, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { LATCH_BYTES, type Latch, openLatch } from '../../src/engine/latch.ts';
import { leaveStopFile, removeStopFile, stopFileMark, stopFilePresent } from '../../src/engine/stop-file.ts';
import { faultyDisk, recordingDisk, scratch } from './durable.ts';

const order = { by: 'ann', reason: 'looks wrong', atMs: 5 };
const file = (directory: string) => join(directory, 'account', 'latch');
const open = (directory: string, firstUse = false, disk?: Disk): Latch =>
  openLatch({ path: file(directory), firstUse, nowMs: 9, ...(disk === undefined ? {} : { disk }) });
const idOf = (latch: Latch): string => {
  const current = latch.current();
  return current.latched ? current.latchId : 'clear';
};

describe('the stop latch', () => {
  test('is clear on first use and stays latched over a restart until its id clears it', () => {
    using directory = scratch();
    const latch = open(directory.path, true);
    expect(latch.current()).toEqual({ latched: false });
    expect(latch.set(order)).toBe(true);
    const again = open(directory.path);
    expect(again.current()).toMatchObject({ latched: true, durable: true, ...order });
    expect(again.clear('other')).toMatchObject({ kind: 'not_current' });
    expect(again.clear(idOf(again))).toEqual({ kind: 'cleared' });
    expect(open(directory.path).current()).toEqual({ latched: false });
  });

  test('a clear never undoes a newer stop', () => {
    using directory = scratch();
    const latch = open(directory.path, true);
    latch.set(order);
    const seen = idOf(latch);
    latch.set({ ...order, by: 'bob' });
    expect(latch.clear(seen)).toEqual({ kind: 'not_current', latchId: idOf(latch) });
    expect(open(directory.path).current()).toMatchObject({ latched: true, by: 'bob' });
  });

  test('a missing file counts as latched unless the account is new', () => {
    using directory = scratch();
    open(directory.path, true).close();
    rmSync(file(directory.path));
    expect(open(directory.path).current().latched).toBe(true);
    expect(open(directory.path).current().latched).toBe(true);
  });

  test('every damaged byte of a latched block leaves it latched', () => {
    using directory = scratch();
    const latch = open(directory.path, true);
    latch.set(order);
    const good = readFileSync(file(directory.path));
    for (let index = 0; index < good.length; index += 1) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(index) ^ 0x81, index);
      writeFileSync(file(directory.path), bad);
      const reopened = open(directory.path);
      expect(reopened.current().latched).toBe(true);
      reopened.close();
    }
  });

  test('garbage, another size, a link or a file that others can write counts as latched', () => {
    const damages: readonly ((path: string) => void)[] = [
      (path) => writeFileSync(path, ''),
      (path) => writeFileSync(path, Buffer.alloc(LATCH_BYTES)),
      (path) => writeFileSync(path, `${readFileSync(path, 'utf8')} `),
      (path) => writeFileSync(path, readFileSync(path).subarray(0, LATCH_BYTES - 1)),
      (path) => chmodSync(path, 0o622),
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      (path) => {
        writeFileSync(`${path}.real`, readFileSync(path), { mode: 0o600 });
        rmSync(path);
        symlinkSync(`${path}.real`, path);
      },
    ];
    for (const damage of damages) {
      using directory = scratch();
      open(directory.path, true).close();
      damage(file(directory.path));
      expect(open(directory.path).current().latched).toBe(true);
    }
  });

  test('the block keeps its size and place whatever the operator writes', () => {
    using directory = scratch();
    const latch = open(directory.path, true);
    const inode = statSync(file(directory.path)).ino;
    for (const text of ['x'.repeat(5000), '\u202e"\\'.repeat(300), '\\'.repeat(300), '😀'.repeat(100), '']) {
      expect(latch.set({ by: text, reason: text, atMs: Number.MAX_SAFE_INTEGER })).toBe(true);
      expect(statSync(file(directory.path))).toMatchObject({ size: LATCH_BYTES, ino: inode });
      expect(open(directory.path).current()).toEqual(latch.current());
    }
  });

  test('with a disk that fails at any call it is latched in memory and says whether it is durable', () => {
    for (let call = 1, reached = true; reached; call += 1) {
      using directory = scratch();
      const disk = faultyDisk({ call, fault: 'ENOSPC', after: 'stays' });
      const latch = open(directory.path, true, disk);
      disk.arm();
      const durable = latch.set(order);
      reached = disk.calls() >= call;
      expect(durable).toBe(!reached);
      expect(latch.current()).toMatchObject({ latched: true, durable: !reached });
    }
  });

  test('a clear that did not reach the disk did not happen', () => {
    for (let call = 1, reached = true; reached; call += 1) {
      using directory = scratch();
      const disk = faultyDisk({ call, fault: 'EIO', after: 'stays' });
      const latch = open(directory.path, true, disk);
      latch.set(order);
      disk.arm();
      const result = latch.clear(idOf(latch));
      reached = disk.calls() >= call;
      expect(result.kind).toBe(reached ? 'not_durable' : 'cleared');
      expect(latch.current().latched).toBe(reached);
    }
  });

  test('a stop is one write in place and one sync: no new descriptor, no new block', () => {
    using directory = scratch();
    const { disk, calls } = recordingDisk();
    const opened: string[] = [];
    const latch = open(directory.path, true, {
      ...disk,
      open: (path, flags, mode) => {
        opened.push(path);
        return disk.open(path, flags, mode);
      },
    });
    calls.length = 0;
    opened.length = 0;
    expect(latch.set(order)).toBe(true);
    expect(opened).toEqual([]);
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['write', 'sync']);
  });
});

describe('the STOP file', () => {
  test('is seen whatever it is, left once, and taken away', () => {
    using directory = scratch();
    expect(stopFilePresent(directory.path)).toBe(false);
    expect(leaveStopFile(directory.path, order)).toEqual({ ok: true });
    expect(leaveStopFile(directory.path, order)).toEqual({ ok: true });
    expect(stopFilePresent(directory.path)).toBe(true);
    expect(JSON.parse(readFileSync(join(directory.path, 'STOP'), 'utf8'))).toMatchObject({ by: 'ann' });
    expect(removeStopFile(directory.path)).toBe(true);
    expect(existsSync(join(directory.path, 'STOP'))).toBe(false);
    symlinkSync('/nowhere', join(directory.path, 'STOP'));
    expect(stopFilePresent(directory.path)).toBe(true);
  });

  test('left once more is a newer one, whoever looked at the older one; a link that is there stays as it is', () => {
    using directory = scratch();
    expect(leaveStopFile(directory.path, order)).toEqual({ ok: true });
    const path = join(directory.path, 'STOP');
    utimesSync(path, 1, 1);
    const mark = stopFileMark(directory.path);
    expect(leaveStopFile(directory.path, { ...order, by: 'bo' })).toEqual({ ok: true });
    expect(stopFileMark(directory.path)).not.toBe(mark);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ by: 'bo' });
    removeStopFile(directory.path);
    symlinkSync('/nowhere', path);
    expect(leaveStopFile(directory.path, order)).toEqual({ ok: true });
    expect(readlinkSync(path)).toBe('/nowhere');
  });

  test('makes the state directory when it is not there, and counts as present when nobody can look', () => {
    using directory = scratch();
    const stateDir = join(directory.path, 'new');
    expect(leaveStopFile(stateDir, order)).toEqual({ ok: true });
    expect(stopFilePresent(stateDir)).toBe(true);
    removeStopFile(stateDir);
    const blind: Disk = {
      ...realDisk,
      lookup: () => {
        throw new Error('EACCES');
      },
    };
    expect(stopFilePresent(stateDir, blind)).toBe(true);
  });
});

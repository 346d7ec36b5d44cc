/** Last words that were taken in and come back: with the power, or as an old copy. */
import { describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, realDisk } from '../../src/engine/disk.ts';
import { type Journal, openJournal } from '../../src/engine/journal.ts';
import { rotatedFiles } from '../../src/engine/journal-files.ts';
import { RESERVE_BYTES, reservePath } from '../../src/engine/journal-reserve.ts';
import { DiskError } from '../simulation/inode.ts';
import { createMemoryDisk, type DiskHook, type MemoryDisk } from '../simulation/memory-disk.ts';
import { createRandom } from '../simulation/random.ts';
import { entry, handClock, rotateNow, scratch } from './durable.ts';

const stopped = entry({ event_type: 'STOP_LATCHED', operator: 'ann', details: { latch_id: 'L-1' } });

describe('a reserve that was emptied and not synced', () => {
  const PLACES = { path: '/state/audit/reconcile.jsonl', headPath: '/account/head.json' };
  const openOn = (memory: MemoryDisk, owner: { dead: boolean }): Journal => {
    const disk = memory.forOwner(owner);
    for (const directory of ['/state/audit', '/account']) disk.makeDirectory(directory, 0o700);
    return openJournal({ ...PLACES, disk, clock: handClock() });
  };
  const reserveOf = (memory: MemoryDisk): string => {
    const found = memory.find(reservePath(PLACES.path));
    return Buffer.from(found?.bytes.subarray(0, found.size) ?? []).toString();
  };
  const atSyncOfReserve =
    (then: () => void): DiskHook =>
    ({ what, path }) => {
      if (what !== 'sync' || path !== reservePath(PLACES.path)) return null;
      then();
      return { cut: 0, error: new DiskError('EIO') };
    };

  /** Has last words in its reserve, and a start that took them in, emptied it and was killed before the sync. */
  function takenIn(): MemoryDisk {
    const memory = createMemoryDisk(() => 0);
    const first = openOn(memory, { dead: false });
    expect(first.append(entry()).ok).toBe(true);
    memory.setHook(({ what, path }) =>
      what === 'write' && path === PLACES.path ? { cut: 0, error: new DiskError('ENOSPC') } : null,
    );
    expect(first.append(stopped).ok).toBe(true);
    first.close();
    const owner = { dead: false };
    memory.setHook(
      atSyncOfReserve(() => {
        owner.dead = true;
      }),
    );
    expect(openOn(memory, owner).healthy()).toBe(false);
    expect([owner.dead, reserveOf(memory).trim()]).toEqual([true, '']);
    memory.setHook(() => null);
    return memory;
  }

  test('stays empty without power once a start found it empty', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const memory = takenIn();
      const next = openOn(memory, { dead: false });
      expect([next.problem(), next.state().lastSeq]).toEqual(['', 2]);
      memory.powerCut(createRandom(seed));
      expect(reserveOf(memory)).toBe(' '.repeat(RESERVE_BYTES));
    }
  });

  test('is not believed by a start whose disk does not take the sync', () => {
    const memory = takenIn();
    memory.setHook(atSyncOfReserve(() => undefined));
    const next = openOn(memory, { dead: false });
    expect(next.problem()).toContain('repair the disk');
    expect(next.append(entry()).ok).toBe(false);
  });
});

describe('an old copy of the reserve', () => {
  const places = (directory: string) => ({
    path: join(directory, 'audit', 'reconcile.jsonl'),
    headPath: join(directory, 'account', 'head.json'),
  });
  const open = (directory: string, disk: Disk = realDisk): Journal =>
    openJournal({ ...places(directory), clock: handClock(), maxFileBytes: 1, disk });

  /** Writes a line, then last words, which the next start takes in; two rotations put more lines and files after them. */
  function rotatedAway(directory: string, run: string): { readonly path: string; readonly kept: string } {
    const { path } = places(directory);
    let isFull = false;
    const disk: Disk = {
      ...realDisk,
      write: (fd, bytes, position) => {
        if (isFull && position === null)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return realDisk.write(fd, bytes, position);
      },
    };
    const first = open(directory, disk);
    first.append(entry({ run_id: run }));
    isFull = true;
    expect(first.append(stopped).ok).toBe(true);
    first.close();
    const kept = readFileSync(reservePath(path), 'utf8');
    const second = open(directory);
    for (let file = 0; file < 3; file += 1) {
      expect(second.append(entry({ run_id: `later${file}` })).ok).toBe(true);
      rotateNow(second);
    }
    second.close();
    return { path, kept };
  }

  test('does no harm however often the journal was rotated since, and goes', () => {
    using directory = scratch();
    const { path, kept } = rotatedAway(directory.path, 'r');
    writeFileSync(reservePath(path), kept);
    const again = open(directory.path);
    expect(again.problem()).toBe('');
    expect(again.append(entry()).ok).toBe(true);
    again.close();
    expect(readFileSync(reservePath(path), 'utf8')).toBe(' '.repeat(RESERVE_BYTES));
  });

  test('of another journal is refused where other lines stand in a rotated file, and is left as it is', () => {
    using directory = scratch();
    using elsewhere = scratch();
    const { path } = rotatedAway(directory.path, 'r');
    const { kept } = rotatedAway(elsewhere.path, 'other');
    const before = readFileSync(path, 'utf8');
    writeFileSync(reservePath(path), kept);
    const foreign = open(directory.path);
    expect(foreign.problem()).toContain("holds lines that don't follow the journal");
    expect(foreign.append(entry()).ok).toBe(false);
    foreign.close();
    expect([readFileSync(path, 'utf8'), readFileSync(reservePath(path), 'utf8')]).toEqual([before, kept]);
  });

  test('is refused where the rotated file with its lines is broken', () => {
    using directory = scratch();
    const { path, kept } = rotatedAway(directory.path, 'r');
    const oldest = rotatedFiles(path, realDisk)[0]?.path ?? '';
    const spoiled = readFileSync(oldest, 'utf8').replace('later0', 'later9');
    writeFileSync(oldest, spoiled);
    writeFileSync(reservePath(path), kept);
    const again = open(directory.path);
    expect(again.problem()).toContain("holds lines that don't follow the journal");
    again.close();
    expect(readFileSync(reservePath(path), 'utf8')).toBe(kept);
  });
});

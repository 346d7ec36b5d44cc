import { expect, test } from 'bun:test';
import { openJournal } from '../../src/engine/journal.ts';
import { DiskError } from '../simulation/inode.ts';
import { createMemoryDisk, type MemoryDisk } from '../simulation/memory-disk.ts';
import { createRandom } from '../simulation/random.ts';
import { entry, handClock } from './durable.ts';

const PLACES = { path: '/state/audit/reconcile.jsonl', headPath: '/account/head.json' };

function openOn(memory: MemoryDisk) {
  const disk = memory.forOwner({ dead: false });
  for (const directory of ['/state/audit', '/account']) disk.makeDirectory(directory, 0o700);
  return openJournal({ ...PLACES, disk, clock: handClock() });
}

test('a line that no sync took is on disk once a start believed it', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const memory = createMemoryDisk(() => 0);
    const first = openOn(memory);
    expect(first.append(entry()).ok).toBe(true);
    memory.setHook(({ what }) => (what === 'sync' ? { cut: 0, error: new DiskError('EIO') } : null));
    expect(first.append(entry({ run_id: 'unsynced' })).ok).toBe(false);
    first.close();
    memory.setHook(() => null);
    const second = openOn(memory);
    const believed = second.state().lastSeq;
    expect([second.problem(), believed]).toEqual(['', 2]);
    memory.powerCut(createRandom(seed));
    const third = openOn(memory);
    expect([third.problem(), third.state().lastSeq]).toEqual(['', believed]);
  }
});

test('a start on a disk that takes no sync believes nothing', () => {
  const memory = createMemoryDisk(() => 0);
  const first = openOn(memory);
  expect(first.append(entry()).ok).toBe(true);
  first.close();
  memory.setHook(({ what }) => (what === 'sync' ? { cut: 0, error: new DiskError('EIO') } : null));
  const second = openOn(memory);
  expect(second.problem()).toContain('repair the disk');
  expect(second.append(entry()).ok).toBe(false);
});

import { expect, test } from 'bun:test';
import { openLatch } from '../../src/engine/latch.ts';
import { DiskError } from '../simulation/inode.ts';
import { createMemoryDisk, type MemoryDisk } from '../simulation/memory-disk.ts';
import { createRandom } from '../simulation/random.ts';

const ORDER = { by: 'ann', reason: 'looks wrong', atMs: 5 };
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

function openOn(memory: MemoryDisk, firstUse = false) {
  return openLatch({
    path: '/account/latch',
    firstUse,
    nowMs: 9,
    disk: memory.forOwner({ dead: false }),
  }).current();
}

/** A latch that was set while no sync of the disk worked: it is in memory, and its process is gone. */
function stoppedWithoutSync(): MemoryDisk {
  const memory = createMemoryDisk(() => 0);
  const latch = openLatch({
    path: '/account/latch',
    firstUse: true,
    nowMs: 1,
    disk: memory.forOwner({ dead: false }),
  });
  failSyncs(memory);
  expect(latch.set(ORDER)).toBe(false);
  return memory;
}

function failSyncs(memory: MemoryDisk): void {
  memory.setHook(({ what }) => (what === 'sync' ? { cut: 0, error: new DiskError('EIO') } : null));
}

test('a stop that a restart finds is called durable only once it outlives a power cut', () => {
  for (const seed of SEEDS) {
    const memory = stoppedWithoutSync();
    memory.setHook(() => null);
    expect(openOn(memory)).toMatchObject({ latched: true, durable: true, ...ORDER });
    memory.powerCut(createRandom(seed));
    expect(openOn(memory)).toMatchObject({ latched: true, ...ORDER });
  }
});

test('a stop that a restart finds on a disk that still fails is not called durable', () => {
  expect(openOn(stoppedWithoutSync())).toMatchObject({ latched: true, durable: false, ...ORDER });
});

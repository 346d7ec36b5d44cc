/** Starts a thread of this program: the same entry file, told by its role what to be. */
import { Worker } from 'node:worker_threads';

export type ThreadRole = 'control' | 'exchange' | 'simulator';

/**
 * Starts a thread. Its entry is src/main.ts when run from source and the bundle itself otherwise, or `entry` when
 * given; it finds `role` and `data` in its workerData. `data` must be cloneable; shared memory stays shared.
 */
export function spawnThread(role: ThreadRole, data: object, entry: URL = ownEntry()): Worker {
  return new Worker(entry, { workerData: { ...data, role } });
}

function ownEntry(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('../main.ts', import.meta.url) : new URL(import.meta.url);
}

/** The heartbeat of a daemon that a test composed, one beat a call. */
import { createGateBoard } from '../../src/daemon/gate-board.ts';
import { createGateWatch } from '../../src/daemon/gate-watch.ts';
import { createTick } from '../../src/daemon/ticking.ts';
import { createIntentResolver } from '../../src/engine/intents.ts';
import type { CoreRig } from './core.ts';

/** Makes it; intents are asked about at once. */
export function ticking({ core, latch }: Pick<CoreRig, 'core' | 'latch'>): () => void {
  const resolver = createIntentResolver({
    exchange: core.exchange,
    journal: core.journal,
    clock: core.clock,
    rules: { windowMs: 1, agreeing: 3, maxReads: 3 },
    spacingMs: 1,
    inFlight: () => null,
    stamp: () => ({ runId: '', stage: 0, mode: 'dry_run', actionMode: 'auto', configDigest: '' }),
    log: () => undefined,
  });
  const board = createGateBoard(() => undefined);
  return createTick({
    core,
    latch,
    resolver,
    watchGates: createGateWatch({ core, board, executing: () => false }),
  });
}

/** A pause told under a wall clock that was wrong, and is set right before the pause is over. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { gateWorld } from '../../src/daemon/world.ts';
import { scratch } from '../engine/durable.ts';
import { ticking } from './beating.ts';
import { type CoreRig, coreIn } from './core.ts';

const BEHIND_MS = 600_000;
const BAN_MS = 300_000;

/** A daemon whose wall clock is `wrongMs` off, and whom the exchange bans; `measured` is whether it knew of the difference. */
async function banned(directory: string, { wrongMs, measured }: { wrongMs: number; measured: boolean }) {
  let offsetMs = -wrongMs;
  const rig = coreIn(directory, {
    startMs: 1_800_000_000_000 + wrongMs,
    exchange: {
      readClock: async () =>
        measured ? { kind: 'ok', offsetMs, roundTripMs: 1 } : { kind: 'failed', error: 'played' },
    },
  });
  const tick = ticking(rig);
  const beat = async (): Promise<void> => {
    rig.clock.advance(1000);
    tick();
    await Promise.resolve();
    await Promise.resolve();
  };
  const deps = {
    core: rig.core,
    runSoon: () => undefined,
    decideSoon: () => undefined,
    fatal: () => undefined,
  };
  await beat();
  onExchangeEvent(deps, { type: 'backoff', untilMs: rig.clock.wallMs() + BAN_MS, why: '418 ban' });
  await beat();
  return {
    ...rig,
    beat,
    setRight: () => {
      rig.clock.jumpWall(-wrongMs);
      offsetMs = 0;
    },
  };
}

/** What the next process on the account knows of the pause, with both clocks as they are. */
function afterRestart({ core, latch, clock }: CoreRig, directory: string): number | null {
  core.journal.close();
  core.feed.close();
  latch.close();
  const next = coreIn(directory, { startMs: clock.wallMs() });
  return gateWorld(next.core, next.core.feed.state()).backoffLeftMs;
}

test('is kept anew once the clock is right, so that the next process keeps to it', async () => {
  using directory = scratch();
  const daemon = await banned(directory.path, { wrongMs: -BEHIND_MS, measured: true });
  daemon.setRight();
  await daemon.beat();
  expect(afterRestart(daemon, directory.path)).toBe(BAN_MS - 2000);
});

test('is kept anew once, not at every heartbeat', async () => {
  using directory = scratch();
  const daemon = await banned(directory.path, { wrongMs: -BEHIND_MS, measured: true });
  daemon.setRight();
  await daemon.beat();
  for (let beats = 0; beats < 5; beats += 1) await daemon.beat();
  const audit = readFileSync(daemon.core.places.auditPath, 'utf8');
  expect(audit.split('"backoff_until_ms"')).toHaveLength(3);
});

test('is not drawn out by a clock that jumps ahead and is wrong then', async () => {
  using directory = scratch();
  const daemon = await banned(directory.path, { wrongMs: 0, measured: true });
  daemon.clock.jumpWall(70 * 365 * 86_400_000);
  await daemon.beat();
  daemon.clock.jumpWall(-70 * 365 * 86_400_000);
  await daemon.beat();
  expect(afterRestart(daemon, directory.path)).toBe(BAN_MS - 3000);
});

test('is left as it was told by a daemon that never measured the clock', async () => {
  using directory = scratch();
  const daemon = await banned(directory.path, { wrongMs: -BEHIND_MS, measured: false });
  daemon.setRight();
  await daemon.beat();
  expect(gateWorld(daemon.core, daemon.core.feed.state()).backoffLeftMs).toBe(BAN_MS - 2000);
  expect(afterRestart(daemon, directory.path)).toBe(0);
});

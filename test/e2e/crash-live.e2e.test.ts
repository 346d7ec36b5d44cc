/** kill -9 at the journal's system calls while writes are being sent, then the truth of the exchange against the audit. */
import { afterAll, describe, expect, test } from 'bun:test';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { PATIENCE_MS, type RunningDaemon, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { confirm4 } from './ceremony.ts';
import { LANE_LIMIT_MS, type Lane, liveUntilKilled, openLane } from './crash-lane.ts';
import { type KillPoint, missingStrace } from './strace.ts';

afterAll(dropCache);

/** From arming to the third cancel's verification there are this many appends, each of six calls. */
const APPENDS = 14;
/** Every seventh in CI, which meets each of the six; GRINDER_CRASH_EVERY=1 is all of them (a quarter of an hour). */
const EVERY = Number(process.env['GRINDER_CRASH_EVERY'] ?? 7);
const LANES = 6;

const points = killPoints().filter((_, index) => index % EVERY === 0);
const noStrace = missingStrace();

describe.skipIf(noStrace !== null)('F55: kill -9 at a system call of the journal', () => {
  for (let lane = 0; lane < LANES; lane += 1) {
    const mine = points.filter((_, index) => index % LANES === lane);
    const told = mine.map(({ call, when }) => `${call} ${when}`).join(', ');
    test.concurrent(
      `loses nothing that was acknowledged and sends nothing twice when killed before ${told}`,
      async () => {
        await using crash = await openLane({ callsPerDay: lane % 2 === 0 ? 4 : 100 });
        for (const point of mine) {
          const daemon = await crash.ready();
          await liveUntilKilled(crash, daemon, point);
          expect(await crash.judge()).toEqual([]);
        }
        await comesBackUnarmed(crash);
      },
      LANE_LIMIT_MS * Math.max(1, mine.length / 2),
    );
  }

  test.concurrent(
    'a flatten killed between its intent and its outcome is found out, and never flips the position',
    async () => {
      await using crash = await openLane({ callsPerDay: 100, position: '0.02' });
      const daemon = await crash.ready();
      // Strays go first: the flatten is the fourth intent.
      await crash.apart.control.fault({
        kind: 'delay',
        match: { method: 'POST', path: 'order' },
        delayMs: 60_000,
      });
      await liveUntil(crash, daemon, 'POST');
      expect(await crash.judge()).toEqual([]);
      const status = await comesBackUnarmed(crash);
      expect(status.unresolved).toEqual([]);
      expect((await crash.apart.control.state()).positions).toEqual([]);
    },
    LANE_LIMIT_MS,
  );
});

describe('F56: kill -9 between the request and its outcome', () => {
  for (const [kind, outcome] of [
    ['delay', 'executed'],
    ['hang_before', 'not_executed'],
  ] as const)
    test.concurrent(
      `a cancel that the exchange ${outcome === 'executed' ? 'carried out' : 'never got'} is found out to be ${outcome}`,
      async () => {
        await using crash = await openLane({ callsPerDay: 100 });
        const { control } = crash.apart;
        const daemon = await crash.ready();
        await control.fault({ kind, match: { method: 'DELETE', path: 'order' }, delayMs: 60_000 });
        await liveUntil(crash, daemon, 'DELETE');
        await control.clearFaults();
        expect(await crash.judge()).toEqual([]);
        await comesBackUnarmed(crash);
        const resolved = crash.auditLines().filter(({ details }) => details['resolves'] !== undefined);
        expect(resolved.map(({ details }) => details['outcome'])).toEqual([outcome]);
        expect(await control.writes()).toHaveLength(1);
      },
      LANE_LIMIT_MS,
    );
});

/** Enters stage 4 and kills the daemon as soon as the exchange has got such a request. */
async function liveUntil(crash: Lane, daemon: RunningDaemon, method: 'POST' | 'DELETE'): Promise<void> {
  await waitFor(
    `a ${method}`,
    async () => {
      // A machine too busy for three intervals ends the arming, as it should.
      if ((await daemon.status()).stage.in_force < 4) await confirm4(crash.machine);
      return (await crash.apart.control.writes()).some((write) => write.method === method) ? true : null;
    },
    2 * PATIENCE_MS,
  );
  daemon.kill('SIGKILL');
  await daemon.ended;
}

/** Restarts: at most stage 3, nothing armed, every intent found out, no alarm about the audit, the chain whole. */
async function comesBackUnarmed(crash: Lane): Promise<StatusDocument> {
  const sent = (await crash.apart.control.writes()).length;
  const daemon = await crash.machine.start();
  const back = await daemon.when(
    'stage 3 with every intent resolved',
    ({ stage, unresolved }) => stage.in_force === 3 && unresolved.length === 0,
  );
  expect(back.switches.armed).toBe(false);
  expect(back.latch.latched).toBe(false);
  expect(back.alarms).toEqual([]);
  expect(back.budgets.calls_used_day).toBeGreaterThanOrEqual(sent);
  expect(await crash.apart.control.writes()).toHaveLength(sent);
  daemon.kill('SIGTERM');
  expect((await daemon.ended).code).toBe(0);
  expect(await crash.machine.grinder(['audit', 'verify'])).toMatchObject({ code: 0, err: '' });
  expect(await crash.judge()).toEqual([]);
  return back;
}

/** In the order in which an append makes them: the line, its sync, then the head record beside the lock. */
function killPoints(): readonly KillPoint[] {
  return Array.from({ length: APPENDS }, (_, n) => n + 1).flatMap((nth): readonly KillPoint[] => [
    { call: 'write', when: nth },
    { call: 'fdatasync', when: 2 * nth - 1 },
    { call: 'openat', when: nth },
    { call: 'pwrite64', when: nth },
    { call: 'fdatasync', when: 2 * nth },
    { call: 'rename', when: nth },
  ]);
}

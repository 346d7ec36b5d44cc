/** kill -9 at the durable files' system calls while starting, stopping and clearing a stop; and at random under load. */
import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHead } from '../../src/engine/head-record.ts';
import { createMachine, type Machine, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { launch } from '../helpers/process.ts';
import { armKill, type KillPoint, killArgs, missingStrace } from './strace.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;
/** Some in CI; GRINDER_CRASH_EVERY=1 is all of them. */
const EVERY = process.env['GRINDER_CRASH_EVERY'];
const noStrace = missingStrace();
const sampled = (points: readonly KillPoint[], every: number): readonly KillPoint[] =>
  points.filter((_, index) => index % Number(EVERY ?? every) === 0);
const points = (call: KillPoint['call'], count: number): readonly KillPoint[] =>
  Array.from({ length: count }, (_, n) => ({ call, when: n + 1 }));
/** The latch's block, then one line of the audit with its head record. */
const atOneAppend: readonly KillPoint[] = [
  ...[...points('pwrite64', 2), ...points('fdatasync', 3)],
  ...[...points('write', 1), ...points('openat', 1), ...points('rename', 1)],
];

describe.skipIf(noStrace !== null)('F55: kill -9 at a system call of the durable files', () => {
  test.concurrent(
    'of a first start: the next one comes up whole, or latched and says why',
    async () => {
      const first = [
        ...[...points('openat', 10), ...points('pwrite64', 7), ...points('fdatasync', 10)],
        ...[...points('rename', 7), ...points('write', 4)],
      ];
      for (const point of sampled(first, 5)) {
        await using machine = await createMachine();
        await startKilledAt(machine, point);
        const daemon = await machine.start();
        const { latch, alarms } = await daemon.status();
        // A latch that was not made yet can't be told from one that was taken away.
        if (latch.latched) expect(latch).toMatchObject({ by: 'latch file', durable: true });
        expect(alarms).toEqual([]);
        await endWhole(machine, daemon);
      }
    },
    LIMIT_MS,
  );

  test.concurrent(
    'of a stop: whatever was acknowledged, the next start is latched',
    async () => {
      for (const point of sampled(atOneAppend, 2)) {
        await using machine = await createMachine();
        machine.writeConfig({ ceremony: { requested_stage: 0 } });
        const daemon = await machine.start();
        const tracer = await armKill(daemon.pid, point, durableFiles(machine));
        const stopped = await machine.grinder(['stop', '--config', machine.configPath]);
        await waitFor('the kill', () => daemon.exitCode());
        tracer.kill('SIGKILL');
        if (stopped.code === 0) expect(stopped.out).toContain('LATCHED');
        const next = await machine.start();
        expect((await next.status()).latch).toMatchObject({ latched: true, durable: true });
        await endWhole(machine, next);
      }
    },
    LIMIT_MS,
  );

  test.concurrent(
    'of clearing a stop: it is clear when that was acknowledged, and else the latch is whole',
    async () => {
      for (const point of sampled(atOneAppend.toReversed(), 2)) {
        await using machine = await createMachine();
        machine.writeConfig({ ceremony: { requested_stage: 0 } });
        const daemon = await machine.start();
        expect((await machine.grinder(['stop', '--config', machine.configPath])).code).toBe(0);
        const { latch } = await daemon.status();
        const tracer = await armKill(daemon.pid, point, durableFiles(machine));
        const cleared = await machine.grinder(['clear-stop', latch.id ?? '']);
        await waitFor('the kill', () => daemon.exitCode());
        tracer.kill('SIGKILL');
        const next = await machine.start();
        const after = await next.status();
        if (cleared.code === 0) expect(after.latch.latched).toBe(false);
        // Killed between the clear and its line, it is latched anew for the stop that the audit still tells of.
        if (after.latch.latched) {
          expect(after.latch.durable).toBe(true);
          expect(`${after.latch.id} ${after.latch.reason}`).toContain(latch.id ?? 'an id');
        }
        expect(after.stage.in_force).toBe(0);
        await endWhole(machine, next);
      }
    },
    LIMIT_MS,
  );
});

test.concurrent(
  'kill -9 at random under load loses no acknowledged line, and every restart is unarmed',
  async () => {
    await using machine = await createMachine();
    machine.writeConfig({
      ceremony: { requested_stage: 4 },
      simulator: { stray_every_ms: 250, position_every_ms: 700 },
    });
    let kept = '';
    for (let round = 0; round < 10; round += 1) {
      const daemon = await machine.start();
      const back = await daemon.status();
      expect(back.stage.in_force).toBeLessThan(4);
      expect(back.switches.armed).toBe(false);
      expect(back.alarms).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2500));
      daemon.kill('SIGKILL');
      await daemon.ended;
      const audit = readFileSync(machine.auditPath, 'utf8');
      expect(audit.startsWith(kept)).toBe(true);
      const head = readHead(headPathOf(machine));
      const lines = audit.split('\n').slice(0, -1);
      expect(head).toMatchObject({ kind: 'ok' });
      if (head.kind === 'ok') {
        expect(JSON.parse(lines[head.head.seq - 1] ?? '{}').hash).toBe(head.head.hash);
        // At most the batch that was being written is ahead of its head record.
        kept = lines.map((line) => `${line}\n`).join('');
      }
      expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
    }
  },
  LIMIT_MS,
);

function headPathOf(machine: Machine): string {
  return join(machine.stateDir, 'account/audit-head.json');
}

function durableFiles(machine: Machine): readonly string[] {
  const [latch, head] = [join(machine.stateDir, 'account/latch'), headPathOf(machine)];
  const lock = join(machine.stateDir, 'account/lock.sqlite');
  const holder = `${lock}.holder.json`;
  return [machine.auditPath, lock, ...[latch, head, holder].flatMap((path) => [path, `${path}.new`])];
}

async function startKilledAt(machine: Machine, point: KillPoint): Promise<void> {
  const command = [machine.program, 'run', '--headless', '--config', machine.configPath];
  const tracer = launch(['strace', ...killArgs(point, durableFiles(machine)), ...command], {
    cwd: machine.dir,
    env: machine.env,
  });
  const ended = await tracer.ended;
  // strace ends as its program did.
  expect({ ...point, code: ended.code, err: ended.err }).toMatchObject({ code: 137 });
}

async function endWhole(machine: Machine, daemon: Awaited<ReturnType<Machine['start']>>): Promise<void> {
  daemon.kill('SIGTERM');
  expect((await daemon.ended).code).toBe(0);
  expect(await machine.grinder(['audit', 'verify'])).toMatchObject({ code: 0, err: '' });
  expect(machine.leftovers()).toEqual([]);
}

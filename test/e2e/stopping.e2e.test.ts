import { afterAll, describe, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createMachine, isAlive, type RunningDaemon, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { startExchangeApart } from './exchange-apart.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;

test.concurrent(
  'a second start for the same account is refused and names the holder, which goes on',
  async () => {
    await using machine = await createMachine();
    const daemon = await machine.start();
    const second = await machine.grinder(['run', '--headless']);
    expect(second.code).toBe(75);
    expect(second.err).toContain(String(daemon.pid));
    expect(second.err.trim().split('\n')).toHaveLength(1);
    const { run } = await daemon.status();
    await daemon.when('another run', (status) => status.run.count > run.count);
    expect((await machine.grinder(['status'])).code).toBe(0);
  },
  LIMIT_MS,
);

describe('signals and files', () => {
  test.concurrent(
    'F61 SIGUSR1 opens nothing, SIGUSR2 and a file STOP stop',
    async () => {
      await using machine = await createMachine();
      const daemon = await machine.start();
      const sockets = listeningSockets(daemon.pid);
      expect(sockets).toBeGreaterThan(0);
      daemon.kill('SIGUSR1');
      const { run } = await daemon.status();
      await daemon.when('another run', (status) => status.run.count > run.count);
      expect(listeningSockets(daemon.pid)).toBe(sockets);

      daemon.kill('SIGUSR2');
      const signalled = await daemon.when('the latch', ({ latch }) => latch.latched);
      expect(signalled).toMatchObject({ latch: { by: 'SIGUSR2', durable: true }, stage: { in_force: 0 } });
      await clear(daemon);

      writeFileSync(join(machine.stateDir, 'STOP'), '');
      const filed = await daemon.when('the latch', ({ latch }) => latch.latched);
      expect(filed.latch.by).toBe('STOP file');
      await clear(daemon);
      expect(existsSync(join(machine.stateDir, 'STOP'))).toBe(false);

      expect((await machine.grinder(['shutdown'])).code).toBe(0);
      expect((await daemon.ended).code).toBe(0);
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'SIGUSR2 to a daemon that is still starting does not end it: it comes up stopped, and stays so over a restart',
    async () => {
      await using machine = await createMachine();
      const child = machine.spawn(['run', '--headless', '--config', machine.configPath]);
      const holder = join(machine.stateDir, 'account/lock.sqlite.holder.json');
      await waitFor('the lock', () => existsSync(holder) || child.exitCode() !== null || null);
      child.kill('SIGUSR2');
      const latched = async (): Promise<true | null> => {
        if (child.exitCode() !== null) throw new Error(`it ended with ${child.exitCode()}: ${child.err()}`);
        return (await machine.grinder(['status'])).out.includes('LATCHED') ? true : null;
      };
      await waitFor('the latch', latched);
      child.kill('SIGTERM');
      expect((await child.ended).code).toBe(0);
      const again = await machine.start();
      expect((await again.status()).latch).toMatchObject({ latched: true, by: 'SIGUSR2' });
    },
    LIMIT_MS,
  );

  test.concurrent(
    'a stop from a shell with another runtime directory reaches a daemon by the lock of its account, and is no success while one cannot be reached',
    async () => {
      await using machine = await createMachine();
      using apart = await startExchangeApart(machine);
      machine.writeConfig(apart.config);
      const daemon = await machine.start();
      const elsewhere = join(machine.dir, 'elsewhere');
      mkdirSync(elsewhere, { mode: 0o700 });
      const shell = { cwd: elsewhere, noConfig: true, env: { XDG_RUNTIME_DIR: elsewhere } };
      const stopped = await machine.grinder(['stop'], shell);
      expect([stopped.err, stopped.code]).toEqual(['', 0]);
      expect(stopped.out).toContain(`(${machine.configPath}, pid ${daemon.pid}): LATCHED`);
      await clear(daemon);

      renameSync(machine.runtimeDir, `${machine.runtimeDir}-away`);
      writeFileSync(machine.runtimeDir, 'nobody gets through here');
      const unreached = await machine.grinder(['stop'], shell);
      expect(unreached.code).toBe(1);
      expect(unreached.err).toContain(`NOT ACKNOWLEDGED`);
      expect(unreached.err).toContain(`left ${machine.stateDir}/STOP`);
      const latched = async () => ((await machine.metric('stop_latched')) === 1 ? true : null);
      await waitFor('the latch', latched);
      daemon.kill('SIGTERM');
      expect((await daemon.ended).code).toBe(0);
      rmSync(machine.runtimeDir);
      renameSync(`${machine.runtimeDir}-away`, machine.runtimeDir);
      const none = await machine.grinder(['stop'], shell);
      expect(none.code).toBe(69);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'SIGUSR2 to a start that comes to nothing stops the next one',
    async () => {
      await using machine = await createMachine();
      await using first = await createMachine();
      await first.start();
      const busy = /127\.0\.0\.1:(\d+)/.exec(first.metricsUrl)?.[0] ?? '';
      machine.writeConfig({ metrics: { listen: busy } });
      const child = machine.spawn(['run', '--headless', '--config', machine.configPath]);
      await waitFor('its handler', () => (catchesStop(child.pid) ? true : null));
      child.kill('SIGUSR2');
      const refused = await child.ended;
      expect(refused.code).toBe(75);
      expect(refused.err).toContain('stopped by SIGUSR2 meanwhile: left');
      machine.writeConfig();
      const next = await machine.start();
      expect((await next.status()).latch).toMatchObject({ latched: true, by: 'STOP file' });
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a stop reaches a daemon whose session's directory went with its last login, from any directory",
    async () => {
      await using machine = await createMachine();
      const daemon = await machine.start();
      rmSync(machine.runtimeDir, { recursive: true });
      const elsewhere = join(machine.dir, 'elsewhere');
      mkdirSync(elsewhere);
      const stopped = await waitFor('a stop that reaches it', async () => {
        const ran = await machine.grinder(['stop'], { cwd: elsewhere, noConfig: true });
        return ran.code === 0 ? ran : null;
      });
      expect(stopped.out).toContain(String(daemon.pid));
      expect((await machine.grinder(['status'])).out).toContain('LATCHED');
      expect(await machine.metric('stop_latched')).toBe(1);
      expect((await machine.grinder(['shutdown'])).code).toBe(0);
      expect((await daemon.ended).code).toBe(0);
      expect(machine.leftovers()).toEqual([]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    'a stop with no daemon leaves the STOP file, and the next start is latched',
    async () => {
      await using machine = await createMachine();
      const ran = await machine.grinder(['stop']);
      expect(ran.code).toBe(69);
      expect(ran.err).toContain(`left ${machine.stateDir}/STOP`);
      const daemon = await machine.start();
      const { latch, stage } = await daemon.status();
      expect(latch).toMatchObject({ latched: true, by: 'STOP file', durable: true });
      expect(stage.in_force).toBe(0);
    },
    LIMIT_MS,
  );
});

const OTHER_UID = 54_321;
const isRoot = process.getuid?.() === 0;

// Under a user of its own: it stops every daemon of the user who runs it.
test.concurrent.skipIf(!isRoot)(
  'a stop without a configuration stops every daemon of this user, and names each',
  async () => {
    await using machine = await createMachine({ uid: OTHER_UID });
    const otherPath = join(machine.dir, 'other.yaml');
    const apart = {
      state_dir: 'other',
      audit: { path: 'other/audit.jsonl' },
      log: { path: 'other/app.log' },
    };
    machine.writeConfig({ ...apart, metrics: { listen: '127.0.0.1:0' } }, otherPath);
    const first = await machine.start();
    const second = await machine.start({ config: otherPath });
    const ran = machine.spawn(['stop']);
    const { code, out, err } = await ran.ended;
    expect(err).toBe('');
    expect(code).toBe(0);
    for (const [path, pid] of [
      [machine.configPath, first.pid],
      [otherPath, second.pid],
    ] as const) {
      const line = out.split('\n').find((one) => one.includes(`${path}, pid ${pid}`)) ?? out;
      expect(line).toMatch(/^sim account sim .*LATCHED/);
    }
    expect((await first.status()).latch.latched).toBe(true);
    expect((await second.status()).latch.latched).toBe(true);
  },
  LIMIT_MS,
);

async function clear(daemon: RunningDaemon): Promise<void> {
  const { latch } = await daemon.status();
  const reply = await daemon.client.command('clear-stop', { operator: 'ann', latch_id: latch.id ?? '' });
  expect(reply.ok).toBe(true);
  await waitFor('no latch', async () => ((await daemon.status()).latch.latched ? null : true));
  expect(isAlive(daemon.pid)).toBe(true);
}

/** Counts the listening TCP sockets of a process. */
function listeningSockets(pid: number): number {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6']
    .flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && inodes.has(columns[9] ?? '')).length;
}

/** Whether a process has a handler for SIGUSR2 by now; without one the signal ends it. */
function catchesStop(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & (1n << 11n)) !== 0n;
}

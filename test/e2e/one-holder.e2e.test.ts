/** One account, one process: many starts at once, a holder that is frozen, and what a dead one left. */
import { afterAll, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { createMachine, type RunningDaemon, waitFor } from '../helpers/daemon.ts';
import { dropCache } from '../helpers/executable.ts';
import { climbTo4 } from './ceremony.ts';

afterAll(dropCache);

const LIMIT_MS = 240_000;
const STARTS = 20;

test(
  'F57: of twenty starts at once one wins, the others name it and leave nothing behind',
  async () => {
    await using machine = await createMachine();
    machine.writeConfig({ metrics: { listen: '127.0.0.1:0' } });
    const starts = Array.from({ length: STARTS }, () =>
      machine.spawn(['run', '--headless', '--config', machine.configPath]),
    );
    const losers = await waitFor('nineteen that gave up', () => {
      const over = starts.filter((start) => start.exitCode() !== null);
      return over.length >= STARTS - 1 ? over : null;
    });
    const winner = starts.find((start) => start.exitCode() === null);
    expect(losers).toHaveLength(STARTS - 1);
    await waitFor('the winner to serve', async () =>
      (await machine.grinder(['status'])).code === 0 ? true : null,
    );
    for (const loser of losers) {
      const { code, err, out } = await loser.ended;
      expect({ code, out }).toEqual({ code: 75, out: '' });
      expect(err).toMatch(/^grinder: not started: the account is held by process \d+ .*\n$/);
      expect(err).toContain(`process ${winner?.pid} `);
    }
    expect(machine.registered().map(({ pid }) => pid)).toEqual([winner?.pid ?? 0]);
    expect(machine.leftovers()).toHaveLength(2);
    expect(readdirSync(machine.env['TMPDIR'] ?? '')).toEqual([]);
    expect(readdirSync(`${machine.stateDir}/account`).filter((name) => name.endsWith('.new'))).toEqual([]);
    winner?.kill('SIGTERM');
    expect((await winner?.ended)?.code).toBe(0);
    expect(machine.audit().filter(({ event_type }) => event_type === 'CONFIG_LOADED')).toHaveLength(1);
    expect((await machine.grinder(['audit', 'verify'])).code).toBe(0);
    expect(machine.leftovers()).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'F58: a frozen holder keeps the account, a stop reaches it when it wakes, and it wakes unarmed',
  async () => {
    await using machine = await createMachine();
    const daemon = await machine.start();
    await climbTo4(machine, daemon);
    daemon.kill('SIGSTOP');
    const second = await machine.grinder(['run', '--headless']);
    expect(second.code).toBe(75);
    expect(second.err).toContain(`process ${daemon.pid} `);
    // Longer than three intervals, after which nothing that was judged before may be carried out.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    daemon.kill('SIGCONT');
    await once(daemon);
    const awake = await daemon.when('the arming over', ({ stage }) => stage.in_force < 4);
    expect(awake.switches.armed).toBe(false);

    daemon.kill('SIGSTOP');
    const stop = await machine.grinder(['stop', '--config', machine.configPath]);
    expect(stop.code).not.toBe(0);
    expect(existsSync(`${machine.stateDir}/STOP`)).toBe(true);
    daemon.kill('SIGCONT');
    await once(daemon);
    const stopped = await daemon.when('the latch', ({ latch }) => latch.latched);
    expect(stopped).toMatchObject({ stage: { in_force: 0 }, latch: { durable: true } });
  },
  LIMIT_MS,
);

test(
  'F63: what a killed daemon left in the runtime directory neither stops nor misleads the next one',
  async () => {
    await using machine = await createMachine();
    const first = await machine.start();
    first.kill('SIGKILL');
    await first.ended;
    expect(machine.leftovers()).toHaveLength(2);
    const status = await machine.grinder(['status']);
    expect(status.code).toBe(69);
    const second = await machine.start();
    expect(machine.registered().map(({ pid }) => pid)).toEqual([second.pid]);
    expect((await second.status()).daemon.pid).toBe(second.pid);
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    expect(machine.leftovers()).toEqual([]);
  },
  LIMIT_MS,
);

/** A connection that lay idle through the freeze is closed on waking: whoever asks first asks again. */
function once(daemon: RunningDaemon): Promise<true> {
  return waitFor('an answer', () =>
    daemon.status().then(
      () => true as const,
      () => null,
    ),
  );
}

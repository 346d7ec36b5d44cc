/** A daemon stays within reach of `grinder stop` when the place of its sockets goes away under it. */
import { expect, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { connectControl } from '../../src/control/client.ts';
import type { ControlTarget } from '../../src/control/control.ts';
import { listDaemons } from '../../src/control/registry.ts';
import type { FeedSource } from '../../src/daemon/feed-source.ts';
import { openSockets, register, type Sockets } from '../../src/daemon/sockets.ts';
import { type HandCore, handCore } from './hand-core.ts';

interface Reachable extends AsyncDisposable {
  readonly hand: HandCore;
  readonly stops: string[];
  /** Lets the time pass after which it looks, and looks. */
  readonly look: () => Promise<void>;
  /** Stops whoever the registry names, as the command line does; the number of those that acknowledged. */
  readonly stopAll: () => Promise<number>;
}

async function reachable(): Promise<Reachable> {
  const hand = handCore();
  const { core, clock } = hand;
  const stops: string[] = [];
  const target: ControlTarget = {
    status: () => {
      throw new Error('nobody asks for it here');
    },
    plan: () => {
      throw new Error('nobody asks for it here');
    },
    subscribe: () => () => undefined,
    command: async (name) => {
      stops.push(name);
      return { schema_version: 1, ok: true, exit_code: 0, message: '' };
    },
  };
  const source: FeedSource = {
    feed: core.feed,
    socketPath: null,
    serve: async () => ({ ok: true, close: async () => undefined }),
  };
  const sockets: Sockets = await openSockets(core, target, source);
  if (!sockets.ok) throw new Error(sockets.problem);
  expect(await register(core)).toBeNull();
  return {
    hand,
    stops,
    look: async () => {
      clock.mono += 2000;
      await sockets.keep();
    },
    stopAll: async () => {
      const found = await listDaemons(core.places.registryDirs, core.identity.uid);
      const acknowledged = await Promise.all(
        found
          .filter(({ stale }) => !stale)
          .map(async ({ entry }) => {
            const client = connectControl(entry.socketPath);
            const { ok } = await client.sendStop({ operator: 'ann', reason: '' }).ack;
            client.close();
            return ok;
          }),
      );
      return acknowledged.filter((ok) => ok).length;
    },
    [Symbol.asyncDispose]: async () => {
      await sockets.close();
      hand[Symbol.dispose]();
    },
  };
}

test("a stop reaches a daemon again whose session's directory was taken away, however often", async () => {
  await using daemon = await reachable();
  const { runtimeDir } = daemon.hand.core.places;
  for (let round = 1; round <= 6; round += 1) {
    rmSync(runtimeDir, { recursive: true });
    expect(await daemon.stopAll()).toBe(0);
    await daemon.look();
    expect(await daemon.stopAll()).toBe(1);
    expect(daemon.stops).toHaveLength(round);
  }
  expect(daemon.hand.core.notebook.alarms()).toEqual([]);
  expect(daemon.hand.bench.lines.filter((line) => line.includes('is served again'))).toHaveLength(6);
});

test('a stop finds a daemon again whose entry alone was tidied away', async () => {
  await using daemon = await reachable();
  const { registryPath } = daemon.hand.core.places;
  rmSync(registryPath);
  expect(await daemon.stopAll()).toBe(0);
  await daemon.look();
  expect(await daemon.stopAll()).toBe(1);
});

test('what is where it was is left alone', async () => {
  await using daemon = await reachable();
  for (let round = 0; round < 3; round += 1) await daemon.look();
  expect(await daemon.stopAll()).toBe(1);
  expect(daemon.hand.bench.lines.join()).not.toContain('is served again');
});

test('it does not take the place of something else, and says how it can be stopped', async () => {
  await using daemon = await reachable();
  const { core } = daemon.hand;
  const { socketPath, stateDir } = core.places;
  rmSync(socketPath);
  writeFileSync(socketPath, 'a file');
  await daemon.look();
  expect(core.notebook.alarms()).toEqual([
    `something else is at the socket ${socketPath} now: stop it with a file STOP in ${stateDir} or kill -USR2 ${process.pid}`,
  ]);
  rmSync(socketPath);
  await daemon.look();
  expect(core.notebook.alarms()).toEqual([]);
  expect(await daemon.stopAll()).toBe(1);
});

test('a place that can not be made again is an alarm for as long as that is so', async () => {
  await using daemon = await reachable();
  const { core, dir } = daemon.hand;
  rmSync(`${dir}/run`, { recursive: true });
  writeFileSync(`${dir}/run`, 'in the way');
  await daemon.look();
  expect(core.notebook.alarms().join()).toContain(`kill -USR2 ${process.pid}`);
  rmSync(`${dir}/run`);
  await daemon.look();
  expect(core.notebook.alarms()).toEqual([]);
  expect(await daemon.stopAll()).toBe(1);
});

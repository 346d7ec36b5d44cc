/** The entry by which `grinder stop` finds a daemon: one a state directory, and never another one's. */
import { expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { listDaemons, writeRegistryEntry } from '../../src/control/registry.ts';
import { register } from '../../src/daemon/sockets.ts';
import { handCore } from './hand-core.ts';

test('a daemon does not take the entry of another one that runs in its state directory', async () => {
  using hand = handCore();
  const { registryPath, runtimeDir, stateDir } = hand.core.places;
  const socketPath = join(runtimeDir, 'first.sock');
  const first = {
    ...{ pid: 7, account: 'a1', environment: 'testnet', configPath: '/etc/a.yaml' },
    ...{ socketPath, stateDir, startedAtMs: 1 },
  } as const;
  writeRegistryEntry(registryPath, first);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const refused = await register(hand.core);
  expect(refused).toMatchObject({ exitCode: 75 });
  expect(refused?.problem).toContain('process 7 (account a1, /etc/a.yaml)');
  const [found] = await listDaemons([runtimeDir], hand.core.identity.uid);
  expect(found?.entry).toEqual(first);

  await new Promise<unknown>((resolve) => server.close(resolve));
  expect(await register(hand.core)).toBeNull();
  const [taken] = await listDaemons([runtimeDir], hand.core.identity.uid);
  expect(taken?.entry).toMatchObject({ pid: process.pid, socketPath: hand.core.places.socketPath });
});

test('an entry left behind under the own socket is replaced, although the daemon itself answers there', async () => {
  using hand = handCore();
  const { registryPath, socketPath, stateDir } = hand.core.places;
  writeRegistryEntry(registryPath, {
    ...{ pid: 7, account: 'sim', environment: 'sim', configPath: null },
    ...{ socketPath, stateDir, startedAtMs: 1 },
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  expect(await register(hand.core)).toBeNull();
  await new Promise<unknown>((resolve) => server.close(resolve));
});

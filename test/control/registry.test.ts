import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  type DaemonEntry,
  listDaemons,
  removeRegistryEntry,
  writeRegistryEntry,
} from '../../src/control/registry.ts';
import { parseRegistryEntry } from '../../src/launch/registry.ts';
import { privateDir } from './fixture.ts';

const uid = process.getuid?.() ?? 0;
let dir: ReturnType<typeof privateDir>;
beforeEach(() => {
  dir = privateDir();
});
afterEach(() => dir.remove());

function entry(name: string): DaemonEntry {
  return {
    pid: process.pid,
    host: 'here',
    account: 'sim',
    environment: 'sim',
    configPath: '/etc/grinder/config.yaml',
    stateDir: '/var/lib/grinder',
    socketPath: join(dir.path, `${name}.sock`),
    startedAtMs: 1_700_000_000_000,
  };
}

test('an entry is private and comes back as it was written', async () => {
  const path = join(dir.path, 'a.json');
  writeRegistryEntry(path, entry('a'));
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect((await listDaemons([dir.path], uid)).map((found) => found.entry)).toEqual([entry('a')]);
});

test('the launcher reads the same entries', async () => {
  const path = join(dir.path, 'a.json');
  writeRegistryEntry(path, entry('a'));
  expect(parseRegistryEntry(await Bun.file(path).text())?.socketPath).toBe(entry('a').socketPath);
});

test('a daemon that is gone is told from one that listens', async () => {
  writeRegistryEntry(join(dir.path, 'a.json'), entry('a'));
  writeRegistryEntry(join(dir.path, 'b.json'), entry('b'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(entry('b').socketPath, resolve));
  expect((await listDaemons([dir.path], uid)).map((found) => found.stale)).toEqual([true, false]);
  await new Promise((resolve) => server.close(resolve));
});

test('only the owner of an entry removes it', () => {
  const path = join(dir.path, 'a.json');
  writeRegistryEntry(path, entry('a'));
  removeRegistryEntry(path, process.pid + 1);
  expect(existsSync(path)).toBe(true);
  removeRegistryEntry(path, process.pid);
  expect(existsSync(path)).toBe(false);
  removeRegistryEntry(path, process.pid);
});

test('broken files, directories others may write to and missing ones are passed over', async () => {
  writeFileSync(join(dir.path, 'x.json'), '{"pid":');
  const shared = join(dir.path, 'shared');
  mkdirSync(shared);
  writeRegistryEntry(join(shared, 'a.json'), entry('a'));
  chmodSync(shared, 0o777);
  expect(await listDaemons([dir.path, shared, join(dir.path, 'none')], uid)).toEqual([]);
});

test('of two entries for one socket that of whoever came last tells whose it is', async () => {
  const dead = { ...entry('same'), account: 'dead', pid: 999_999_999 };
  const living = { ...entry('same'), account: 'living', startedAtMs: dead.startedAtMs + 1 };
  for (const [first, second] of [
    [dead, living],
    [living, dead],
  ] as const) {
    writeRegistryEntry(join(dir.path, 'a.json'), first);
    writeRegistryEntry(join(dir.path, 'b.json'), second);
    expect((await listDaemons([dir.path], uid)).map((found) => found.entry.account)).toEqual(['living']);
  }
});

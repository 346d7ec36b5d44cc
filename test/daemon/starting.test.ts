/** When a start says that it is one: with everything open, and never for a start that is given up. */
import { expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { startDaemon } from '../../src/daemon/daemon.ts';
import { computePlaces } from '../../src/launch/places.ts';

const CONFIG = 'metrics: { listen: "127.0.0.1:0" }';

function start(dir: string, ready: (places: ReturnType<typeof computePlaces>) => void) {
  const loaded = loadConfig({ text: CONFIG, env: {}, flags: new Map() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const places = computePlaces({
    argv: ['run'],
    env: { HOME: dir, XDG_RUNTIME_DIR: join(dir, 'run'), XDG_STATE_HOME: join(dir, 'home-state') },
    cwd: dir,
    uid: process.getuid?.() ?? 0,
    config: { path: join(dir, 'config.yaml'), text: CONFIG },
  });
  for (const path of [places.stateDir, places.runtimeDir, dirname(places.socketPath)])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  const ended = Promise.withResolvers<number>();
  const supervisor = {
    ready: () => ready(places),
    alive: () => undefined,
    stopping: () => undefined,
    close: () => undefined,
  };
  const daemon = () =>
    startDaemon({
      settings: loaded.settings,
      places,
      ownedByTerminal: false,
      supervisor,
      stderr: null,
      ended: ended.resolve,
    });
  return { places, daemon, ended: ended.promise };
}

test('a start says that it is ready once it can be stopped, asked and found', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-start-'));
  const seen: (readonly [boolean, boolean])[] = [];
  const { daemon, ended } = start(dir, ({ socketPath, registryPath }) => {
    seen.push([existsSync(socketPath), existsSync(registryPath)]);
  });
  const started = await daemon();
  if (!started.ok) throw new Error(started.problem);
  expect(seen).toEqual([[true, true]]);
  started.shutdown('test');
  expect(await ended).toBe(0);
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

test('a start that finds its socket taken by something else never says so', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'grinder-start-'));
  let told = 0;
  const { places, daemon } = start(dir, () => {
    told += 1;
  });
  mkdirSync(places.socketPath);
  expect(await daemon()).toMatchObject({ ok: false, exitCode: 75 });
  expect(told).toBe(0);
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

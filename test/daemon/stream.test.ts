/** The whole daemon from source: its exchange thread, a simulator in a thread of its own, and what the stream tells. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/protocol.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { controlOf, type SimulatorControl, until } from '../helpers/simulator.ts';

/** The interval is out of the way: what is decided within these tests comes from events. */
const CONFIG = `
reconcile: { interval_ms: 100000, symbol_whitelist: [BTCUSDT, ETHUSDT], event_debounce_ms: 2000 }
ceremony: { requested_stage: 1, auto_canary: false }
expected_state: { settle_ms: 0, stale_after_ms: 600000 }
metrics: { listen: "127.0.0.1:0" }
`;
const PATIENCE_MS = 30_000;

let dir = '';
let daemon: Daemon;
let client: ControlClient;
let sim: SimulatorControl;
const ended = Promise.withResolvers<number>();

const when = (what: string, holds: (status: StatusDocument) => boolean): Promise<StatusDocument> =>
  until(
    async () => {
      const status = await client.status();
      return holds(status) ? status : null;
    },
    what,
    PATIENCE_MS,
  );
const runs = () =>
  readFileSync(join(dir, 'audit/reconcile.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event_type }) => event_type === 'RECONCILE_RUN');
const shows = (id: string) => (status: StatusDocument) => status.mismatches.some((one) => one.id === id);
/** The stream is up and a complete read began after that; no event is waiting. */
const settled = async () => {
  const before = runs().filter(({ details }) => details.source === 'rest').length;
  await sim.setPosition('SOLUSDT', String(1 + (before % 7)));
  await until(
    () => runs().filter(({ details }) => details.source === 'rest').length > before,
    'a read',
    PATIENCE_MS,
  );
  await when(
    'a stream that is up',
    ({ sources }) => sources.find(({ source }) => source === 'ws')?.up === true,
  );
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'grinder-stream-'));
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
  const started = await startDaemon({
    settings: loaded.settings,
    places,
    ownedByTerminal: false,
    stderr: null,
    ended: ended.resolve,
  });
  if (!started.ok) throw new Error(started.problem);
  daemon = started;
  client = connectControl(daemon.socketPath);
  sim = controlOf(daemon.simulatorUrl ?? '');
  await when('stage 1', ({ stage }) => stage.in_force === 1);
  await sim.trader('pause');
  await settled();
}, PATIENCE_MS);

afterAll(async () => {
  client.close();
  daemon.shutdown('test');
  await ended.promise;
  rmSync(dir, { recursive: true, force: true });
}, PATIENCE_MS);

test('a stray order is decided on from its event, before anything is read', async () => {
  await settled();
  const stray = await sim.placeStray('BTCUSDT');
  await when('the stray order', shows(stray));
  expect(runs().at(-1)?.details).toMatchObject({ source: 'stream', complete: true });
  expect(runs().at(-1)?.mismatch_counts).toMatchObject({ ORDER_EXISTS_UNEXPECTED: 1 });
  await sim.cancelOrders({ clientOrderId: stray });
  await when('the stray order to be gone', (status) => !shows(stray)(status));
  expect(runs().at(-1)?.details.source).toBe('stream');
});

for (const [what, fault] of [
  ['F34 duplicate frames', { kind: 'duplicate', times: 0 }],
  ['F38 a malformed frame', { kind: 'malformed' }],
  ['F39 a flood of frames', { kind: 'flood', count: 6000 }],
  ['F37 a connection that breaks', { kind: 'drop' }],
  ['F36 a listen key that expires', { kind: 'expire_listen_key' }],
] as const) {
  test(`${what}: the next stray order is decided on from its event`, async () => {
    await sim.fault(fault);
    const during = await sim.placeStray('ETHUSDT');
    await when('the stray order of that moment', shows(during));
    await settled();
    const after = await sim.placeStray('BTCUSDT');
    await when('the next stray order', shows(after));
    expect(runs().at(-1)?.details.source).toBe('stream');
    await sim.clearFaults();
    await sim.cancelOrders({});
    await when('a clean account', (status) => !shows(after)(status) && !shows(during)(status));
  }, 60_000);
}

test('F35 reordered frames end in the right view', async () => {
  await settled();
  await sim.fault({ kind: 'reorder', times: 0 });
  const [gone, kept] = [await sim.placeStray('BTCUSDT'), await sim.placeStray('ETHUSDT')];
  await sim.cancelOrders({ clientOrderId: gone });
  await sim.setPosition('SOLUSDT', '9');
  await when('the one that is left', (status) => shows(kept)(status) && !shows(gone)(status));
  await sim.clearFaults();
  await sim.cancelOrders({});
}, 60_000);

test('the status tells that stream and reads agreed through all of it, and when everything was read last', async () => {
  const { stream } = await client.status();
  expect(stream.swept_age_ms).toBeGreaterThan(0);
  expect(stream).toMatchObject({ disagreements: 0, by_kind: {}, last_disagreement: null });
});

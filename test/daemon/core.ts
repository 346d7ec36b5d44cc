/** A daemon's core over real parts in a scratch directory: settings, journal, latch, feed; only the exchange is played. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { type Core, instant, type LatchState } from '../../src/daemon/core.ts';
import { openNotebook } from '../../src/daemon/notebook.ts';
import { createTotals } from '../../src/daemon/totals.ts';
import { initialVitals } from '../../src/daemon/vitals.ts';
import type { Disk } from '../../src/engine/disk.ts';
import { openFeed } from '../../src/engine/feed.ts';
import { createInterlock } from '../../src/engine/interlock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { type Latch, openLatch } from '../../src/engine/latch.ts';
import { thisMachine } from '../../src/engine/machine.ts';
import { openPauseRecord } from '../../src/engine/pause-record.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { computePlaces } from '../../src/launch/places.ts';
import { handClock } from '../engine/durable.ts';

export interface CoreRig {
  readonly core: Core;
  readonly latch: Latch;
  readonly clock: ReturnType<typeof handClock>;
  readonly feedPath: string;
}

/** Composes a core as a start would find the directory; `text` is the configuration, `startMs` wall time. */
export function coreIn(
  directory: string,
  change: {
    readonly text?: string;
    readonly startMs?: number;
    readonly latchDisk?: Disk;
    readonly exchange?: Partial<Exchange>;
    /** Whether the account's lock is still held. */
    readonly leads?: () => boolean;
  } = {},
): CoreRig {
  const clock = handClock(change.startMs);
  const text = change.text ?? '';
  const loaded = loadConfig({ text, env: {}, flags: new Map() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { settings } = loaded;
  const places = computePlaces({
    argv: ['run'],
    env: { HOME: directory },
    cwd: directory,
    uid: process.getuid?.() ?? 0,
    config: { path: join(directory, 'config.yaml'), text },
  });
  mkdirSync(places.stateDir, { recursive: true, mode: 0o700 });
  const accountPath = join(directory, 'account');
  const journal = openJournal({
    path: places.auditPath,
    headPath: join(accountPath, 'audit-head.json'),
    clock,
  });
  const latch = openLatch({
    path: join(accountPath, 'latch'),
    firstUse: true,
    nowMs: clock.wallMs(),
    ...(change.latchDisk === undefined ? {} : { disk: change.latchDisk }),
  });
  const pauseRecord = openPauseRecord(join(accountPath, 'pause.json'));
  const interlock = createInterlock();
  if (!latch.current().latched) interlock.clearLatch();
  const feedPath = places.expectedPath ?? '';
  const core: Core = {
    settings,
    places,
    identity: {
      host: 'host',
      pid: 1,
      uid: process.getuid?.() ?? 0,
      account: 'sim',
      version: '1.0.0',
      commit: 'c',
      runtime: 'r',
      packaging: 'source',
      ownedByTerminal: false,
      simulatorUrl: null,
    },
    clock,
    machine: thisMachine,
    journal,
    interlock,
    exchange: { ...deafExchange, ...change.exchange },
    feed: openFeed({
      path: feedPath,
      identity: { account: 'sim', environment: 'sim' },
      clock,
      settleMs: 0,
      uid: process.getuid?.() ?? 0,
    }),
    leadership: { stillHeld: change.leads ?? (() => true), release: () => undefined },
    pauseRecord,
    notebook: openNotebook(clock, () => undefined),
    totals: createTotals(),
    startedMonoMs: clock.monoMs(),
    vitals: initialVitals({
      ...{ settings, journal, clock, metricsUrl: '' },
      latch: latchState(latch, clock),
      pausedUntilMs: Math.max(journal.state().backoffUntilMs, pauseRecord.untilMs),
    }),
  };
  return { core, latch, clock, feedPath };
}

function latchState(latch: Latch, clock: ReturnType<typeof handClock>): LatchState | null {
  const reading = latch.current();
  if (!reading.latched) return null;
  const { latchId, by, reason, atMs, durable } = reading;
  const { nowMonoMs } = instant(clock);
  return { id: latchId, by, reason, atMs, durable, atMonoMs: nowMonoMs, executedAtStop: 0, verdict: null };
}

const failed = async () => ({ kind: 'failed', error: 'played' }) as const;

/** Fails every read and sends nothing. */
const deafExchange: Exchange = {
  rules: failed,
  observe: () => Promise.reject(new Error('played')),
  queryOrder: failed,
  queryPosition: failed,
  readClock: failed,
  keyRights: async () => ({ kind: 'unknown', why: 'played' }),
  setWriter: async () => undefined,
  dispatch: async () => ({ status: 'NOT_SENT', message: 'played' }),
  subscribe: () => () => undefined,
  close: async () => undefined,
};

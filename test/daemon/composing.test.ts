/** What a start hands on from the process before it: to the exchange's side, to the gates, to the interlock. */
import { expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { entryBase } from '../../src/daemon/ceremony.ts';
import { composeCore } from '../../src/daemon/compose.ts';
import { onExchangeEvent } from '../../src/daemon/listening.ts';
import { stop } from '../../src/daemon/stopping.ts';
import { gateWorld } from '../../src/daemon/world.ts';
import type { ExchangeOptions } from '../../src/exchange/exchange.ts';
import { scratch } from '../engine/durable.ts';
import { type CoreRig, coreIn } from './core.ts';

const HOUR_MS = 3_600_000;

/** The next process over the same directory: its core, and what its exchange was started with. */
function nextOver(directory: string, before: CoreRig, passedMs: number) {
  const startMs = before.clock.wallMs() + passedMs;
  before.core.journal.close();
  const rig = coreIn(directory, { startMs });
  const { settings, places, clock, machine, feed, notebook, journal, leadership, pauseRecord } = rig.core;
  const started: ExchangeOptions[] = [];
  const core = composeCore({
    settings,
    places,
    clock,
    machine,
    host: 'host',
    ownedByTerminal: false,
    surroundings: {
      account: { name: 'sim', directory, otherDirectories: [], apiKey: 'k', apiSecret: 's' },
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
        lost: () => 0,
        close: () => undefined,
      },
      leadership,
      pauseRecord,
      latch: rig.latch,
      journal,
      giveBack: () => undefined,
    },
    simulator: null,
    feed,
    notebook,
    metricsUrl: '',
    connect: (options) => {
      started.push(options);
      return rig.core.exchange;
    },
  });
  return { core, clock: rig.clock, started };
}

test('a ban that the audit knows of holds the exchange from its first call on, and the gate by both clocks', () => {
  using directory = scratch();
  const first = coreIn(directory.path);
  const untilMs = first.clock.wallMs() + 3 * HOUR_MS;
  first.core.journal.append({
    ...entryBase(first.core),
    event_type: 'CHECKPOINT',
    details: { backoff_until_ms: untilMs, why: '418 ban' },
  });
  const { core, clock, started } = nextOver(directory.path, first, HOUR_MS);
  expect(started).toMatchObject([{ backoffUntilMs: untilMs }]);
  const leftMs = () => gateWorld(core, core.feed.state()).backoffLeftMs;
  expect(leftMs()).toBe(2 * HOUR_MS);
  // Whoever sets the wall clock ahead does not end it.
  clock.jumpWall(10 * HOUR_MS);
  expect(leftMs()).toBe(2 * HOUR_MS);
  clock.advance(HOUR_MS);
  expect(leftMs()).toBe(HOUR_MS);
});

test('F19 418: a ban that the audit lost, or never had, holds as well', () => {
  for (const text of ['', 'audit: {enabled: false}']) {
    using directory = scratch();
    const first = coreIn(directory.path, { text });
    const untilMs = first.clock.wallMs() + 3 * HOUR_MS;
    const deaf = { runSoon: () => undefined, decideSoon: () => undefined, fatal: () => undefined };
    onExchangeEvent({ core: first.core, ...deaf }, { type: 'backoff', untilMs, why: '418 ban' });
    first.core.journal.close();
    rmSync(first.core.places.auditPath, { force: true });
    const { core, started } = nextOver(directory.path, first, HOUR_MS);
    expect(core.journal.state().backoffUntilMs).toBe(0);
    expect(started).toMatchObject([{ backoffUntilMs: untilMs }]);
    expect(gateWorld(core, core.feed.state()).backoffLeftMs).toBe(2 * HOUR_MS);
  }
});

test('a stop that was kept latches the interlock before anything else can run', () => {
  using directory = scratch();
  const first = coreIn(directory.path);
  const { id } = stop(first.core, first.latch, { by: 'ann', reason: '' });
  first.latch.close();
  const { core } = nextOver(directory.path, first, HOUR_MS);
  expect([core.interlock.latched(), core.interlock.writesAllowed()]).toEqual([true, false]);
  expect(core.vitals).toMatchObject({ latch: { id, by: 'ann' }, stage: { inForce: 0, latched: true } });
});

test('the call in which the audit fails voids the permits on their way, and no later one does again', () => {
  using directory = scratch();
  const { core } = nextOver(directory.path, coreIn(directory.path), 0);
  const line = { ...entryBase(core), event_type: 'STAGE_EVIDENCE', details: {} } as const;
  const epoch = core.interlock.epoch();
  expect(core.journal.append(line).ok).toBe(true);
  expect(core.interlock.epoch()).toBe(epoch);
  rmSync(core.places.auditPath);
  expect(core.journal.append(line).ok).toBe(false);
  const failed = core.interlock.epoch();
  expect(failed).toBeGreaterThan(epoch);
  expect(core.journal.append(line).ok).toBe(false);
  expect(core.interlock.epoch()).toBe(failed);
});

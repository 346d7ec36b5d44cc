import { expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { instant } from '../../src/daemon/core.ts';
import { createGateBoard } from '../../src/daemon/gate-board.ts';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { present } from '../../src/daemon/present.ts';
import { intentEntry, scratch } from '../engine/durable.ts';
import { type CoreRig, coreIn } from './core.ts';

/** In stage 1 with a heart that beats and a loop that never runs, for so many seconds. */
function beat({ core, clock }: CoreRig, seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    core.vitals.lastTickMonoMs = clock.monoMs();
    sendStageEvent(core, { type: 'tick' });
  }
}

test('a loop that never runs is not alive, however often its dwell starts over', () => {
  using directory = scratch();
  const rig = coreIn(directory.path);
  const { core } = rig;
  core.vitals.prerequisites = [];
  beat(rig, 300);
  expect(metricsView(core, core.settings).fresh).toBe(true);
  sendStageEvent(core, { type: 'request', stage: 1, by: 'ann' });
  expect(core.vitals.stage.inForce).toBe(1);
  beat(rig, 100);
  expect(core.vitals.stage.progress.restarts).toBe(1);
  expect(metricsView(core, core.settings).fresh).toBe(true);
  beat(rig, 25);
  expect(metricsView(core, core.settings).fresh).toBe(false);
});

test('a feed with a gap is not fresh to the ceremony, however young its lines are', () => {
  using directory = scratch();
  const { core, clock, feedPath } = coreIn(directory.path);
  const write = (seq: number, line: object) =>
    appendFileSync(
      feedPath,
      `${JSON.stringify({ session_id: 's', seq, ts_ms: clock.wallMs(), ...line })}\n`,
      { mode: 0o600 },
    );
  const heartbeat = { type: 'heartbeat', applied_event_ms: 0 };
  const checkpoint = {
    type: 'checkpoint',
    account: 'sim',
    environment: 'sim',
    orders: [],
    positions: [],
    applied_event_ms: 0,
  };
  const fresh = () => {
    core.feed.poll();
    return stageContext(core).world.feedFresh;
  };
  write(1, checkpoint);
  expect(fresh()).toBe(true);
  write(3, heartbeat);
  expect(fresh()).toBe(false);
  write(4, checkpoint);
  expect(fresh()).toBe(true);
});

test('a write without a known outcome is told to the metrics after a restart as before it', () => {
  using directory = scratch();
  const before = coreIn(directory.path);
  const told = ({ core }: CoreRig) => metricsView(core, core.settings).unresolvedIntents;
  expect(told(before)).toBe(0);
  before.core.journal.append(intentEntry('a'));
  expect(told(before)).toBe(1);
  before.core.journal.close();
  expect(told(coreIn(directory.path))).toBe(1);
});

test('every alarm that stands is told to the metrics', () => {
  using directory = scratch();
  const { core } = coreIn(directory.path);
  core.notebook.alarm('latch', 'not on disk');
  core.notebook.alarm('audit', 'unavailable');
  expect(metricsView(core, core.settings).alarms).toBe(2);
  core.notebook.alarm('latch', null);
  expect(metricsView(core, core.settings).alarms).toBe(1);
});

test('an engine that only beats its heart and never told what it believes is no source that is up', () => {
  using directory = scratch();
  const { core, clock, feedPath } = coreIn(directory.path);
  const line = { session_id: 's', seq: 1, ts_ms: clock.wallMs(), type: 'heartbeat', applied_event_ms: 0 };
  appendFileSync(feedPath, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  core.feed.poll();
  expect(core.feed.state().lastLine).not.toBeNull();
  expect(metricsView(core, core.settings).sources.expected.up).toBe(false);
});

test('a wall clock set back makes no write without a known outcome younger, and no run more recent', () => {
  using directory = scratch();
  const { core, clock } = coreIn(directory.path);
  core.journal.append(intentEntry('a', { ts: clock.wallMs() }));
  core.vitals.dispatchedMonoMs.set('a', clock.monoMs());
  core.vitals.lastRun = instant(clock);
  clock.advance(400_000);
  clock.jumpWall(-3_600_000);
  expect(stageContext(core).world.oldestUnknownMs).toBeGreaterThanOrEqual(400_000);
  const { unresolved, run } = present(
    core,
    createGateBoard(() => {}),
    1,
  );
  expect(unresolved[0]?.age_ms).toBeGreaterThanOrEqual(400_000);
  expect(run.last_age_ms).toBeGreaterThanOrEqual(400_000);
});

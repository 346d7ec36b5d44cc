import { expect, test } from 'bun:test';
import { appendFileSync } from 'node:fs';
import { sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { metricsView } from '../../src/daemon/metrics-feed.ts';
import { scratch } from '../engine/durable.ts';
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

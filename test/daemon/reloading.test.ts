import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { earned, sendStageEvent } from '../../src/daemon/ceremony.ts';
import { instant } from '../../src/daemon/core.ts';
import { createReloader } from '../../src/daemon/reloading.ts';
import { openOffer } from '../../src/engine/approval.ts';
import type { StageNumber } from '../../src/engine/types.ts';
import { type HandCore, handCore } from './hand-core.ts';

interface Rig {
  readonly say: (text: string) => void;
  readonly busy: (now: boolean) => void;
  readonly hangUp: () => void;
  readonly runsAsked: () => number;
}

/** A reloader over this core, whose file says what the test says. */
function reloading({ core }: HandCore, text = ''): Rig {
  let [file, busy, runs] = [text, false, 0];
  const reloader = createReloader({
    core,
    reread: () => {
      if (file === 'gone') throw new Error('ENOENT: no such file');
      return { text: file, env: {}, flags: new Map() };
    },
    busy: () => busy,
    runSoon: () => {
      runs += 1;
    },
  });
  return {
    say: (next) => {
      file = next;
    },
    busy: (now) => {
      busy = now;
    },
    hangUp: () => {
      reloader.ask();
      reloader.tick();
    },
    runsAsked: () => runs,
  };
}

const stageOf = ({ core }: HandCore): StageNumber => core.vitals.stage.inForce;

describe('a configuration that is read again in stage 4', () => {
  test('narrower: stays in 4 under the new limit, and what was judged under the old one is void', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    const epoch = hand.core.interlock.epoch();
    rig.say('reconcile: {max_flatten_notional_usdt: 20}');
    rig.hangUp();
    expect([stageOf(hand), hand.core.settings.reconcile.maxFlattenNotionalUsdt]).toEqual([4, '20']);
    expect(hand.core.interlock.epoch()).not.toBe(epoch);
    expect(rig.runsAsked()).toBe(1);
  });

  test('narrower: what was confirmed under the old settings has to be seen again', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    const { vitals } = hand.core;
    const seen = { firstMonoMs: 1, lastMonoMs: 2, completeReads: 9, form: '', stillSinceMonoMs: 1 };
    vitals.confirm = { sightings: new Map([['x', seen]]), latestReadMonoMs: 2 };
    rig.hangUp();
    expect(vitals.confirm.sightings.size).toBe(1);
    rig.say('reconcile: {max_flatten_notional_usdt: 20}');
    rig.hangUp();
    expect([stageOf(hand), vitals.confirm.sightings.size]).toEqual([4, 0]);
  });

  test('wider: leaves stage 4 in the same turn, before anything can be sent under it', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    rig.say('reconcile: {max_flatten_notional_usdt: 20000}');
    rig.hangUp();
    expect(stageOf(hand)).toBe(1);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    expect(hand.bench.lines.join('\n')).toContain(
      "evidence doesn't cover reconcile.max_flatten_notional_usdt any more; stage 4 -> 1",
    );
  });

  test('narrower in one key and wider in another: leaves it too', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    rig.say('reconcile: {max_flatten_notional_usdt: 20, max_orders_per_action: 9}');
    rig.hangUp();
    expect(stageOf(hand)).toBe(1);
  });

  test('wider than what was armed, though not than the evidence: disarmed, and the evidence stays', () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    const rig = reloading(hand);
    rig.say('reconcile: {max_flatten_notional_usdt: 20}');
    rig.hangUp();
    sendStageEvent(hand.core, { type: 'confirm', by: 'ann', leaseMs: 1e6, maxExecutions: 9 });
    expect(stageOf(hand)).toBe(4);
    rig.say('');
    rig.hangUp();
    expect([stageOf(hand), earned(hand.core)]).toEqual([3, 4]);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    const last = readFileSync(hand.core.places.auditPath, 'utf8').trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last).details).toMatchObject({ arming: 'ended', evidence_withdrawn_from: null });
  });

  test.each([
    ['there and back', ['reconcile: {max_flatten_notional_usdt: 20}', '']],
    ['refused', ['nonsense: 1']],
  ])('%s: no approval that was open before is good again', (_, texts) => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    const rig = reloading(hand);
    hand.core.vitals.offer = openOffer(
      null,
      { purpose: 'enter', digest: 'd', code: 'c', shownTo: { name: 'ann', verified: false } },
      instant(hand.clock),
    );
    for (const text of texts) {
      rig.say(text);
      rig.hangUp();
    }
    expect(hand.core.vitals.offer).toBeNull();
  });

  test('wider and back: never climbs into 4 again by itself', () => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    rig.say('reconcile: {max_orders_per_action: 9}');
    rig.hangUp();
    rig.say('');
    rig.hangUp();
    expect(stageOf(hand)).toBeLessThan(4);
    expect(hand.core.vitals.stage.lease).toBeNull();
  });

  test.each(['reconcile: {cooldown_seconds: 0}', 'not: [', 'gone'])(
    'refused (%s): disarmed, the old settings stay, and an alarm stands until a good one comes',
    (text) => {
      using hand = handCore();
      hand.raiseTo(4);
      const rig = reloading(hand);
      const { settings } = hand.core;
      rig.say(text);
      rig.hangUp();
      expect([stageOf(hand), hand.core.settings]).toEqual([3, settings]);
      expect(hand.core.interlock.writesAllowed()).toBe(false);
      expect(hand.core.notebook.alarms().join('\n')).toContain('the old settings stay, disarmed');
      rig.say('');
      rig.hangUp();
      expect(hand.core.notebook.alarms()).toEqual([]);
      expect(stageOf(hand)).toBe(3);
    },
  );
});

test('a refused configuration does not lift a request that is lower', () => {
  using hand = handCore();
  hand.raiseTo(1, 4);
  const rig = reloading(hand);
  rig.say('nonsense: 1');
  rig.hangUp();
  expect([stageOf(hand), hand.core.vitals.stage.request.stage]).toEqual([1, 1]);
});

test('nothing changes while a run is under way, and then it does', () => {
  using hand = handCore();
  const rig = reloading(hand);
  rig.say('reconcile: {interval_ms: 7000}');
  rig.busy(true);
  rig.hangUp();
  expect(hand.core.settings.reconcile.intervalMs).toBe(30_000);
  rig.busy(false);
  rig.hangUp();
  expect(hand.core.settings.reconcile.intervalMs).toBe(7000);
});

test.each(['', 'reconcile: {cooldown_seconds: 120}', 'nonsense: 1'])(
  'F80 a stop during a reload stays, whatever the file says (%j)',
  (text) => {
    using hand = handCore();
    hand.raiseTo(4);
    const rig = reloading(hand);
    rig.say(text);
    rig.busy(true);
    rig.hangUp();
    hand.deps.stopNow('ann', 'drill');
    rig.busy(false);
    rig.hangUp();
    expect([stageOf(hand), hand.core.vitals.stage.request.stage]).toEqual([0, 0]);
    expect(hand.core.interlock.latched()).toBe(true);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    expect(hand.core.vitals.latch?.by).toBe('ann');
  },
);

test('another whitelist makes every picture that was read for the old one count no more', () => {
  using hand = handCore();
  hand.raiseTo(2);
  const rig = reloading(hand);
  rig.say('reconcile: {interval_ms: 7000}');
  rig.hangUp();
  expect(hand.core.vitals.complete).not.toBeNull();
  rig.say('reconcile: {interval_ms: 7000, symbol_whitelist: ["ETHUSDT"]}');
  rig.hangUp();
  const { complete, observation, view } = hand.core.vitals;
  expect([complete, observation, view.base]).toEqual([null, null, null]);
});

test('the audit holds what changed, what waits, and what was refused', () => {
  using hand = handCore();
  const rig = reloading(hand);
  rig.say('reconcile: {interval_ms: 7000}\nstate_dir: elsewhere');
  rig.hangUp();
  rig.say('nonsense: 1');
  rig.hangUp();
  const details = readFileSync(hand.core.places.auditPath, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event_type }) => event_type === 'CONFIG_LOADED')
    .map((record) => record.details);
  expect(details).toMatchObject([
    {
      changes: ['reconcile.interval_ms 30000 -> 7000'],
      at_next_start: ['state_dir state -> elsewhere'],
      widened: [],
    },
    { refused: [expect.stringContaining('nonsense')] },
  ]);
});

test('without a file it says that there is none', () => {
  using hand = handCore();
  const reloader = createReloader({
    core: hand.core,
    reread: null,
    busy: () => false,
    runSoon: () => undefined,
  });
  reloader.ask();
  reloader.tick();
  expect(hand.bench.lines.join('\n')).toContain('there is no configuration file');
});

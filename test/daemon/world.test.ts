import { describe, expect, test } from 'bun:test';
import { budgetUsed, gateWorld, snapshotAgeMs, switchesOf } from '../../src/daemon/world.ts';
import { checkpointEntries } from '../../src/engine/checkpoint.ts';
import type { GateName } from '../../src/engine/types.ts';
import { worldVerdicts } from '../../src/gates/index.ts';
import { intentEntry, outcomeEntry, scratch } from '../engine/durable.ts';
import { observation } from '../helpers/engine-world.ts';
import { coreIn } from './core.ts';
import { type HandCore, type HandOptions, handCore } from './hand-core.ts';

const closed = ({ core }: HandCore): readonly GateName[] =>
  worldVerdicts(gateWorld(core, core.feed.state()))
    .filter(({ open }) => !open)
    .map(({ gate }) => gate);

/** A daemon in stage 4 in whose world every gate is open. */
function open(options: HandOptions = {}): HandCore {
  const hand = handCore({ config: 'expected_state: {settle_ms: 0}', ...options });
  hand.raiseTo(4);
  hand.core.vitals.clock = {
    kind: 'ok',
    offsetMs: 3,
    roundTripMs: 1,
    atMs: hand.clock.wall,
    atMonoMs: hand.clock.mono,
  };
  const figures = { unexpected: 0, ours: 1, matched: 1, differing: 0 };
  hand.core.vitals.mass = { ...figures, acknowledged: false, pending: false };
  return hand;
}

describe('the world that gates read', () => {
  test('of a daemon in stage 4 with all it needs closes none', () => {
    using hand = open();
    expect(closed(hand)).toEqual([]);
  });

  test('of a daemon that has just begun closes what it does not know', () => {
    using hand = handCore();
    for (const gate of [
      'not_armed',
      'dry_run',
      'expected_state_stale',
      'snapshot_stale',
      'clock_skew',
    ] as const)
      expect(closed(hand)).toContain(gate);
  });

  test.each<[string, GateName, (hand: HandCore) => void]>([
    ['the latch', 'stop_latched', (hand) => hand.core.interlock.setLatch()],
    [
      'a lost lock',
      'not_leader',
      (hand) => {
        hand.bench.leader = false;
      },
    ],
    [
      'an audit that failed',
      'audit_unavailable',
      (hand) => {
        hand.bench.diskFails = true;
        hand.core.journal.append(intentEntry('x'));
        hand.core.journal.append(intentEntry('x'));
      },
    ],
    [
      'no clock reading',
      'clock_skew',
      (hand) => {
        hand.core.vitals.clock = null;
      },
    ],
    [
      'a clock that could not be read',
      'clock_skew',
      (hand) => {
        hand.core.vitals.clock = {
          kind: 'failed',
          error: 'x',
          atMs: hand.clock.wall,
          atMonoMs: hand.clock.mono,
        };
      },
    ],
    [
      'a clock read long ago',
      'clock_skew',
      (hand) => {
        hand.core.vitals.clock = {
          kind: 'ok',
          offsetMs: 0,
          roundTripMs: 1,
          atMs: hand.clock.wall - 300_001,
          atMonoMs: hand.clock.mono - 300_001,
        };
      },
    ],
    [
      'a clock too far off, either way',
      'clock_skew',
      (hand) => {
        hand.core.vitals.clock = {
          kind: 'ok',
          offsetMs: -501,
          roundTripMs: 1,
          atMs: hand.clock.wall,
          atMonoMs: hand.clock.mono,
        };
      },
    ],
    [
      'a wall clock that was set forward since it was measured',
      'clock_skew',
      (hand) => {
        hand.clock.wall += 504;
      },
    ],
    [
      'a wall clock that was set back since it was measured',
      'clock_skew',
      (hand) => {
        hand.clock.wall -= 498;
      },
    ],
    [
      'no picture',
      'snapshot_stale',
      (hand) => {
        hand.core.vitals.complete = null;
      },
    ],
    [
      'a picture that is not complete',
      'snapshot_stale',
      (hand) => {
        hand.core.vitals.observation = observation([], [], { complete: false });
      },
    ],
    [
      'an old picture',
      'snapshot_stale',
      (hand) => {
        const picture = observation([], [], { startedMonoMs: hand.clock.mono - 120_001 });
        hand.core.vitals.complete = picture;
      },
    ],
    ['no feed', 'expected_state_stale', (hand) => hand.core.feed.close()],
    [
      'a silent feed, by the wall clock',
      'expected_state_stale',
      (hand) => {
        hand.clock.wall += 30_001;
      },
    ],
    [
      'a silent feed, by the monotonic clock',
      'expected_state_stale',
      (hand) => {
        hand.clock.mono += 30_001;
      },
    ],
    [
      'a feed from the future',
      'expected_state_stale',
      (hand) => {
        hand.clock.wall -= 1001;
      },
    ],
    [
      'a pause by the wall clock',
      'exchange_backoff',
      (hand) => {
        hand.core.vitals.backoff = { untilMs: hand.clock.wall + 1, untilMonoMs: 0 };
      },
    ],
    [
      'a pause by the monotonic clock',
      'exchange_backoff',
      (hand) => {
        hand.core.vitals.backoff = { untilMs: 0, untilMonoMs: hand.clock.mono + 1 };
      },
    ],
    [
      'a ban that the audit remembers',
      'exchange_backoff',
      (hand) => {
        const { details, ...rest } = intentEntry('x');
        hand.core.journal.append({
          ...rest,
          status: null,
          event_type: 'CHECKPOINT',
          details: { ...details, backoff_until_ms: hand.clock.wall + 1000 },
        });
      },
    ],
  ])('with %s closes %s', (_, gate, breakIt) => {
    using hand = open();
    breakIt(hand);
    expect(closed(hand)).toContain(gate);
  });

  test.each(['always', 'mainnet'])('ALLOW_MAINNET_TRADE is asked for: %s', (where) => {
    const config = `reconcile: {require_mainnet_env: ${where}}\nexpected_state: {settle_ms: 0}`;
    using without = open({ config });
    using withIt = open({ config, env: { ALLOW_MAINNET_TRADE: 'yes' } });
    expect(closed(without).includes('env_var_missing')).toBe(where === 'always');
    expect(closed(withIt)).toEqual([]);
  });

  test('a new session is not acted on before it settled', () => {
    using hand = open({ config: 'expected_state: {settle_ms: 5000}' });
    expect(closed(hand)).toEqual(['expected_state_stale']);
    hand.clock.mono += 5000;
    hand.clock.wall += 5000;
    expect(closed(hand)).toEqual([]);
  });
});

describe('what was sent', () => {
  const at = ({ core }: HandCore) => gateWorld(core, core.feed.state());

  test('nothing at all is no cooldown and no budget used', () => {
    using hand = open();
    expect(at(hand)).toMatchObject({
      sinceLastWriteMs: Number.POSITIVE_INFINITY,
      day: { calls: 0, notionalUsdt: '0' },
    });
  });

  test('an open intent freezes its symbol, counts as a call and starts the cooldown', () => {
    using hand = open();
    hand.core.journal.append(intentEntry('i1', { notional_usdt: '60' }));
    hand.clock.wall += 700;
    expect(at(hand)).toMatchObject({
      unresolvedSymbols: ['BTCUSDT'],
      sinceLastWriteMs: 700,
      day: { calls: 1, notionalUsdt: '60' },
    });
    hand.core.journal.append(outcomeEntry('i1', 'UNKNOWN'));
    expect(at(hand).unresolvedSymbols).toEqual(['BTCUSDT']);
  });

  test.each([
    ['EXECUTED', '60'],
    ['REJECTED', '0'],
  ] as const)('a write that was %s still counts as a call, with %s USDT', (status, notionalUsdt) => {
    using hand = open();
    hand.core.journal.append(intentEntry('i1', { notional_usdt: '60' }));
    hand.core.journal.append(outcomeEntry('i1', status));
    expect(at(hand)).toMatchObject({ unresolvedSymbols: [], day: { calls: 1, notionalUsdt } });
  });

  test('the cooldown runs from the last write of all, not from the first or from one of the same order', () => {
    using hand = open();
    hand.core.journal.append(intentEntry('i1', { symbol: 'ETHUSDT' }));
    hand.core.journal.append(outcomeEntry('i1', 'EXECUTED'));
    hand.clock.wall += 70_000;
    hand.core.journal.append(intentEntry('i2'));
    hand.core.journal.append(outcomeEntry('i2', 'EXECUTED'));
    hand.clock.wall += 300;
    expect(at(hand).sinceLastWriteMs).toBe(300);
  });

  test('a wall clock set forward ends no cooldown and gives no budget back', () => {
    using hand = open();
    hand.core.journal.append(intentEntry('i1', { notional_usdt: '60' }));
    hand.core.vitals.dispatchedMonoMs.set('i1', hand.clock.mono);
    hand.clock.wall += 25 * 3_600_000;
    hand.clock.mono += 100;
    expect(at(hand)).toMatchObject({ sinceLastWriteMs: 100, day: { calls: 1, notionalUsdt: '60' } });
    hand.clock.wall -= 50 * 3_600_000;
    expect(at(hand)).toMatchObject({ sinceLastWriteMs: 0, day: { calls: 1 } });
  });
});

test('S20 a wall clock that jumps after a restart gives back no budget and no cooldown of the process before', () => {
  using directory = scratch();
  const { core: before } = coreIn(directory.path, { startMs: 1_800_000_000_000 });
  before.journal.append(intentEntry('i1', { notional_usdt: '60' }));
  const adoption = { operator: 'ann', details: {} };
  const lost = { ...before.journal.state(), linesLostAtMs: 1_800_000_000_000 };
  const { core } = coreIn(directory.path, { startMs: 1_800_000_005_000 });
  const jumped = { monoMs: core.clock.monoMs, wallMs: () => core.clock.wallMs() + 2 * 86_400_000 };
  expect(gateWorld({ ...core, clock: jumped }, core.feed.state())).toMatchObject({
    sinceLastWriteMs: 5000,
    day: { calls: 1, notionalUsdt: '60' },
  });
  expect(core.journal.appendAll(checkpointEntries(lost, { keepsFromSeq: 1, adoption })).ok).toBe(true);
  const { core: adopted } = coreIn(directory.path, { startMs: 1_800_000_005_000 });
  expect(budgetUsed({ ...adopted, clock: jumped })).toBeNull();
});

test('a price is as old as the older of its two ages, by the exchange clock', () => {
  using hand = open();
  const price = {
    symbol: 'BTCUSDT',
    markPrice: '60000',
    atMs: hand.clock.wall - 900,
    readAtMonoMs: hand.clock.mono,
  };
  hand.core.vitals.observation = observation([], [], { prices: [price] });
  const ageMs = () => gateWorld(hand.core, hand.core.feed.state()).prices.get('BTCUSDT')?.ageMs;
  expect(ageMs()).toBe(903);
  hand.core.vitals.clock = {
    kind: 'ok',
    offsetMs: -400,
    roundTripMs: 1,
    atMs: hand.clock.wall,
    atMonoMs: hand.clock.mono,
  };
  expect(ageMs()).toBe(500);
  hand.clock.mono += 2000;
  expect(ageMs()).toBe(2500);
});

test('the age of the snapshot is that of the last complete one, from its start', () => {
  using hand = handCore();
  expect(snapshotAgeMs(hand.core)).toBeNull();
  hand.core.vitals.complete = observation([], [], {
    startedMonoMs: hand.clock.mono - 70,
    endedMonoMs: hand.clock.mono,
    endedAtMs: hand.clock.wall,
  });
  hand.core.vitals.observation = observation([], [], { complete: false });
  expect(snapshotAgeMs(hand.core)).toBe(70);
});

test('F42 suspend: a snapshot from before it is as old as the wall clock says, a wall clock set back makes none young', () => {
  using hand = handCore();
  const { clock } = hand;
  const at = { startedMonoMs: clock.mono, endedMonoMs: clock.mono, endedAtMs: clock.wall };
  hand.core.vitals.complete = observation([], [], at);
  clock.wall += 8 * 3_600_000;
  expect(snapshotAgeMs(hand.core)).toBe(8 * 3_600_000);
  expect(closed(hand)).toContain('snapshot_stale');
  clock.wall -= 9 * 3_600_000;
  clock.mono += 121_000;
  expect(snapshotAgeMs(hand.core)).toBe(121_000);
});

test.each([
  [0, { loop: false, action: 'none', dryRun: true, allowActiveRemediation: false, armed: false }],
  [1, { loop: true, action: 'none', dryRun: true, allowActiveRemediation: false, armed: false }],
  [2, { loop: true, action: 'auto', dryRun: true, allowActiveRemediation: true, armed: false }],
  [3, { loop: true, action: 'auto', dryRun: false, allowActiveRemediation: true, armed: false }],
  [4, { loop: true, action: 'auto', dryRun: false, allowActiveRemediation: true, armed: true }],
] as const)("stage %i has the contract's switches", (stage, switches) => {
  expect(switchesOf(stage, 'auto')).toEqual(switches);
});

test('a picture of the engine that had a fault when it was compared is no ground for a write, though the feed is well again', () => {
  using hand = open();
  const well = hand.core.feed.state();
  expect(gateWorld(hand.core, well).expected.fault).toBeNull();
  expect(gateWorld(hand.core, { ...well, fault: 'a gap' }).expected.fault).toBe('a gap');
});

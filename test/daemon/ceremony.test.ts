import { describe, expect, test } from 'bun:test';
import { earned, holdsOf, sendStageEvent, stageContext } from '../../src/daemon/ceremony.ts';
import { missingFor, nextStep } from '../../src/daemon/next-step.ts';
import { type HandCore, type HandOptions, handCore } from './hand-core.ts';

describe('writes', () => {
  test('become possible in stage 4 alone, and once the entry is in the audit', () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    expect([hand.core.interlock.writesAllowed(), hand.bench.writer]).toEqual([false, false]);
    sendStageEvent(hand.core, { type: 'confirm', by: 'op', leaseMs: 1000, maxExecutions: 1 });
    expect([hand.core.interlock.writesAllowed(), hand.bench.writer]).toEqual([true, true]);
    expect(hand.core.journal.state().lastStageChange).toMatchObject({ stage: 4, operator: 'op' });
  });

  test('stay impossible when the audit does not take the entry', () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    hand.bench.diskFails = true;
    sendStageEvent(hand.core, { type: 'confirm', by: 'op', leaseMs: 1000, maxExecutions: 1 });
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    expect(hand.bench.writer).toBe(false);
    sendStageEvent(hand.core, { type: 'tick' });
    expect(hand.core.vitals.stage.inForce).toBeLessThan(4);
  });

  test.each<[string, (hand: HandCore) => void]>([
    ['a request', (hand) => sendStageEvent(hand.core, { type: 'request', stage: 3, by: 'op' })],
    ['a breach', (hand) => sendStageEvent(hand.core, { type: 'breach', why: 'x' })],
    ['a stop', (hand) => hand.deps.stopNow('op', '')],
    [
      'the end of the lease',
      (hand) => {
        hand.clock.mono += 3_600_000;
        sendStageEvent(hand.core, { type: 'tick' });
      },
    ],
    [
      'a lost lock',
      (hand) => {
        hand.bench.leader = false;
        sendStageEvent(hand.core, { type: 'tick' });
      },
    ],
  ])('end with %s, at once, and void every permit', (_, lower) => {
    using hand = handCore();
    hand.raiseTo(4);
    const epoch = hand.core.interlock.epoch();
    lower(hand);
    expect(hand.core.vitals.stage.inForce).toBeLessThan(4);
    expect([hand.core.interlock.writesAllowed(), hand.bench.writer]).toEqual([false, false]);
    expect(hand.core.interlock.epoch()).toBeGreaterThan(epoch);
  });

  test('end although the audit can not say so any more', () => {
    using hand = handCore();
    hand.raiseTo(4);
    hand.bench.diskFails = true;
    sendStageEvent(hand.core, { type: 'request', stage: 0, by: 'op' });
    expect(hand.core.interlock.writesAllowed()).toBe(false);
    expect(hand.core.vitals.stage.inForce).toBe(0);
    expect(hand.core.notebook.alarms().join()).toContain('AUDIT UNAVAILABLE');
  });
});

describe('holds', () => {
  const held = (
    options: HandOptions,
    change: (hand: HandCore) => void = () => undefined,
  ): readonly (readonly [number, string | undefined])[] => {
    using hand = handCore(options);
    change(hand);
    return holdsOf(hand.core).map(({ stage, because }) => [stage, because.split(':')[0]] as const);
  };

  test('are none where nothing holds', () => {
    expect(held({})).toEqual([]);
  });

  test.each<[string, HandOptions, (hand: HandCore) => void, number, string]>([
    ['a variable', { env: { ARMED: '0' } }, () => undefined, 3, 'ARMED=0'],
    [
      'an action of none',
      { config: 'reconcile: {action: none}' },
      () => undefined,
      1,
      'reconcile.action is none',
    ],
    [
      'an audit that is off',
      { env: { GRINDER_AUDIT_ENABLED: '0' } },
      () => undefined,
      1,
      'audit_unavailable',
    ],
    [
      'a lost lock',
      {},
      (hand) => {
        hand.bench.leader = false;
      },
      1,
      'not_leader',
    ],
    [
      'an audit that failed',
      {},
      (hand) => {
        hand.bench.diskFails = true;
        hand.deps.stopNow('op', '');
      },
      1,
      'audit_unavailable',
    ],
  ])('%s', (_, options, change, stage, because) => {
    expect(held(options, change)).toEqual([[stage, because]]);
  });
});

describe('what counts today', () => {
  test('evidence of another account does not', () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    expect(earned(hand.core)).toBe(4);
    const { stage } = hand.core.vitals;
    const evidence = stage.evidence.map((one) => ({ ...one, covered: { ...one.covered, account: 'other' } }));
    hand.core.vitals.stage = { ...stage, evidence };
    expect(earned(hand.core)).toBe(1);
  });

  test('the age of the oldest write without an outcome is known', () => {
    using hand = handCore();
    expect(stageContext(hand.core).world.oldestUnknownMs).toBeNull();
  });

  test('prerequisites that nobody looked at are unknown, not fine', () => {
    using hand = handCore();
    expect(stageContext(hand.core).world.failedPrerequisites).toBeNull();
  });
});

describe('words', () => {
  test('name what a stage waits for, and the one next step', () => {
    using hand = handCore();
    hand.raiseTo(1);
    expect(missingFor(hand.core, 2)).toContain('stage 1 has to pass first: dwell');
    expect(nextStep(hand.core)).toContain('for 2:');
    using top = handCore();
    top.raiseTo(3, 4);
    expect(nextStep(top.core)).toContain('confirm it with a');
    top.deps.stopNow('op', '');
    expect(nextStep(top.core)).toContain(`clear-stop ${top.core.vitals.latch?.id}`);
    expect(missingFor(top.core, 1)).toContain('the stop is latched');
  });
});

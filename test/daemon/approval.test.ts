import { describe, expect, test } from 'bun:test';
import { createApprovals, planLines } from '../../src/daemon/approval.ts';
import { cancelMismatch, flattenMismatch, observation, planned } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

function bench() {
  const hand = handCore();
  hand.raiseTo(3, 4);
  let number = 0;
  const approvals = createApprovals(() => `code${number++}`);
  return { hand, approvals, [Symbol.dispose]: () => hand[Symbol.dispose]() };
}

function decide(hand: HandCore, ...actions: ReturnType<typeof planned>[]): void {
  hand.core.vitals.decision = {
    mismatches: [],
    planned: actions.map((action) => ({ action, verdicts: [], reason: null })),
    runnable: [],
    gates: [],
  };
}

describe('a code', () => {
  test('is taken once', () => {
    using bed = bench();
    const { hand, approvals } = bed;
    const { phrase } = approvals.offer(hand.core);
    expect(approvals.redeem(hand.core, ` ${phrase}\n`)).toBeNull();
    expect(approvals.redeem(hand.core, phrase)).toContain('no open confirmation');
  });

  test('is good for two minutes and not a millisecond longer, by the monotonic clock', () => {
    using bed = bench();
    const { hand, approvals } = bed;
    let { phrase } = approvals.offer(hand.core);
    hand.clock.mono += 119_999;
    hand.clock.wall += 3_600_000;
    expect(approvals.redeem(hand.core, phrase)).toBeNull();
    phrase = approvals.offer(hand.core).phrase;
    hand.clock.mono += 120_000;
    expect(approvals.redeem(hand.core, phrase)).toContain('older than 2 minutes');
    expect(approvals.redeem(hand.core, phrase)).toContain('no open confirmation');
  });

  test('is void after three wrong ones, and not before', () => {
    using bed = bench();
    const { hand, approvals } = bed;
    const { phrase } = approvals.offer(hand.core);
    expect(approvals.redeem(hand.core, 'host 4 nope')).not.toContain('void');
    expect(approvals.redeem(hand.core, 'host 3 code0')).not.toContain('void');
    expect(approvals.redeem(hand.core, phrase)).toBeNull();
    const second = approvals.offer(hand.core).phrase;
    for (let at = 0; at < 2; at++) approvals.redeem(hand.core, '');
    expect(approvals.redeem(hand.core, 'host 4')).toContain('void now');
    expect(approvals.redeem(hand.core, second)).toContain('no open confirmation');
  });

  test('of an older offer is wrong once a newer was made', () => {
    using bed = bench();
    const { hand, approvals } = bed;
    const first = approvals.offer(hand.core).phrase;
    const second = approvals.offer(hand.core).phrase;
    expect(first).not.toBe(second);
    expect(approvals.redeem(hand.core, first)).toContain('not "<host> 4 <code>"');
    expect(approvals.redeem(hand.core, second)).toBeNull();
  });

  test('can not be taken where none was offered', () => {
    using bed = bench();
    expect(bed.approvals.redeem(bed.hand.core, 'host 4 code0')).toContain('no open confirmation');
  });

  const moves: readonly (readonly [string, (hand: HandCore) => void])[] = [
    ['a plan that grew', (hand) => decide(hand, planned(cancelMismatch(1)), planned(cancelMismatch(2)))],
    ['another order of the same id', (hand) => decide(hand, planned(cancelMismatch(1, { orderId: '77' })))],
    ['a plan that is gone', (hand) => decide(hand)],
    [
      'a larger position',
      (hand) => decide(hand, planned(cancelMismatch(1)), planned(flattenMismatch('0.002'))),
    ],
    [
      'another position mode',
      (hand) => {
        hand.core.vitals.observation = observation([], [], { positionMode: 'hedge' });
      },
    ],
    [
      'evidence that was earned anew',
      (hand) => {
        const { stage } = hand.core.vitals;
        const evidence = stage.evidence.map((one) => ({ ...one, passedAtMs: one.passedAtMs + 1 }));
        hand.core.vitals.stage = { ...stage, evidence };
      },
    ],
  ];
  test.each(moves)('is refused after %s, and is used up by it', (_, move) => {
    using bed = bench();
    const { hand, approvals } = bed;
    decide(hand, planned(cancelMismatch(1)));
    const { phrase } = approvals.offer(hand.core);
    move(hand);
    expect(approvals.redeem(hand.core, phrase)).toContain('moved since the code was shown');
    expect(approvals.redeem(hand.core, phrase)).toContain('no open confirmation');
  });

  test('survives a look at the same things again', () => {
    using bed = bench();
    const { hand, approvals } = bed;
    decide(hand, planned(cancelMismatch(1)));
    const { phrase } = approvals.offer(hand.core);
    decide(hand, planned(cancelMismatch(1)));
    hand.clock.mono += 1000;
    expect(approvals.redeem(hand.core, phrase)).toBeNull();
  });
});

test('what is offered shows the plan, the covered settings and no neutral one', () => {
  using bed = bench();
  const { hand, approvals } = bed;
  decide(hand, planned(cancelMismatch(1)), planned(flattenMismatch('0.001')));
  const offer = approvals.offer(hand.core);
  expect(offer.plan).toEqual(planLines(hand.core));
  expect(offer.plan).toHaveLength(2);
  expect(offer.covered['reconcile.max_flatten_notional_usdt']).toBe('100');
  expect(offer.covered['log.level']).toBeUndefined();
});

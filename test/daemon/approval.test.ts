import { describe, expect, test } from 'bun:test';
import { planLines } from '../../src/daemon/approval.ts';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { runCommand } from '../../src/daemon/commands.ts';
import type { GateName, JudgedAction, PlannedAction } from '../../src/engine/types.ts';
import { GATES } from '../../src/gates/index.ts';
import { cancelMismatch, flattenMismatch, observation, planned } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

const NONE_OPEN = expect.stringContaining('no open confirmation');

function bench() {
  const hand = handCore();
  hand.raiseTo(3, 4);
  return {
    hand,
    offer: async () => {
      const { confirmation } = await hand.command('stage', { stage: 4 });
      if (confirmation === undefined) throw new Error('expected an offer');
      return confirmation;
    },
    redeem: (confirm: string) => hand.command('stage', { stage: 4, confirm }),
    [Symbol.dispose]: () => hand[Symbol.dispose](),
  };
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
  test('stands for a position and not for the part of it that goes first, which follows the price', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    const whole = planned(flattenMismatch('0.100'));
    decide(hand, { ...whole, quantity: '0.002', notionalUsdt: '99' });
    const { phrase } = await offer();
    decide(hand, { ...whole, quantity: '0.001', notionalUsdt: '50' });
    expect(await redeem(phrase)).toMatchObject({ exit_code: 0 });
  });

  test('is void when the position is another one', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    decide(hand, planned(flattenMismatch('0.100')));
    const { phrase } = await offer();
    decide(hand, planned(flattenMismatch('0.101')));
    expect(await redeem(phrase)).toMatchObject({ exit_code: 77 });
  });

  test('F68 a confirmation sent again is refused: it is taken once, with blanks around it', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    const { phrase } = await offer();
    expect(await redeem(` ${phrase}\n`)).toMatchObject({ exit_code: 0 });
    expect(hand.core.vitals.stage.inForce).toBe(4);
    await hand.command('disarm');
    expect(await redeem(phrase)).toMatchObject({ exit_code: 77, message: NONE_OPEN });
  });

  test('is good for two minutes and not a millisecond longer, by either clock', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    let { phrase } = await offer();
    hand.clock.mono += 119_999;
    expect(await redeem(phrase)).toMatchObject({ exit_code: 0 });
    await hand.command('disarm');
    phrase = (await offer()).phrase;
    hand.clock.mono += 120_000;
    expect(await redeem(phrase)).toMatchObject({
      exit_code: 77,
      message: NONE_OPEN,
    });
    expect(await redeem(phrase)).toMatchObject({ message: NONE_OPEN });
    phrase = (await offer()).phrase;
    hand.clock.wall += 120_000;
    expect(await redeem(phrase)).toMatchObject({ message: NONE_OPEN });
  });

  test('is void after three wrong ones, and not before', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    const { phrase } = await offer();
    expect((await redeem('host 4 nope')).message).not.toContain('void');
    expect((await redeem('host 3 code0')).message).not.toContain('void');
    expect(await redeem(phrase)).toMatchObject({ exit_code: 0 });
    await hand.command('disarm');
    const second = (await offer()).phrase;
    for (let at = 0; at < 2; at++) await redeem('no');
    expect((await redeem('host 4')).message).toContain('void now');
    expect(await redeem(second)).toMatchObject({ exit_code: 77, message: NONE_OPEN });
  });

  test('that the audit does not take is none, however well the audit goes on', async () => {
    using bed = bench();
    const { hand, offer } = bed;
    const { phrase } = await offer();
    const { journal } = hand.core;
    // As for a line that would be too long: refused, with a journal that stays healthy.
    const append: typeof journal.append = (entry) =>
      entry.event_type === 'APPROVED' ? { ok: false, problem: 'line too long' } : journal.append(entry);
    const core = { ...hand.core, journal: { ...journal, append } };
    const reply = await runCommand({ ...hand.deps, core }, 'stage', {
      operator: 'unknown',
      stage: 4,
      confirm: phrase,
      config_digest: core.settings.digest,
    });
    expect(reply).toMatchObject({ ok: false, exit_code: 75 });
    expect(reply.message).toContain('line too long');
    expect([core.vitals.stage.inForce, core.vitals.offer]).toEqual([3, null]);
    expect(core.interlock.writesAllowed()).toBe(false);
  });

  test('of an older offer is wrong once a newer was made', async () => {
    using bed = bench();
    const { offer, redeem } = bed;
    const first = (await offer()).phrase;
    const second = (await offer()).phrase;
    expect(first).not.toBe(second);
    expect((await redeem(first)).message).toContain('not "<host> 4 <code>"');
    expect(await redeem(second)).toMatchObject({ exit_code: 0 });
  });

  test('is taken from whoever it was shown to, and from nobody else, who uses nothing up by trying', async () => {
    using bed = bench();
    const { hand } = bed;
    const ask = { stage: 4, operator: 'ann' } as const;
    const { confirmation } = await hand.command('stage', ask);
    const confirm = confirmation?.phrase ?? '';
    for (let tries = 0; tries < 4; tries += 1)
      expect(await hand.command('stage', { ...ask, operator: 'bob', confirm })).toMatchObject({
        exit_code: 77,
        message: expect.stringContaining('the code was shown to ann'),
      });
    expect(hand.core.vitals.stage.inForce).toBe(3);
    expect(await hand.command('stage', { ...ask, confirm })).toMatchObject({ exit_code: 0 });
  });

  test('can not be taken where none was offered', async () => {
    using bed = bench();
    expect(await bed.redeem('host 4 c0de0')).toMatchObject({ exit_code: 77, message: NONE_OPEN });
  });

  test.each(['stop', 'disarm', 'breach'] as const)('is void after a %s', async (word) => {
    using bed = bench();
    const { hand, offer } = bed;
    await offer();
    if (word === 'breach') sendStageEvent(hand.core, { type: 'breach', why: 'x' });
    else await hand.command(word);
    if (word === 'disarm') expect(hand.core.vitals.offer).not.toBeNull();
    else expect(hand.core.vitals.offer).toBeNull();
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
  test.each(moves)('is refused after %s, and is used up by it', async (_, move) => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    decide(hand, planned(cancelMismatch(1)));
    const { phrase } = await offer();
    move(hand);
    expect((await redeem(phrase)).message).toContain('moved since the code was shown');
    expect(await redeem(phrase)).toMatchObject({ exit_code: 77, message: NONE_OPEN });
    expect(hand.core.vitals.stage.inForce).toBe(3);
  });

  test('survives a look at the same things again', async () => {
    using bed = bench();
    const { hand, offer, redeem } = bed;
    decide(hand, planned(cancelMismatch(1)));
    const { phrase } = await offer();
    decide(hand, planned(cancelMismatch(1)));
    hand.clock.mono += 1000;
    sendStageEvent(hand.core, { type: 'tick' });
    expect(await redeem(phrase)).toMatchObject({ exit_code: 0 });
  });
});

test('what is offered shows the plan, the covered settings and no neutral one', async () => {
  using bed = bench();
  const { hand } = bed;
  decide(hand, planned(cancelMismatch(1)), planned(flattenMismatch('0.001')));
  const offer = await bed.offer();
  expect(offer.plan).toEqual(planLines(hand.core));
  expect(offer.plan).toHaveLength(2);
  expect(offer.covered['reconcile.max_flatten_notional_usdt']).toBe('100');
  expect(offer.covered['log.level']).toBeUndefined();
});

test('what is offered tells for each action what else than the missing arming closes a gate', async () => {
  using bed = bench();
  const { hand } = bed;
  const judged = (action: PlannedAction, closed: readonly GateName[]): JudgedAction => ({
    action,
    verdicts: GATES.map(({ name }) => ({ gate: name, open: !closed.includes(name), value: '', limit: '' })),
    reason: closed[0] ?? null,
  });
  const free = judged(planned(cancelMismatch(1)), ['not_armed']);
  const capped = judged(planned(flattenMismatch('0.001')), ['not_armed', 'notional_exceeds_limit']);
  hand.core.vitals.decision = { mismatches: [], planned: [free, capped], runnable: [], gates: [] };
  expect(planLines(hand.core).map((line) => line.slice(line.lastIndexOf('[')))).toEqual([
    '[open]',
    '[notional_exceeds_limit]',
  ]);
});

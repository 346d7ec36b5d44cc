import { describe, expect, test } from 'bun:test';
import { addWork } from '../../src/daemon/armed-work.ts';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { ended } from '../../src/engine/item-result.ts';
import { leaseLeftMs } from '../../src/engine/lease.ts';
import { intentEntry } from '../engine/durable.ts';
import { cancelMismatch, planned } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

const HOUR = 3_600_000;
const leftOf = ({ core, clock }: HandCore) => {
  const { lease } = core.vitals.stage;
  return lease === null ? -1 : leaseLeftMs(lease, { nowMs: clock.wall, nowMonoMs: clock.mono });
};
/** Lets time pass as a daemon that runs lives it. */
function pass(hand: HandCore, ms: number): void {
  hand.clock.wall += ms;
  hand.clock.mono += ms;
  const { stage } = hand.core.vitals;
  const { mono, wall } = hand.clock;
  const progress = { ...stage.progress, lastRunMonoMs: mono, lastTickMonoMs: mono, lastTickMs: wall };
  hand.core.vitals.stage = { ...stage, progress };
}
const work = (hand: HandCore, seq: number) => {
  const result = {
    ...ended(planned(cancelMismatch(seq)), 'executed', null, 'CANCELED'),
    intentId: `i${seq}`,
  };
  hand.core.vitals.armedWork = addWork(hand.core.vitals.armedWork, [result], hand.clock.wall);
};
const phraseOf = async (hand: HandCore) => (await hand.command('renew')).confirmation?.phrase ?? '';

describe('a renewal', () => {
  test('shows what was sent since the arming, takes its code once, and prolongs', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    work(hand, 1);
    pass(hand, HOUR / 2);
    const shown = await hand.command('renew', { operator: 'ann' });
    expect(shown).toMatchObject({
      exit_code: 75,
      confirmation: { purpose: 'renew', executions: { sent: 1 } },
    });
    expect(shown.confirmation?.executions?.lines[0]).toContain('cancel BTCUSDT grinder_1_BTCUSDT');
    const confirm = shown.confirmation?.phrase ?? '';
    expect(confirm).toMatch(/^host renew /);
    expect(leftOf(hand)).toBe(HOUR / 2);
    expect(await hand.command('renew', { confirm, operator: 'ann' })).toMatchObject({ exit_code: 0 });
    expect(leftOf(hand)).toBe(4 * HOUR);
    expect(hand.core.vitals.stage.lease?.executionsLeft).toBe(10);
    const record = hand.core.journal.state().ceremonyRecords.at(-1);
    expect(record).toMatchObject({ event_type: 'APPROVED', operator: 'ann', details: { purpose: 'renew' } });
    pass(hand, 1000);
    expect(await hand.command('renew', { confirm })).toMatchObject({ exit_code: 77 });
  });

  test('is refused when something was sent after the look', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    pass(hand, 1000);
    const confirm = await phraseOf(hand);
    work(hand, 1);
    expect(await hand.command('renew', { confirm })).toMatchObject({
      exit_code: 77,
      message: expect.stringContaining('settings or executions moved'),
    });
  });

  test('is refused when something is on its way that the look did not show', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    pass(hand, 1000);
    const confirm = await phraseOf(hand);
    expect(hand.core.journal.append(intentEntry('on-its-way')).ok).toBe(true);
    expect(await hand.command('renew', { confirm })).toMatchObject({
      exit_code: 77,
      message: expect.stringContaining('settings or executions moved'),
    });
  });

  test('goes no further than 12 h after the arming, and says so', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    for (let hour = 0; hour < 11; hour++) {
      pass(hand, hour === 0 ? HOUR / 2 : HOUR);
      await hand.command('renew', { confirm: await phraseOf(hand) });
    }
    expect(leftOf(hand)).toBe(1.5 * HOUR);
    pass(hand, 1000);
    expect((await hand.command('renew')).message).toContain('a renewal would give no more time');
    pass(hand, 1.5 * HOUR);
    sendStageEvent(hand.core, { type: 'tick' });
    expect(hand.core.vitals.stage).toMatchObject({ inForce: 3, request: { stage: 4 } });
  });

  test('below stage 4 there is nothing to renew, and a code for 4 renews nothing', async () => {
    using hand = handCore();
    hand.raiseTo(3, 4);
    expect(await hand.command('renew')).toMatchObject({
      exit_code: 75,
      message: expect.stringContaining('not in stage 4'),
    });
    const { confirmation } = await hand.command('stage', { stage: 4 });
    expect(await hand.command('renew', { confirm: confirmation?.phrase ?? '' })).toMatchObject({
      exit_code: 75,
    });
  });

  test('that the audit does not take is none', async () => {
    using hand = handCore();
    hand.raiseTo(4);
    pass(hand, 1000);
    const confirm = await phraseOf(hand);
    const before = leftOf(hand);
    hand.bench.diskFails = true;
    expect((await hand.command('renew', { confirm })).ok).toBe(false);
    expect(leftOf(hand)).toBeLessThanOrEqual(before);
    expect(hand.core.interlock.writesAllowed()).toBe(false);
  });
});

test.each(['stage', 'approve'] as const)(
  '%s 4 does not call an arming that is over one that goes on, though no heartbeat has looked yet',
  async (verb) => {
    using hand = handCore();
    hand.raiseTo(4);
    hand.clock.wall += 5 * HOUR;
    hand.clock.mono += 5 * HOUR;
    const answer = await (verb === 'stage' ? hand.command('stage', { stage: 4 }) : hand.command('approve'));
    expect(answer.message).not.toContain('already');
    expect(answer.ok).toBe(false);
    expect(hand.core.vitals.stage.inForce).toBeLessThan(4);
  },
);

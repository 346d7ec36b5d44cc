import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { GATE_NAMES } from '../../src/engine/types.ts';
import { rules } from '../helpers/engine-world.ts';
import { type HandCore, handCore } from './hand-core.ts';

const lastRecord = (hand: HandCore) =>
  JSON.parse(readFileSync(hand.core.places.auditPath, 'utf8').trimEnd().split('\n').at(-1) ?? '');

function ready(config = ''): HandCore {
  const hand = handCore({ config });
  hand.core.vitals.rules = new Map([['BTCUSDT', rules()]]);
  return hand;
}

describe('prove', () => {
  test.each([1, 2, 3, 4] as const)('proves 34 gates in stage %i and moves nothing', async (stage) => {
    using hand = ready();
    hand.raiseTo(stage);
    const { vitals } = hand.core;
    const before = JSON.stringify([vitals.stage, vitals.canary, vitals.decision, hand.core.totals.all()]);
    const epoch = hand.core.interlock.epoch();
    const writer = hand.bench.writer;
    const reply = await hand.command('prove', { operator: 'ann' });
    expect(reply).toMatchObject({ ok: true, exit_code: 0, proof: { proven: 34, total: 34 } });
    expect(reply.proof?.gates.map(({ gate }) => gate)).toEqual([...GATE_NAMES]);
    expect(reply.proof?.gates.find(({ gate }) => gate === 'not_armed')?.now).toBe(
      stage === 4 ? 'open' : 'closed',
    );
    expect(JSON.stringify([vitals.stage, vitals.canary, vitals.decision, hand.core.totals.all()])).toBe(
      before,
    );
    expect([hand.core.interlock.epoch(), hand.bench.writer]).toEqual([epoch, writer]);
    expect(lastRecord(hand)).toMatchObject({
      ...{ event_type: 'CANARY_INJECTED', synthetic: true, operator: 'ann', status: null },
      details: { gate_proof: { proven: 34, total: 34, config_digest: hand.core.settings.digest } },
    });
    expect(hand.core.journal.state().openIntents.size).toBe(0);
  });

  test('holds while the feed rests on one checkpoint alone', async () => {
    using hand = ready();
    hand.raiseTo(1);
    const { feed } = hand.core;
    const oneWordSince = { updatedAtMs: 0, readAtMonoMs: 0 };
    const joined: typeof feed = { ...feed, state: () => ({ ...feed.state(), oneWordSince }) };
    Object.assign(hand.core, { feed: joined });
    expect(await hand.command('prove')).toMatchObject({ ok: true, proof: { proven: 34 } });
  });

  test('holds under other settings too', async () => {
    const config = `reconcile: {action: none, cooldown_seconds: 7, remediate_protective_orders: true, max_flatten_notional_usdt: 3}`;
    using hand = ready(config);
    hand.raiseTo(1);
    expect(await hand.command('prove')).toMatchObject({ ok: true, proof: { proven: 34 } });
  });

  test('is refused in stage 0 and while a stop is latched, like the canary', async () => {
    using hand = ready();
    expect(await hand.command('prove')).toMatchObject({
      ok: false,
      exit_code: 75,
      message: expect.stringContaining('stage 0'),
    });
    hand.raiseTo(2);
    await hand.command('stop', { operator: 'ann' });
    expect(await hand.command('prove')).toMatchObject({
      ok: false,
      exit_code: 75,
      message: expect.stringContaining('latched'),
    });
  });

  test('waits while the exchange has not told its rules, for then no flatten is planned', async () => {
    using hand = handCore();
    hand.raiseTo(1);
    expect(await hand.command('prove')).toMatchObject({ ok: false, exit_code: 75 });
  });

  test('is not proven when the audit does not take it', async () => {
    using hand = ready();
    hand.raiseTo(2);
    hand.bench.diskFails = true;
    const reply = await hand.command('prove');
    expect(reply).toMatchObject({
      ok: false,
      exit_code: 1,
      message: expect.stringContaining('NOT in the audit'),
    });
  });
});

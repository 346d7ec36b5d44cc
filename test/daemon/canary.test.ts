import { describe, expect, test } from 'bun:test';
import { autoCanary, injectCanary, takeCanary } from '../../src/daemon/canary.ts';
import { compare } from '../../src/engine/compare.ts';
import { expectedState, observation, options } from '../helpers/engine-world.ts';
import { handCore } from './hand-core.ts';

describe('a canary', () => {
  test('is an unexpected order in our identity that is flagged as synthetic', () => {
    using hand = handCore();
    hand.raiseTo(2);
    expect(injectCanary(hand.core, 'op')).toBeNull();
    const canary = takeCanary(hand.core);
    expect(canary).toMatchObject({ synthetic: true, symbol: 'BTCUSDT', status: 'NEW' });
    const found = compare(expectedState([]), observation(canary === null ? [] : [canary]), options());
    expect(found.mismatches).toMatchObject([
      { type: 'ORDER_EXISTS_UNEXPECTED', remediation: 'cancel', synthetic: true },
    ]);
  });

  test('is judged by one run, then gone', () => {
    using hand = handCore();
    hand.raiseTo(3);
    injectCanary(hand.core, 'op');
    expect(takeCanary(hand.core)).not.toBeNull();
    expect(hand.core.vitals.canaryShown).toBe(true);
    expect(takeCanary(hand.core)).toBeNull();
    expect(hand.core.vitals.canaryShown).toBe(false);
  });

  test('is in the audit with who asked for it, as synthetic', () => {
    using hand = handCore();
    hand.raiseTo(2);
    const before = hand.core.journal.state().lastSeq;
    injectCanary(hand.core, 'op');
    expect(hand.core.journal.state().lastSeq).toBe(before + 1);
    expect(hand.bench.lines.at(-1)).toContain('CANARY_INJECTED CANARY grinder_1_BTCUSDT_0_');
  });

  test.each([
    ['an empty whitelist', 'reconcile: {symbol_whitelist: []}', 'whitelist is empty'],
    [
      'a symbol whose ids can not fit',
      'reconcile: {symbol_whitelist: [VERYLONGSYMBOLUSDT_261225]}',
      'does not fit',
    ],
  ])('is refused with %s', (_, config, why) => {
    using hand = handCore({ config });
    hand.raiseTo(2);
    expect(injectCanary(hand.core, 'op')).toContain(why);
    expect(hand.core.vitals.canary).toBeNull();
  });

  test('that waits is not taken in stage 0', () => {
    using hand = handCore();
    hand.raiseTo(2);
    injectCanary(hand.core, 'op');
    hand.deps.stopNow('op', '');
    expect(takeCanary(hand.core)).toBeNull();
  });
});

describe('by itself', () => {
  const waiting = (hand: ReturnType<typeof handCore>) => {
    autoCanary(hand.core);
    return hand.core.vitals.canary !== null;
  };
  const dwelled = (hand: ReturnType<typeof handCore>) => {
    const { stage } = hand.core.vitals;
    hand.core.vitals.stage = { ...stage, progress: { ...stage.progress, dwellMs: 600_000 } };
  };

  test('it comes in stage 2 once the dwell is over and nothing was seen, and not before', () => {
    using hand = handCore();
    hand.raiseTo(2);
    expect(waiting(hand)).toBe(false);
    dwelled(hand);
    expect(waiting(hand)).toBe(true);
  });

  test('it comes in stage 3 at once', () => {
    using hand = handCore();
    hand.raiseTo(3);
    expect(waiting(hand)).toBe(true);
  });

  test.each([1, 4] as const)('it never comes in stage %i', (stage) => {
    using hand = handCore();
    hand.raiseTo(stage);
    dwelled(hand);
    expect(waiting(hand)).toBe(false);
  });

  test('it does not come when a plan was seen, when switched off, or when latched', () => {
    using hand = handCore();
    hand.raiseTo(3);
    const { stage } = hand.core.vitals;
    hand.core.vitals.stage = { ...stage, progress: { ...stage.progress, planned: 1 } };
    expect(waiting(hand)).toBe(false);
    using off = handCore({ config: 'ceremony: {auto_canary: false}' });
    off.raiseTo(3);
    expect(waiting(off)).toBe(false);
    using latched = handCore();
    latched.raiseTo(3);
    latched.deps.stopNow('op', '');
    expect(waiting(latched)).toBe(false);
  });
});

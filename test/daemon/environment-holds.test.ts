import { describe, expect, test } from 'bun:test';
import { coveredFor } from '../../src/config/covered.ts';
import type { Variables } from '../../src/config/environment.ts';
import { sendStageEvent } from '../../src/daemon/ceremony.ts';
import { nextStep } from '../../src/daemon/next-step.ts';
import { present } from '../../src/daemon/present.ts';
import { handCore } from './hand-core.ts';

const board = { rows: () => [] } as never;

/** What is in force at once after a start under variables, with every stage passed before. */
function inForce(env: Variables, config = ''): readonly [number, string | undefined] {
  using hand = handCore({ env, config });
  const { vitals } = hand.core;
  const { request } = vitals.stage;
  hand.feedWell();
  vitals.prerequisites = [];
  const asked = request.stage;
  const covered = { ...hand.core.settings.flat, account: 'sim' };
  const evidence = ([1, 2, 3] as const).map((stage) => ({
    stage,
    passedAtMs: hand.clock.wall,
    covered: coveredFor(stage, covered),
    version: '1',
  }));
  vitals.stage = { ...vitals.stage, evidence };
  for (let at = 0; at < 4; at += 1) sendStageEvent(hand.core, { type: 'tick' });
  const status = present(hand.core, board, 1);
  expect(status.stage.requested).toBe(asked);
  if (status.stage.hold !== null && status.stage.hold.stage < asked) {
    expect(nextStep(hand.core)).toContain(`${status.stage.hold.because} holds at ${status.stage.hold.stage}`);
    expect(nextStep(hand.core)).toContain('./run_live.sh');
  }
  return [vitals.stage.inForce, status.stage.hold?.because];
}

describe('the environment of a start', () => {
  test.each<[Variables, number, string | undefined]>([
    [{}, 0, undefined],
    [{ RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'none' }, 1, 'RECONCILE_ACTION=none'],
    [{ RECONCILE_ACTION: 'cancel_all', RECONCILE_DRY_RUN: 'true' }, 2, 'RECONCILE_DRY_RUN=true'],
    // Armed by the environment alone is stage 3, waiting for a confirmation.
    [{ ARMED: '1', ALLOW_MAINNET_TRADE: '1', RECONCILE_DRY_RUN: 'false' }, 3, undefined],
    [{ RECONCILE_ENABLED: '0' }, 0, 'RECONCILE_ENABLED=0'],
    [{ RECONCILE_ENABLED: '0', ARMED: '1', RECONCILE_DRY_RUN: 'false' }, 0, 'RECONCILE_ENABLED=0'],
    [{ RECONCILE_ACTION: 'none', ARMED: '1' }, 1, 'RECONCILE_ACTION=none'],
    [{ ALLOW_ACTIVE_REMEDIATION: 'false', ARMED: '1' }, 1, 'ALLOW_ACTIVE_REMEDIATION=false'],
    [{ RECONCILE_DRY_RUN: 'true', ARMED: '1' }, 2, 'RECONCILE_DRY_RUN=true'],
    [{ ARMED: '0', RECONCILE_DRY_RUN: 'false' }, 3, 'ARMED=0'],
    // The lowest of several holds is the one that is named.
    [
      { ARMED: '0', RECONCILE_DRY_RUN: 'true', RECONCILE_ENABLED: '1', RECONCILE_ACTION: 'auto' },
      2,
      'RECONCILE_DRY_RUN=true',
    ],
  ])('%j leads to %i, held by %p', (env, stage, because) => {
    expect(inForce(env)).toEqual([stage, because]);
  });

  test("over the config's request: what a variable asks for counts, however low", () => {
    expect(inForce({ RECONCILE_ENABLED: '1' }, 'ceremony: {requested_stage: 3}')).toEqual([1, undefined]);
    expect(inForce({}, 'ceremony: {requested_stage: 3}')).toEqual([3, undefined]);
    expect(inForce({ ARMED: '0' }, 'ceremony: {requested_stage: 4}')).toEqual([3, 'ARMED=0']);
  });
});

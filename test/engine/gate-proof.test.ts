import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type CanaryInputs, proveGates } from '../../src/engine/gate-proof.ts';
import { GATE_NAMES, type GateName } from '../../src/engine/types.ts';
import type { GateInput, GateWorld, Limits } from '../../src/gates/gate.ts';
import { judgeAll } from '../../src/gates/index.ts';
import { SHADOWS } from '../../src/gates/shadow.ts';
import { cancelMismatch, flattenMismatch, openInput, openWorld, planned } from '../helpers/engine-world.ts';

function inputsIn(world: Partial<GateWorld> = {}, more: Partial<GateInput> = {}): CanaryInputs {
  const input = openInput({ world: openWorld(world), ...more });
  const synthetic = { synthetic: true };
  return {
    cancel: { ...input, action: planned(cancelMismatch(1, synthetic)) },
    flatten: { ...input, action: { ...planned(flattenMismatch('0.001')), ...synthetic } },
  };
}

const unproven = (inputs: CanaryInputs, shadows = SHADOWS) =>
  proveGates(inputs, shadows).flatMap(({ gate, verdict, why }) =>
    verdict === 'PASS' ? [] : [`${gate}: ${why}`],
  );

/** A world in which everything that can be shut is shut. */
const SHUT: Partial<GateWorld> = {
  stopLatched: true,
  isLeader: false,
  audit: { enabled: false, healthy: false, problem: 'off' },
  switches: { loop: true, action: 'none', dryRun: true, allowActiveRemediation: false, armed: false },
  mode: 'none',
  mainnetTrade: { required: true, allowed: false },
  expected: {
    ...{ ageMs: null, staleAfterMs: 30_000, hasCheckpoint: false, settled: false, fault: 'gap' },
    ...{ appliedEventMs: 0, positionLagMs: 30_000 },
  },
  exchangeNowMs: null,
  mass: null,
  sideEffects: { protectedSymbols: ['BTCUSDT'], strangers: null, hedgedSymbols: ['BTCUSDT', 'ETHUSDT'] },
  snapshot: { ageMs: null, complete: false, maxAgeMs: 120_000 },
  clock: { offsetMs: null, measuredAgeMs: null, limitMs: 500, maxAgeMs: 60_000 },
  backoffLeftMs: null,
  unresolvedSymbols: ['BTCUSDT'],
  sinceLastWriteMs: null,
  prices: new Map(),
  day: null,
};

describe('each gate alone blocks the canary with its own reason', () => {
  test('in a world in which all are open', () => {
    const proofs = proveGates(inputsIn());
    expect(proofs.map(({ gate }) => gate)).toEqual([...GATE_NAMES]);
    expect(proofs.length).toBe(34);
    for (const proof of proofs) expect(proof).toMatchObject({ verdict: 'PASS', reason: proof.gate, why: '' });
    expect(proofs.filter(({ also }) => also.length > 0).map(({ gate, also }) => [gate, ...also])).toEqual([
      ['whitelist_required', 'symbol_not_in_whitelist'],
    ]);
  });

  test('in a world in which everything is shut, and tells how the gates stand outside the shadow', () => {
    const inputs = inputsIn(SHUT, { confirmation: null, failures: 3 });
    expect(unproven(inputs)).toEqual([]);
    const now = new Map(proveGates(inputs).map((one) => [one.gate, one.now]));
    expect(now.get('stop_latched')).toBe('closed');
    expect(now.get('cooldown_not_elapsed')).toBe('closed');
    expect(now.get('max_orders_reached')).toBe('open');
  });

  test('under a feed that is young enough, and older than a confirmation takes', () => {
    const { expected } = openWorld();
    expect(unproven(inputsIn({ expected: { ...expected, ageMs: 20_000 } }))).toEqual([]);
    expect(unproven(inputsIn({ expected: { ...expected, ageMs: 20_000 } }, { confirmation: null }))).toEqual(
      [],
    );
  });

  test('under whatever limits are set', () => {
    const cap = fc.integer({ min: 1, max: 100_000 });
    const limits = fc.record<Limits>({
      maxFlattenNotionalUsdt: cap.map(String),
      maxOrdersPerAction: fc.integer({ min: 1, max: 1000 }),
      maxSymbolsPerAction: fc.integer({ min: 1, max: 50 }),
      maxCallsPerRun: fc.integer({ min: 1, max: 1000 }),
      maxNotionalPerRunUsdt: cap.map((value) => `${value}.5`),
      maxCallsPerDay: fc.integer({ min: 1, max: 100_000 }),
      maxNotionalPerDayUsdt: cap.map(String),
    });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 86_400 }), fc.boolean(), (some, seconds, protective) => {
        const world = { limits: some, cooldownMs: seconds * 1000, remediateProtective: protective };
        expect(unproven(inputsIn(world))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('by figures that are just past the limits set', () => {
    const of = new Map(proveGates(inputsIn({ cooldownMs: 90_000 })).map((one) => [one.gate, one]));
    expect(of.get('expected_state_stale')).toMatchObject({ value: '30.0 s', limit: '< 30.0 s' });
    expect(of.get('max_orders_reached')).toMatchObject({ value: '3 + 1', limit: '<= 3' });
    expect(of.get('notional_exceeds_limit')).toMatchObject({
      value: '100.01',
      limit: '<= 100',
      aim: 'flatten',
    });
    expect(of.get('cooldown_not_elapsed')?.limit).toBe('>= 90.0 s');
  });
});

describe('a gate is not proven', () => {
  const without = (gate: GateName, change: Partial<(typeof SHADOWS)[GateName]>) => ({
    ...SHADOWS,
    [gate]: { ...SHADOWS[gate], ...change },
  });

  test('when it stays open', () => {
    const shadows = without('cooldown_not_elapsed', { close: (input) => input });
    expect(unproven(inputsIn(), shadows)).toEqual(['cooldown_not_elapsed: stayed open']);
  });

  test('when another one blocks first', () => {
    const { close } = SHADOWS.stop_latched;
    const shadows = without('not_armed', { close: (input) => close(SHADOWS.not_armed.close(input)) });
    expect(unproven(inputsIn(), shadows)).toEqual(['not_armed: blocked by stop_latched']);
  });

  test('when a later one closes with it that has nothing to do with it', () => {
    const { close } = SHADOWS.snapshot_stale;
    const shadows = without('not_armed', { close: (input) => close(SHADOWS.not_armed.close(input)) });
    expect(unproven(inputsIn(), shadows)).toEqual(['not_armed: not alone: snapshot_stale']);
  });

  test('when the others can not be opened: no gate of a kind is, by settings that let nothing through', () => {
    const limits = { ...openWorld().limits, maxOrdersPerAction: 0 };
    expect(unproven(inputsIn({ limits })).length).toBe(34);
    expect(unproven(inputsIn({ limits }))[0]).toBe("stop_latched: can't be opened: max_orders_reached");
  });
});

test('what is opened lets a real order through, so that the proof is not that nothing ever passes', () => {
  const inputs = inputsIn();
  const opened = SHADOWS.synthetic.open(inputs.cancel);
  expect(judgeAll(opened).filter(({ open }) => !open)).toEqual([]);
});

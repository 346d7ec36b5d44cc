import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ActionHistory, type DecideInputs, type Decision, decide } from '../../src/engine/decide.ts';
import type { Mismatch } from '../../src/engine/types.ts';
import type { GateWorld } from '../../src/gates/gate.ts';
import { cancelMismatch, clientId, flattenMismatch, openWorld, rules } from '../helpers/engine-world.ts';

const CONFIRMED = { completeReads: 2, spanMs: 10_000, stillMs: 40_001 };

function inputs(mismatches: readonly Mismatch[], change: Partial<DecideInputs> = {}): DecideInputs {
  return {
    mismatches,
    world: openWorld(),
    rules: new Map([['BTCUSDT', rules()]]),
    confirmationOf: () => CONFIRMED,
    history: new Map(),
    ...change,
  };
}
const eth = (seq: number) =>
  cancelMismatch(seq, { symbol: 'ETHUSDT', clientOrderId: clientId(seq, 'ETHUSDT') });
const reasons = ({ planned }: Decision) => planned.map((one) => one.reason);
const order = ({ runnable }: Decision) => runnable.map((one) => one.action.mismatch.clientOrderId);
const history = (entries: Readonly<Record<string, Partial<ActionHistory>>>) =>
  new Map(Object.entries(entries).map(([id, past]) => [id, { failures: 0, waitedRuns: 0, ...past }]));
const gate = ({ gates }: Decision, name: string) => gates.find((one) => one.gate === name);
const idOf = (seq: number) => `cancel:${cancelMismatch(seq).key.replace('ORDER_EXISTS_UNEXPECTED:', '')}`;
const stage = (change: Partial<GateWorld['switches']>) => {
  const world = openWorld();
  return { world: { ...world, switches: { ...world.switches, ...change } } };
};
const limits = (change: Partial<GateWorld['limits']>, more: Partial<GateWorld> = {}) => {
  const world = openWorld(more);
  return { world: { ...world, limits: { ...world.limits, ...change } } };
};

describe('the stages', () => {
  const found = [cancelMismatch(1), flattenMismatch('0.001')];

  test('in stage 1 nothing is planned', () => {
    const stage1 = stage({ action: 'none', dryRun: true, allowActiveRemediation: false, armed: false });
    const decision = decide(inputs(found, stage1));
    expect([decision.planned, decision.runnable]).toEqual([[], []]);
    expect(decision.mismatches).toEqual(found);
    expect(gate(decision, 'not_confirmed')).toMatchObject({ open: true, value: 'no action' });
    expect(gate(decision, 'dry_run')?.open).toBe(false);
  });
  test('in stage 0 nothing is planned, whatever the action says', () => {
    expect(decide(inputs(found, stage({ loop: false }))).planned).toEqual([]);
  });
  test('in stage 2 everything planned is blocked with dry_run', () => {
    expect(reasons(decide(inputs(found, stage({ dryRun: true, armed: false }))))).toEqual([
      'dry_run',
      'dry_run',
    ]);
  });
  test('in stage 3 everything planned is blocked with not_armed, also what a person has to look at', () => {
    const past = history({ [idOf(1)]: { failures: 3 } });
    const decision = decide(inputs(found, { ...stage({ armed: false }), history: past }));
    expect(reasons(decision)).toEqual(['not_armed', 'not_armed']);
  });
  test('in stage 4 what passes every gate runs, the canary never', () => {
    const decision = decide(inputs([cancelMismatch(1), cancelMismatch(2, { synthetic: true })]));
    expect(reasons(decision)).toEqual([null, 'synthetic']);
  });
});

describe('the mode', () => {
  const found = [cancelMismatch(1), flattenMismatch('0.001')];

  test('cancel_all blocks flattens, flatten blocks cancels', () => {
    expect(reasons(decide(inputs(found, { world: openWorld({ mode: 'cancel_all' }) })))).toEqual([
      null,
      'mode_cancel_only',
    ]);
    expect(reasons(decide(inputs(found, { world: openWorld({ mode: 'flatten' }) })))).toEqual([
      'mode_flatten_only',
      null,
    ]);
  });

  test('auto flattens only in a run in which no cancel passes', () => {
    expect(reasons(decide(inputs(found)))).toEqual([null, 'mode_cancel_only']);
    const unconfirmed = decide(
      inputs(found, { confirmationOf: (key) => (key === found[0]?.key ? null : CONFIRMED) }),
    );
    expect(reasons(unconfirmed)).toEqual(['not_confirmed', null]);
  });

  test('in auto a flatten that waited still comes after cancels', () => {
    const waited = history({ [`flatten:${flattenMismatch('0.001').key}`]: { waitedRuns: 9 } });
    expect(reasons(decide(inputs(found, { history: waited })))).toEqual([null, 'mode_cancel_only']);
  });
});

describe('what passes earlier in a run counts', () => {
  test('against the orders of a run', () => {
    const found = [1, 2, 3, 4].map((seq) => cancelMismatch(seq));
    expect(reasons(decide(inputs(found)))).toEqual([null, null, null, 'max_orders_reached']);
  });
  test('against the symbols of a run', () => {
    expect(reasons(decide(inputs([cancelMismatch(1), cancelMismatch(2), eth(3)])))).toEqual([
      null,
      null,
      'max_symbols_reached',
    ]);
  });
  test('against the calls of a run and of a day', () => {
    const found = [cancelMismatch(1), cancelMismatch(2)];
    expect(reasons(decide(inputs(found, limits({ maxCallsPerRun: 1 }))))).toEqual([
      null,
      'max_calls_per_run',
    ]);
    const day = { calls: 99, notionalUsdt: '0' };
    expect(reasons(decide(inputs(found, limits({}, { day }))))).toEqual([null, 'max_calls_per_day']);
  });
  test('against the notional of a run and of a day', () => {
    const found = [
      flattenMismatch('0.001', { positionSide: 'LONG' }),
      flattenMismatch('-0.001', { positionSide: 'SHORT' }),
    ];
    expect(reasons(decide(inputs(found, limits({ maxNotionalPerRunUsdt: '119.99' }))))).toEqual([
      null,
      'max_notional_per_run',
    ]);
    expect(reasons(decide(inputs(found, limits({ maxNotionalPerDayUsdt: '119.99' }))))).toEqual([
      null,
      'max_notional_per_day',
    ]);
    expect(reasons(decide(inputs(found, limits({ maxNotionalPerDayUsdt: '120' }))))).toEqual([null, null]);
  });
  test('but what is blocked takes nothing', () => {
    const found = [1, 2, 3, 4].map((seq) => cancelMismatch(seq, { synthetic: seq < 4 }));
    expect(reasons(decide(inputs(found)))).toEqual(['synthetic', 'synthetic', 'synthetic', null]);
  });
});

describe('turns', () => {
  const found = [1, 2, 3, 4].map((seq) => cancelMismatch(seq));

  test('what failed goes last, what waited two executing runs goes first', () => {
    const past = history({
      [idOf(1)]: { failures: 1 },
      [idOf(3)]: { waitedRuns: 1 },
      [idOf(4)]: { waitedRuns: 2 },
    });
    expect(order(decide(inputs(found, { history: past })))).toEqual([4, 2, 3].map((seq) => clientId(seq)));
  });

  test('24 what failed does not keep the rest from running', () => {
    const past = history({ [idOf(1)]: { failures: 2, waitedRuns: 5 } });
    expect(order(decide(inputs(found.slice(0, 3), { history: past })))).toEqual(
      [2, 3, 1].map((seq) => clientId(seq)),
    );
  });

  test('what failed three times is left to a person', () => {
    const decision = decide(inputs(found.slice(0, 2), { history: history({ [idOf(1)]: { failures: 3 } }) }));
    expect(reasons(decision)).toEqual(['unresolved_intent', null]);
    expect(gate(decision, 'unresolved_intent')).toMatchObject({ open: false, value: 'manual: failed 3x' });
  });
});

test('a gate is told as closed when it closed for any action, with the figure that closed it', () => {
  const decision = decide(
    inputs([cancelMismatch(1), eth(2)], { world: openWorld({ whitelist: ['BTCUSDT'] }) }),
  );
  expect(gate(decision, 'symbol_not_in_whitelist')).toMatchObject({ open: false, value: 'ETHUSDT' });
  expect(gate(decision, 'synthetic')).toMatchObject({ open: true, value: 'real' });
});

test('for any mismatches planned = runnable + blocked, caps hold, and the order of the plan is kept', () => {
  const mismatch = fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((seq) => cancelMismatch(seq, { synthetic: seq % 7 === 0 })),
    fc.integer({ min: 31, max: 40 }).map(eth),
    fc.constantFrom('0.001', '-0.001', '0.002').map((amount) => flattenMismatch(amount)),
  );
  const many = fc.uniqueArray(mismatch, { selector: (one) => one.key, maxLength: 12 });
  const pasts = fc.array(fc.record({ failures: fc.nat(3), waitedRuns: fc.nat(3) }), {
    minLength: 12,
    maxLength: 12,
  });
  const modes = fc.constantFrom('auto', 'cancel_all', 'flatten');
  fc.assert(
    fc.property(many, pasts, modes, fc.integer({ min: 1, max: 4 }), (found, past, mode, cap) => {
      const known = new Map<string, ActionHistory>(
        found.flatMap((one, at) => {
          const entry = past[at];
          return entry === undefined
            ? []
            : [[`${one.remediation}:${one.key.replace(/^ORDER_[A-Z_]+:/, '')}`, entry] as const];
        }),
      );
      const { world } = limits({ maxOrdersPerAction: cap }, { mode });
      const { planned, runnable } = decide(inputs(found, { world, history: known }));
      const blocked = planned.filter((one) => one.reason !== null);
      expect(planned.length).toBe(runnable.length + blocked.length);
      expect(planned.map((one) => one.action.mismatch.key)).toEqual(found.map((one) => one.key));
      expect(runnable.length).toBeLessThanOrEqual(cap);
      expect(new Set(runnable.map((one) => one.action.symbol)).size).toBeLessThanOrEqual(1);
      expect(new Set(runnable.map((one) => one.action.action)).size).toBeLessThanOrEqual(1);
      for (const { action } of runnable) {
        expect(action.synthetic).toBe(false);
        expect(known.get(action.id)?.failures).toBeLessThan(3);
      }
      for (const one of planned)
        expect(one.verdicts.every((verdict) => verdict.open)).toBe(one.reason === null);
    }),
    { numRuns: 300 },
  );
});

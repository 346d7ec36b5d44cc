import { describe, expect, test } from 'bun:test';
import { GATE_NAMES, type GateName, type ObservedOrder } from '../../src/engine/types.ts';
import type { GateInput, GateWorld } from '../../src/gates/gate.ts';
import { firstClosed, GATES, judgeAll, worldVerdicts } from '../../src/gates/index.ts';
import { cancelMismatch, openInput, openWorld, planned } from '../helpers/engine-world.ts';
import { GATE_CASES } from './cases.ts';

function closedIn(input: GateInput): readonly GateName[] {
  return judgeAll(input)
    .filter((verdict) => !verdict.open)
    .map((verdict) => verdict.gate);
}

describe('each gate', () => {
  for (const { gate, when, open, input } of GATE_CASES) {
    test(`${gate} is ${open ? 'open' : 'closed'}: ${when}`, () => {
      const verdict = judgeAll(input).find((one) => one.gate === gate);
      expect(verdict?.open).toBe(open);
    });
  }

  test('has table cases of both kinds', () => {
    for (const { name } of GATES) {
      const answers = new Set(GATE_CASES.filter((one) => one.gate === name).map((one) => one.open));
      expect([name, answers.size]).toEqual([name, 2]);
    }
  });

  test('words its answer in 18 and 14 characters', () => {
    for (const { input } of GATE_CASES) {
      for (const verdict of judgeAll(input)) {
        expect(verdict.value.length).toBeLessThanOrEqual(18);
        expect(verdict.limit.length).toBeLessThanOrEqual(14);
      }
    }
  });
});

describe('the list of gates', () => {
  test('follows the order of the contract', () => {
    expect(GATES.map((gate) => gate.name)).toEqual([...GATE_NAMES]);
  });

  test('lets an action run when every gate is open', () => {
    expect(closedIn(openInput())).toEqual([]);
    expect(firstClosed(judgeAll(openInput()))).toBeNull();
  });

  test('refuses to call an empty list of verdicts open', () => {
    expect(() => firstClosed([])).toThrow(RangeError);
  });

  test('closes a gate that throws, and says error', () => {
    const thrower = new Proxy(openWorld(), {
      get(target, key) {
        if (key === 'whitelist') throw new Error('broken');
        return Reflect.get(target, key);
      },
    });
    const verdicts = judgeAll(openInput({ world: thrower }));
    expect(verdicts.filter((one) => !one.open).map((one) => [one.gate, one.value])).toEqual([
      ['whitelist_required', 'error'],
      ['symbol_not_in_whitelist', 'error'],
    ]);
  });

  test('gives the same world verdicts with and without an action, and opens the others as "no action"', () => {
    const world: GateWorld = { ...openWorld(), stopLatched: true };
    const withAction = judgeAll(openInput({ world }));
    worldVerdicts(world).forEach((verdict, index) => {
      const expected =
        GATES[index]?.scope === 'world' ? withAction[index] : { ...verdict, open: true, value: 'no action' };
      expect(verdict).toEqual(expected!);
    });
  });
});

/** For each gate one change that closes it and no other gate, such that all can be combined. */
type Closer = (input: GateInput) => GateInput;
const inWorld =
  (change: (world: GateWorld) => Partial<GateWorld>): Closer =>
  (input) => ({ ...input, world: { ...input.world, ...change(input.world) } });
const CLOSERS: Readonly<Partial<Record<GateName, Closer>>> = {
  stop_latched: inWorld(() => ({ stopLatched: true })),
  not_leader: inWorld(() => ({ isLeader: false })),
  audit_unavailable: inWorld((world) => ({ audit: { ...world.audit, healthy: false } })),
  action_is_none: inWorld((world) => ({ switches: { ...world.switches, action: 'none' } })),
  dry_run: inWorld((world) => ({ switches: { ...world.switches, dryRun: true } })),
  allow_active_remediation_false: inWorld((world) => ({
    switches: { ...world.switches, allowActiveRemediation: false },
  })),
  not_armed: inWorld((world) => ({ switches: { ...world.switches, armed: false } })),
  env_var_missing: inWorld(() => ({ mainnetTrade: { required: true, allowed: false } })),
  expected_state_stale: inWorld((world) => ({ expected: { ...world.expected, ageMs: null } })),
  expected_not_caught_up: inWorld(() => ({ exchangeNowMs: null })),
  mass_mismatch: inWorld(() => ({ mass: null })),
  snapshot_stale: inWorld((world) => ({ snapshot: { ...world.snapshot, complete: false } })),
  clock_skew: inWorld((world) => ({ clock: { ...world.clock, offsetMs: null } })),
  exchange_backoff: inWorld(() => ({ backoffLeftMs: 1 })),
  unresolved_intent: inWorld(() => ({ unresolvedSymbols: null })),
  mode_cancel_only: (input) => ({ ...input, run: { ...input.run, cancels: 1 } }),
  cooldown_not_elapsed: inWorld(() => ({ sinceLastWriteMs: 1 })),
  whitelist_required: inWorld(() => ({ whitelist: [] })),
  symbol_not_in_whitelist: inWorld(() => ({ whitelist: [] })),
  not_confirmed: (input) => ({
    ...input,
    confirmation: { completeReads: 1, spanMs: 10_000, stillMs: 40_001 },
  }),
  flatten_side_effects: inWorld((world) => ({ sideEffects: { ...world.sideEffects, strangers: null } })),
  price_unavailable: inWorld(() => ({ prices: new Map() })),
  notional_exceeds_limit: inWorld((world) => ({ limits: { ...world.limits, maxFlattenNotionalUsdt: '1' } })),
  max_orders_reached: (input) => ({ ...input, run: { ...input.run, orders: 3 } }),
  max_symbols_reached: (input) => ({ ...input, run: { ...input.run, symbols: ['ETHUSDT'] } }),
  max_calls_per_run: (input) => ({ ...input, run: { ...input.run, calls: 10 } }),
  max_notional_per_run: (input) => ({ ...input, run: { ...input.run, notionalUsdt: '1000' } }),
  max_calls_per_day: inWorld((world) => ({ limits: { ...world.limits, maxCallsPerDay: 0 } })),
  max_notional_per_day: inWorld((world) => ({ limits: { ...world.limits, maxNotionalPerDayUsdt: '1' } })),
  synthetic: (input) => ({ ...input, action: { ...input.action, synthetic: true } }),
};
const NAMES = GATE_NAMES.filter((name) => CLOSERS[name] !== undefined);
/** Closing this one closes that one too. */
const ALSO: Readonly<Partial<Record<GateName, GateName>>> = {
  whitelist_required: 'symbol_not_in_whitelist',
  symbol_not_in_whitelist: 'whitelist_required',
};

function close(names: readonly GateName[]): GateInput {
  return names.reduce((input, name) => CLOSERS[name]?.(input) ?? input, openInput());
}
function implied(names: readonly GateName[]): readonly GateName[] {
  const all = new Set([...names, ...names.flatMap((name) => ALSO[name] ?? [])]);
  return GATE_NAMES.filter((name) => all.has(name));
}

describe('gates together', () => {
  test('each gate alone stops the action and is the reason', () => {
    for (const name of NAMES) expect(closedIn(close([name]))).toEqual([...implied([name])]);
  });

  test('of every pair the earlier one is the reason and both are told', () => {
    for (const first of NAMES) {
      for (const second of NAMES) {
        const verdicts = judgeAll(close([first, second]));
        const closed = verdicts.filter((one) => !one.open).map((one) => one.gate);
        expect(closed).toEqual([...implied([first, second])]);
        expect(firstClosed(verdicts)).toBe(implied([first, second])[0] ?? null);
      }
    }
  });

  test('the same holds for a cancel and the gates that only cancels meet', () => {
    const cancelOf = (change: Partial<ObservedOrder>) => planned(cancelMismatch(1, change));
    const only: Readonly<Partial<Record<GateName, Closer>>> = {
      mode_flatten_only: inWorld(() => ({ mode: 'flatten' })),
      no_grinder_prefix: (input) => ({
        ...input,
        action: { ...input.action, clientOrderId: 'x_1_BTCUSDT_1_1_1' },
      }),
      strategy_not_allowed: inWorld(() => ({ identity: { prefix: 'grinder_', allowedStrategies: [] } })),
      protective_order: (input) => ({ ...input, action: cancelOf({ reduceOnly: true }) }),
    };
    const worldNames = GATES.filter((gate) => gate.scope === 'world').map((gate) => gate.name);
    for (const name of GATE_NAMES) {
      const closer = only[name];
      if (closer === undefined) continue;
      const alone = firstClosed(judgeAll(closer(openInput({ action: cancelOf({}) }))));
      expect(alone).toBe(name);
      for (const other of worldNames) {
        const both = closer(CLOSERS[other]?.(openInput({ action: cancelOf({}) })) ?? openInput());
        expect(firstClosed(judgeAll(both))).toBe(implied([name, other])[0] ?? null);
      }
    }
  });

  test('in 200,000 random combinations only the all-open one runs, and the reason is the first closed gate', () => {
    let seed = 20_261_123;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    let open = 0;
    for (let round = 0; round < 200_000; round += 1) {
      const density = random() * 0.3;
      const names = NAMES.filter(() => random() < density);
      const reason = firstClosed(judgeAll(close(names)));
      if (reason === null) open += 1;
      if (reason !== (implied(names)[0] ?? null))
        throw new Error(`seed round ${round}: ${names} gave ${reason}`);
    }
    expect(open).toBeGreaterThan(1000);
  }, 60_000);
});

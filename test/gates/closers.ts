/** For each gate what closes it and no other, so that they can be combined. */
import { GATE_NAMES, type GateName, type PlannedAction } from '../../src/engine/types.ts';
import type { GateInput, GateWorld } from '../../src/gates/gate.ts';
import { cancelMismatch, observedOrder, openInput, planned } from '../helpers/engine-world.ts';

/** For each gate one change that closes it and no other gate, such that all can be combined in the gates' order. */
type Closer = (input: GateInput) => GateInput;
type Closers = Readonly<Partial<Record<GateName, Closer>>>;
const inWorld =
  (change: (world: GateWorld) => Partial<GateWorld>): Closer =>
  (input) => ({ ...input, world: { ...input.world, ...change(input.world) } });
const inAction =
  (change: (action: PlannedAction) => Partial<PlannedAction>): Closer =>
  (input) => ({ ...input, action: { ...input.action, ...change(input.action) } });
const onlyCancels: Closers = {
  mode_flatten_only: inWorld(() => ({ mode: 'flatten' })),
  no_grinder_prefix: inAction(() => ({ clientOrderId: 'x_1_BTCUSDT_1_1_1' })),
  strategy_not_allowed: inWorld(() => ({ identity: { prefix: 'grinder_', allowedStrategies: [] } })),
  protective_order: inAction(({ mismatch }) => ({
    mismatch: { ...mismatch, observedOrder: observedOrder(1, { reduceOnly: true }) },
  })),
};
const onlyFlattens: Closers = {
  mode_cancel_only: (input) => ({ ...input, run: { ...input.run, cancels: 1 } }),
  flatten_side_effects: inWorld((world) => ({ sideEffects: { ...world.sideEffects, strangers: null } })),
  price_unavailable: inWorld(() => ({ prices: new Map() })),
  notional_exceeds_limit: inWorld((world) => ({ limits: { ...world.limits, maxFlattenNotionalUsdt: '1' } })),
};
const both: Closers = {
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
  expected_state_stale: inWorld((world) => ({ expected: { ...world.expected, settled: false } })),
  expected_not_caught_up: inWorld(() => ({ exchangeNowMs: null })),
  mass_mismatch: inWorld(() => ({ mass: null })),
  snapshot_stale: inWorld((world) => ({ snapshot: { ...world.snapshot, complete: false } })),
  clock_skew: inWorld((world) => ({ clock: { ...world.clock, offsetMs: null } })),
  exchange_backoff: inWorld(() => ({ backoffLeftMs: 1 })),
  unresolved_intent: inWorld(() => ({ unresolvedSymbols: null })),
  cooldown_not_elapsed: inWorld(() => ({ sinceLastWriteMs: 1 })),
  whitelist_required: inWorld(() => ({ whitelist: [] })),
  symbol_not_in_whitelist: inWorld(({ whitelist }) => ({
    whitelist: whitelist.length === 0 ? [] : ['ETHUSDT'],
  })),
  not_confirmed: (input) => ({
    ...input,
    confirmation: { completeReads: 1, spanMs: 10_000, stillMs: 40_001 },
  }),
  max_orders_reached: (input) => ({ ...input, run: { ...input.run, orders: 3 } }),
  max_symbols_reached: (input) => ({ ...input, run: { ...input.run, symbols: ['ETHUSDT'] } }),
  max_calls_per_run: (input) => ({ ...input, run: { ...input.run, calls: 10 } }),
  max_notional_per_run: (input) => ({ ...input, run: { ...input.run, notionalUsdt: '1001' } }),
  max_calls_per_day: inWorld((world) => ({ limits: { ...world.limits, maxCallsPerDay: 0 } })),
  max_notional_per_day: inWorld((world) => ({ limits: { ...world.limits, maxNotionalPerDayUsdt: '0' } })),
  synthetic: inAction(() => ({ synthetic: true })),
};
/** Closing this one closes those too: nothing is on an empty list, and an id that is not ours has no strategy. */
const ALSO: Readonly<Partial<Record<GateName, readonly GateName[]>>> = {
  whitelist_required: ['symbol_not_in_whitelist'],
  no_grinder_prefix: ['strategy_not_allowed'],
};

/** The kinds of action with the gates that one of them can meet. */
const KINDS = [
  { kind: 'flatten', action: openInput().action, closers: { ...both, ...onlyFlattens } },
  { kind: 'cancel', action: planned(cancelMismatch(1)), closers: { ...both, ...onlyCancels } },
] as const;

/** One kind of action, and how to close gates for it. */
export interface GateKind {
  readonly kind: string;
  /** The gates that can be closed for it, in the contract's order. */
  readonly names: readonly GateName[];
  readonly close: (closed: readonly GateName[]) => GateInput;
}

export const GATE_KINDS: readonly GateKind[] = KINDS.map(({ kind, action, closers }) => {
  const applied: Closers = closers;
  return {
    kind,
    names: GATE_NAMES.filter((name) => Object.hasOwn(closers, name)),
    close: (closed) => closed.reduce((input, name) => applied[name]?.(input) ?? input, openInput({ action })),
  };
});

/** Every gate that is closed when these are, in the contract's order. */
export function implied(closed: readonly GateName[]): readonly GateName[] {
  const all = new Set([...closed, ...closed.flatMap((name) => ALSO[name] ?? [])]);
  return GATE_NAMES.filter((name) => all.has(name));
}

/**
 * How a shadow evaluation opens every gate and closes one: pure changes of a gate's input, never of the gates. What opens a
 * gate changes the state of the moment, and a setting only where the setting itself keeps it shut; what closes one goes
 * just past the limit that is set.
 */
import type { GateName } from '../engine/types.ts';
import {
  act,
  behind,
  caughtUp,
  inWorld,
  justPast,
  marked,
  massOf,
  ofRun,
  ofSwitch,
  ofWorld,
  plusCent,
  priced,
  roomy,
  type Shadow,
  seen,
  smaller,
  spending,
} from './shadow-steps.ts';
import { MANUAL_AFTER_FAILURES } from './unresolved-intent.ts';

/** One a gate. */
export const SHADOWS: Readonly<Record<GateName, Shadow>> = {
  stop_latched: ofWorld(
    () => ({ stopLatched: false }),
    () => ({ stopLatched: true }),
  ),
  not_leader: ofWorld(
    () => ({ isLeader: true, otherExecutor: null }),
    () => ({ isLeader: false }),
  ),
  audit_unavailable: ofWorld(
    () => ({ audit: { enabled: true, healthy: true, problem: '' } }),
    ({ audit }) => ({ audit: { ...audit, healthy: false } }),
  ),
  action_is_none: ofWorld(
    ({ switches, mode }) => ({ switches: { ...switches, action: mode === 'none' ? 'auto' : mode } }),
    ({ switches }) => ({ switches: { ...switches, action: 'none' } }),
  ),
  dry_run: ofSwitch('dryRun', false),
  allow_active_remediation_false: ofSwitch('allowActiveRemediation', true),
  not_armed: ofSwitch('armed', true),
  env_var_missing: ofWorld(
    () => ({ mainnetTrade: { required: true, allowed: true } }),
    () => ({ mainnetTrade: { required: true, allowed: false } }),
  ),
  expected_state_stale: ofWorld(
    ({ expected }) => ({
      expected: { ...expected, ageMs: 0, hasCheckpoint: true, settled: true, fault: null },
    }),
    ({ expected }) => ({ expected: { ...expected, ageMs: expected.staleAfterMs } }),
  ),
  expected_not_caught_up: { aim: 'cancel', open: caughtUp, close: behind },
  mass_mismatch: ofWorld(
    () => ({ mass: massOf(0, 1) }),
    () => ({ mass: massOf(4, 5) }),
  ),
  snapshot_stale: ofWorld(
    ({ snapshot }) => ({ snapshot: { ...snapshot, ageMs: 0, complete: true } }),
    ({ snapshot }) => ({ snapshot: { ...snapshot, ageMs: snapshot.maxAgeMs + 1 } }),
  ),
  clock_skew: ofWorld(
    ({ clock }) => ({ clock: { ...clock, offsetMs: 0, measuredAgeMs: 0 } }),
    ({ clock }) => ({ clock: { ...clock, offsetMs: clock.limitMs + 1 } }),
  ),
  exchange_backoff: ofWorld(
    () => ({ backoffLeftMs: 0 }),
    () => ({ backoffLeftMs: 1 }),
  ),
  unresolved_intent: {
    aim: 'cancel',
    open: (input) => ({ ...inWorld(input, { unresolvedSymbols: [] }), failures: 0 }),
    close: (input) => ({ ...input, failures: MANUAL_AFTER_FAILURES }),
  },
  mode_cancel_only: {
    aim: 'flatten',
    open: (input) => ({ ...inWorld(input, { mode: 'auto' }), run: { ...input.run, cancels: 0 } }),
    close: (input) => inWorld(input, { mode: 'cancel_all' }),
  },
  mode_flatten_only: ofWorld(
    () => ({ mode: 'auto' }),
    () => ({ mode: 'flatten' }),
  ),
  cooldown_not_elapsed: ofWorld(
    ({ cooldownMs }) => ({ sinceLastWriteMs: cooldownMs }),
    ({ cooldownMs }) => ({ sinceLastWriteMs: cooldownMs - 1 }),
  ),
  whitelist_required: {
    ...ofWorld(
      (_, { symbol }) => ({ whitelist: [symbol] }),
      () => ({ whitelist: [] }),
    ),
    implies: ['symbol_not_in_whitelist'],
  },
  symbol_not_in_whitelist: ofWorld(
    ({ whitelist }, { symbol }) => ({ whitelist: [...whitelist, symbol] }),
    (_, { symbol }) => ({ whitelist: [`NOT${symbol}`] }),
  ),
  // An id of our prefix that names another symbol: only what is ours in every part is ours.
  no_grinder_prefix: {
    aim: 'cancel',
    open: (input) => input,
    close: (input) => {
      const { symbol, clientOrderId } = input.action;
      return act(input, { clientOrderId: clientOrderId?.replace(`_${symbol}_`, '_OTHER_') ?? null });
    },
  },
  strategy_not_allowed: ofWorld(
    () => ({}),
    ({ identity }) => ({ identity: { ...identity, allowedStrategies: [] } }),
  ),
  protective_order: {
    aim: 'cancel',
    open: (input) => input,
    close: (input) => {
      const { mismatch } = input.action;
      const { observedOrder } = mismatch;
      const protecting = observedOrder === null ? null : { ...observedOrder, reduceOnly: true };
      return act(inWorld(input, { remediateProtective: false }), {
        mismatch: { ...mismatch, observedOrder: protecting },
      });
    },
  },
  not_confirmed: {
    aim: 'cancel',
    open: (input) => seen(input, 2),
    close: (input) => seen(input, 1),
  },
  flatten_side_effects: {
    aim: 'flatten',
    open: (input) => {
      const hedgedSymbols = input.world.sideEffects.hedgedSymbols.filter(
        (one) => one !== input.action.symbol,
      );
      return inWorld(input, { sideEffects: { protectedSymbols: [], strangers: new Map(), hedgedSymbols } });
    },
    close: (input) => {
      const strangers = new Map([[input.action.symbol, 1]]);
      return inWorld(input, { sideEffects: { ...input.world.sideEffects, strangers } });
    },
  },
  price_unavailable: {
    aim: 'flatten',
    open: (input) => act(priced(input, 0), { notionalUsdt: input.action.notionalUsdt ?? '0' }),
    close: (input) => priced(input, input.world.priceMaxAgeMs + 1),
  },
  notional_exceeds_limit: {
    aim: 'flatten',
    open: (input) => act(roomy(input), { notionalUsdt: input.world.limits.maxFlattenNotionalUsdt }),
    close: (input) => act(input, { notionalUsdt: plusCent(input.world.limits.maxFlattenNotionalUsdt) }),
    implies: ['max_notional_per_run', 'max_notional_per_day'],
  },
  max_orders_reached: ofRun({ orders: 0 }, ({ maxOrdersPerAction }) => ({ orders: maxOrdersPerAction })),
  max_symbols_reached: ofRun({ symbols: [] }, ({ maxSymbolsPerAction }) => ({
    symbols: Array.from({ length: maxSymbolsPerAction }, (_, index) => `OTHER${index}`),
  })),
  max_calls_per_run: {
    ...ofRun({ calls: 0 }, ({ maxCallsPerRun }) => ({ calls: maxCallsPerRun })),
    implies: ['max_calls_per_day'],
  },
  max_notional_per_run: {
    aim: 'flatten',
    open: (input) => spending(act(input, { notionalUsdt: input.world.limits.maxNotionalPerRunUsdt }), '0'),
    close: (input) => spending(input, justPast(input, input.world.limits.maxNotionalPerRunUsdt)),
    implies: ['max_notional_per_day'],
  },
  max_calls_per_day: ofWorld(
    () => ({ day: { calls: 0, notionalUsdt: '0' } }),
    ({ limits }) => ({ day: { calls: limits.maxCallsPerDay, notionalUsdt: '0' } }),
  ),
  max_notional_per_day: {
    aim: 'flatten',
    open: (input) =>
      act(inWorld(input, { day: { calls: 0, notionalUsdt: '0' } }), {
        notionalUsdt: smaller(input.action.notionalUsdt, input.world.limits.maxNotionalPerDayUsdt),
      }),
    close: (input) => {
      const notionalUsdt = justPast(input, input.world.limits.maxNotionalPerDayUsdt);
      return inWorld(input, { day: { calls: 0, notionalUsdt } });
    },
  },
  synthetic: { aim: 'cancel', open: (input) => marked(input, false), close: (input) => marked(input, true) },
};

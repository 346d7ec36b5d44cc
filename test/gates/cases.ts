/** Every gate's table: what closes it and what leaves it open, at the limit, below, above, and with input missing. */
import { GATE_NAMES, type GateName, type PlannedAction } from '../../src/engine/types.ts';
import type { GateInput, GateWorld } from '../../src/gates/gate.ts';
import {
  cancelMismatch,
  flattenMismatch,
  MOVED_AT_MS,
  openInput,
  openWorld,
  planned,
} from '../helpers/engine-world.ts';

/** One question to one gate with the answer it must give. */
export interface GateCase {
  readonly gate: GateName;
  readonly when: string;
  readonly open: boolean;
  readonly input: GateInput;
}

type Change = Readonly<Record<string, unknown>>;

/** Changes the world, also to values that the types forbid: a gate meets them when something upstream broke. */
function world(change: Change): GateInput {
  return openInput({ world: Object.assign({}, openWorld(), change) });
}
function nested(key: keyof GateWorld, change: Change): GateInput {
  return world({ [key]: Object.assign({}, openWorld()[key], change) });
}
function input(change: Change): GateInput {
  return Object.assign({}, openInput(), change);
}
const cancel = planned(cancelMismatch(1));
const flatten = planned(flattenMismatch('0.001'));
const run = openInput().run;
const prices = (markPrice: unknown, ageMs: unknown) =>
  world({ prices: new Map([['BTCUSDT', { markPrice, ageMs }]]) });
const flattenOf = (notionalUsdt: unknown) => ({ action: Object.assign({}, flatten, { notionalUsdt }) });
const largest = (quantity: unknown) => world({ largestOrders: new Map([['BTCUSDT', quantity]]) });
const cancelOf = (change: Parameters<typeof cancelMismatch>[1]) => ({
  action: planned(cancelMismatch(1, change)),
});

const late = (ageMs: number, stillMs: number) => ({
  ...world({
    expected: { ...openWorld().expected, ageMs },
    exchangeNowMs: MOVED_AT_MS + 90_000,
  }),
  ...still(stillMs),
});
const still = (stillMs: number) => ({ confirmation: { completeReads: 2, spanMs: 10_000, stillMs } });
const behind = (ms: number, action: PlannedAction): GateInput => ({
  ...nested('expected', { appliedEventMs: MOVED_AT_MS - ms }),
  action,
});
const ahead = (ms: number): GateInput => ({
  ...world({
    exchangeNowMs: MOVED_AT_MS,
    expected: { ...openWorld().expected, appliedEventMs: MOVED_AT_MS + ms },
  }),
  action: cancel,
});

type Row = readonly [when: string, open: boolean, input: GateInput];
const table: Readonly<Partial<Record<GateName, readonly Row[]>>> = {
  stop_latched: [
    ['clear', true, world({ stopLatched: false })],
    ['latched', false, world({ stopLatched: true })],
    ['unknown', false, world({ stopLatched: null })],
    ['absent', false, world({ stopLatched: undefined })],
  ],
  not_leader: [
    ['leading', true, world({ isLeader: true })],
    ['not leading', false, world({ isLeader: false })],
    ['another one was seen to execute', false, world({ otherExecutor: 'grc_1' })],
    ['another one was seen, and nothing is known of it', false, world({ otherExecutor: '' })],
    ['whether another was seen is not known', false, world({ otherExecutor: undefined })],
    ['unknown', false, world({ isLeader: null })],
  ],
  audit_unavailable: [
    ['healthy', true, openInput()],
    ['off', false, nested('audit', { enabled: false })],
    ['unhealthy', false, nested('audit', { healthy: false, problem: 'ENOSPC' })],
    ['unknown', false, nested('audit', { healthy: null })],
    ['absent', false, world({ audit: undefined })],
  ],
  action_is_none: [
    ['auto', true, openInput()],
    ['none', false, nested('switches', { action: 'none' })],
    ['absent', false, nested('switches', { action: undefined })],
  ],
  dry_run: [
    ['off', true, openInput()],
    ['on', false, nested('switches', { dryRun: true })],
    ['absent', false, nested('switches', { dryRun: undefined })],
  ],
  allow_active_remediation_false: [
    ['true', true, openInput()],
    ['false', false, nested('switches', { allowActiveRemediation: false })],
    ['absent', false, nested('switches', { allowActiveRemediation: undefined })],
  ],
  not_armed: [
    ['armed', true, openInput()],
    ['not armed', false, nested('switches', { armed: false })],
    ['absent', false, nested('switches', { armed: undefined })],
  ],
  env_var_missing: [
    ['asked and set', true, world({ mainnetTrade: { required: true, allowed: true } })],
    ['not asked and unset', true, world({ mainnetTrade: { required: false, allowed: false } })],
    ['asked and unset', false, world({ mainnetTrade: { required: true, allowed: false } })],
    ['absent', false, world({ mainnetTrade: {} })],
  ],
  expected_state_stale: [
    ['one below the limit', true, nested('expected', { ageMs: 29_999 })],
    ['at the limit, which is not younger', false, nested('expected', { ageMs: 30_000 })],
    ['one above', false, nested('expected', { ageMs: 30_001 })],
    ['from the future', false, nested('expected', { ageMs: null })],
    ['NaN', false, nested('expected', { ageMs: Number.NaN })],
    ['a limit of NaN', false, nested('expected', { staleAfterMs: Number.NaN })],
    ['a limit without end', false, nested('expected', { staleAfterMs: Number.POSITIVE_INFINITY })],
    ['no checkpoint', false, nested('expected', { hasCheckpoint: false })],
    ['a new session', false, nested('expected', { settled: false })],
    ['a gap', false, nested('expected', { fault: 'gap at 7' })],
    ['an empty fault', false, nested('expected', { fault: '' })],
  ],
  expected_not_caught_up: [
    ['a cancel caught up to the millisecond', true, behind(0, cancel)],
    ['a cancel with more than its own update', true, behind(-500, cancel)],
    ['a cancel one millisecond behind', false, behind(1, cancel)],
    ['a cancel, never said', false, { ...nested('expected', { appliedEventMs: 0 }), action: cancel }],
    ['a cancel, NaN', false, { ...nested('expected', { appliedEventMs: Number.NaN }), action: cancel }],
    ['a cancel, absent', false, { ...nested('expected', { appliedEventMs: undefined }), action: cancel }],
    ['a cancel, a second ahead of the exchange', true, ahead(1000)],
    ['a cancel, more than a second ahead', false, ahead(1001)],
    ['a cancel, clock unknown', false, { ...world({ exchangeNowMs: null }), action: cancel }],
    ['a cancel of an order without a time', false, input(cancelOf({ updatedAtMs: 0 }))],
    ['a cancel, the order unknown', false, input({ action: { ...cancel, mismatch: flatten.mismatch } })],
    ['a cancel with a gap in the feed', false, { ...nested('expected', { fault: 'gap' }), action: cancel }],
    ['a cancel seen a moment ago', true, { ...input(still(0)), action: cancel }],
    ['a flatten one millisecond behind', false, behind(1, flatten)],
    ['a flatten that lay still one above the limit', true, input(still(40_001))],
    ['a flatten that lay still at the limit', false, input(still(40_000))],
    ['a flatten that moved at the limit', false, world({ exchangeNowMs: MOVED_AT_MS + 40_000 })],
    ['a flatten never seen', false, input({ confirmation: null })],
    ['a flatten, NaN', false, input(still(Number.NaN))],
    ['a flatten under a feed as late as a confirmation takes', true, late(10_000, 40_001)],
    ['a flatten under a feed that is later', false, late(10_001, 40_001)],
    ['a flatten that lay still one above what a late feed asks for', true, late(25_000, 55_001)],
    ['a flatten that lay still for what a late feed asks for', false, late(25_000, 55_000)],
    ['a flatten, the age of the feed NaN', false, late(Number.NaN, 90_000)],
    ['a flatten, no lag known', false, nested('expected', { positionLagMs: undefined })],
    ['a flatten, a lag below zero', false, nested('expected', { positionLagMs: -50_000 })],
  ],
  mass_mismatch: [
    ['three unexpected of few', true, nested('mass', { unexpected: 3, ours: 4, matched: 1 })],
    ['four unexpected of few', false, nested('mass', { unexpected: 4, ours: 5, matched: 1 })],
    ['a fifth of many', true, nested('mass', { unexpected: 20, ours: 100, matched: 80 })],
    ['one more than a fifth of many', false, nested('mass', { unexpected: 21, ours: 100, matched: 79 })],
    ['nothing matches', false, nested('mass', { unexpected: 1, ours: 1, matched: 0, differing: 1 })],
    ['nothing to match', true, nested('mass', { unexpected: 0, ours: 0, matched: 0, differing: 0 })],
    ['acknowledged', true, nested('mass', { unexpected: 9, acknowledged: true })],
    ['acknowledged, but a set waits', false, nested('mass', { acknowledged: true, pending: true })],
    ['a set waits', false, nested('mass', { pending: true })],
    ['waiting unknown', false, nested('mass', { pending: undefined })],
    ['NaN', false, nested('mass', { unexpected: Number.NaN })],
    ['matches absent', false, nested('mass', { matched: undefined })],
    ['not compared yet', false, world({ mass: null })],
    ['absent', false, world({ mass: undefined })],
  ],
  snapshot_stale: [
    ['one below the limit', true, nested('snapshot', { ageMs: 119_999 })],
    ['at the limit', true, nested('snapshot', { ageMs: 120_000 })],
    ['one above', false, nested('snapshot', { ageMs: 120_001 })],
    ['incomplete', false, nested('snapshot', { complete: false })],
    ['none yet', false, nested('snapshot', { ageMs: null })],
    ['NaN', false, nested('snapshot', { ageMs: Number.NaN })],
    ['from the far future', false, nested('snapshot', { ageMs: -5000 })],
  ],
  clock_skew: [
    ['at the limit', true, nested('clock', { offsetMs: -500 })],
    ['one below', true, nested('clock', { offsetMs: 499 })],
    ['one above', false, nested('clock', { offsetMs: 501 })],
    ['one above, behind', false, nested('clock', { offsetMs: -501 })],
    ['measured exactly long enough ago', true, nested('clock', { measuredAgeMs: 60_000 })],
    ['measured too long ago', false, nested('clock', { measuredAgeMs: 60_001 })],
    ['not measured', false, nested('clock', { offsetMs: null })],
    ['age unknown', false, nested('clock', { measuredAgeMs: null })],
    ['NaN', false, nested('clock', { offsetMs: Number.NaN })],
    ['a limit of NaN', false, nested('clock', { limitMs: Number.NaN })],
  ],
  exchange_backoff: [
    ['none', true, openInput()],
    ['1 ms left', false, world({ backoffLeftMs: 1 })],
    ['unknown', false, world({ backoffLeftMs: null })],
    ['NaN', false, world({ backoffLeftMs: Number.NaN })],
  ],
  unresolved_intent: [
    ['another symbol', true, world({ unresolvedSymbols: ['ETHUSDT'] })],
    ['this symbol', false, world({ unresolvedSymbols: ['BTCUSDT'] })],
    ['unknown', false, world({ unresolvedSymbols: null })],
    ['failed twice', true, input({ failures: 2 })],
    ['failed three times', false, input({ failures: 3 })],
    ['failures unknown', false, input({ failures: Number.NaN })],
  ],
  mode_cancel_only: [
    ['a flatten in auto', true, openInput()],
    ['a flatten in flatten', true, world({ mode: 'flatten' })],
    ['a flatten in cancel_all', false, world({ mode: 'cancel_all' })],
    ['a flatten in none', false, world({ mode: 'none' })],
    ['a flatten in auto beside a cancel', false, input({ run: { ...run, cancels: 1 } })],
    ['a flatten, cancels unknown', false, input({ run: { ...run, cancels: undefined } })],
    ['mode absent', false, world({ mode: undefined })],
    ['a cancel in cancel_all', true, { ...world({ mode: 'cancel_all' }), action: cancel }],
  ],
  mode_flatten_only: [
    ['a cancel in auto', true, input({ action: cancel })],
    ['a cancel in cancel_all', true, { ...world({ mode: 'cancel_all' }), action: cancel }],
    ['a cancel in flatten', false, { ...world({ mode: 'flatten' }), action: cancel }],
    ['a cancel in none', false, { ...world({ mode: 'none' }), action: cancel }],
    ['a flatten in flatten', true, world({ mode: 'flatten' })],
  ],
  cooldown_not_elapsed: [
    ['at the limit', true, world({ sinceLastWriteMs: 60_000 })],
    ['one above', true, world({ sinceLastWriteMs: 60_001 })],
    ['one below', false, world({ sinceLastWriteMs: 59_999 })],
    ['never', true, world({ sinceLastWriteMs: Number.POSITIVE_INFINITY })],
    ['unknown', false, world({ sinceLastWriteMs: null })],
    ['NaN', false, world({ sinceLastWriteMs: Number.NaN })],
    ['a cooldown of NaN', false, world({ cooldownMs: Number.NaN })],
    ['a cooldown below zero', false, world({ cooldownMs: -1 })],
  ],
  whitelist_required: [
    ['two symbols', true, openInput()],
    ['none', false, world({ whitelist: [] })],
    ['absent', false, world({ whitelist: null })],
  ],
  symbol_not_in_whitelist: [
    ['listed', true, openInput()],
    ['not listed', false, world({ whitelist: ['ETHUSDT'] })],
    ['listed in other letters', false, world({ whitelist: ['btcusdt'] })],
    ['absent', false, world({ whitelist: undefined })],
  ],
  no_grinder_prefix: [
    ['ours', true, input({ action: cancel })],
    ['another prefix', false, input(cancelOf({ clientOrderId: 'x_1_BTCUSDT_1_1700000000_1' }))],
    ['another symbol inside', false, input(cancelOf({ clientOrderId: 'grinder_1_ETHUSDT_1_1700000000_1' }))],
    ['our prefix only', false, input(cancelOf({ clientOrderId: 'grinder_' }))],
    ['a repair order', false, input(cancelOf({ clientOrderId: 'grc_1' }))],
    ['no id', false, input({ action: { ...cancel, clientOrderId: null } })],
    [
      'an empty prefix',
      false,
      { ...world({ identity: { prefix: '', allowedStrategies: ['1'] } }), action: cancel },
    ],
    ['identity absent', false, { ...world({ identity: undefined }), action: cancel }],
    ['a flatten', true, openInput()],
  ],
  strategy_not_allowed: [
    ['allowed', true, input({ action: cancel })],
    ['not allowed', false, input(cancelOf({ clientOrderId: 'grinder_2_BTCUSDT_1_1700000000_1' }))],
    [
      'none allowed',
      false,
      { ...world({ identity: { prefix: 'grinder_', allowedStrategies: [] } }), action: cancel },
    ],
    ['unparsable', false, input(cancelOf({ clientOrderId: 'grinder_1' }))],
    ['a flatten', true, openInput()],
  ],
  protective_order: [
    ['a plain order', true, input({ action: cancel })],
    ['reduce-only', false, input(cancelOf({ reduceOnly: true }))],
    ['close-position', false, input(cancelOf({ closePosition: true }))],
    ['conditional', false, input(cancelOf({ conditional: true }))],
    ['closing a long in hedge mode', false, input(cancelOf({ positionSide: 'LONG', side: 'SELL' }))],
    ['opening a long in hedge mode', true, input(cancelOf({ positionSide: 'LONG', side: 'BUY' }))],
    ['closing a short in hedge mode', false, input(cancelOf({ positionSide: 'SHORT', side: 'BUY' }))],
    [
      'reduce-only and allowed',
      true,
      { ...world({ remediateProtective: true }), ...cancelOf({ reduceOnly: true }) },
    ],
    ['the order unknown', false, input({ action: { ...cancel, mismatch: flatten.mismatch } })],
    ['a flatten', true, openInput()],
  ],
  not_confirmed: [
    ['two reads at the limit', true, openInput()],
    [
      'two reads one above',
      true,
      input({ confirmation: { completeReads: 2, spanMs: 10_001, stillMs: 40_001 } }),
    ],
    [
      'two reads one below',
      false,
      input({ confirmation: { completeReads: 2, spanMs: 9_999, stillMs: 40_001 } }),
    ],
    ['one read', false, input({ confirmation: { completeReads: 1, spanMs: 20_000, stillMs: 40_001 } })],
    ['no read', false, input({ confirmation: null })],
    ['NaN', false, input({ confirmation: { completeReads: 2, spanMs: Number.NaN, stillMs: 40_001 } })],
    ['a limit of NaN', false, world({ confirmAfterMs: Number.NaN })],
  ],
  flatten_side_effects: [
    ['nothing else', true, openInput()],
    [
      'a protective order expected on another symbol',
      true,
      nested('sideEffects', { protectedSymbols: ['ETHUSDT'] }),
    ],
    ['a protective order expected', false, nested('sideEffects', { protectedSymbols: ['BTCUSDT'] })],
    [
      'a foreign order on another symbol',
      true,
      nested('sideEffects', { strangers: new Map([['ETHUSDT', 2]]) }),
    ],
    ['a foreign order', false, nested('sideEffects', { strangers: new Map([['BTCUSDT', 1]]) })],
    ['a count that is none', false, nested('sideEffects', { strangers: new Map([['BTCUSDT', Number.NaN]]) })],
    ['in a hedge group', false, nested('sideEffects', { hedgedSymbols: ['ETHUSDT', 'BTCUSDT'] })],
    ['another hedge group', true, nested('sideEffects', { hedgedSymbols: ['ETHUSDT', 'SOLUSDT'] })],
    ['not compared yet', false, nested('sideEffects', { strangers: null })],
    ['absent', false, world({ sideEffects: undefined })],
    ['a cancel', true, { ...nested('sideEffects', { hedgedSymbols: ['BTCUSDT'] }), action: cancel }],
  ],
  price_unavailable: [
    ['at the age limit', true, prices('60000', 10_000)],
    ['one below', true, prices('60000', 9_999)],
    ['one above', false, prices('60000', 10_001)],
    ['no price', false, world({ prices: new Map() })],
    ['zero', false, prices('0', 1)],
    ['NaN', false, prices('NaN', 1)],
    ['age unknown', false, prices('60000', null)],
    ['no notional', false, input(flattenOf(null))],
    ['a cancel without a price', true, { ...world({ prices: new Map() }), action: cancel }],
  ],
  notional_exceeds_limit: [
    ['at the limit', true, input(flattenOf('100'))],
    ['a cent below', true, input(flattenOf('99.99'))],
    ['a cent above', false, input(flattenOf('100.01'))],
    ['unknown', false, input(flattenOf(null))],
    ['NaN', false, input(flattenOf('NaN'))],
    ['below zero', false, input(flattenOf('-1'))],
    ['no cap', false, nested('limits', { maxFlattenNotionalUsdt: undefined })],
    ['a cap of zero', false, { ...nested('limits', { maxFlattenNotionalUsdt: '0' }), ...flattenOf('0') }],
    ['a cap without end', false, nested('limits', { maxFlattenNotionalUsdt: 'Infinity' })],
    ['a cancel', true, input({ action: cancel })],
    ["the exchange's largest order", true, largest('0.001')],
    ["a little above the exchange's largest order", false, largest('0.00099')],
    ['a largest order of zero', false, largest('0')],
    ['a largest order that is no number', false, largest('NaN')],
    ['the largest order of another symbol', false, world({ largestOrders: new Map([['ETHUSDT', '9']]) })],
    ['largest orders that are not known', false, world({ largestOrders: undefined })],
    ['no quantity', false, input({ action: Object.assign({}, flatten, { quantity: null }) })],
    ['a cancel where none are known', true, { ...world({ largestOrders: undefined }), action: cancel }],
  ],
  max_orders_reached: [
    ['the third of three', true, input({ run: { ...run, orders: 2 } })],
    ['the second of three', true, input({ run: { ...run, orders: 1 } })],
    ['the fourth of three', false, input({ run: { ...run, orders: 3 } })],
    ['NaN', false, input({ run: { ...run, orders: Number.NaN } })],
    ['a cap of NaN', false, nested('limits', { maxOrdersPerAction: Number.NaN })],
    ['no cap', false, nested('limits', { maxOrdersPerAction: undefined })],
    ['a cap without end', false, nested('limits', { maxOrdersPerAction: Number.POSITIVE_INFINITY })],
  ],
  max_symbols_reached: [
    ['the first', true, openInput()],
    ['the same again', true, input({ run: { ...run, symbols: ['BTCUSDT'] } })],
    ['a second of one', false, input({ run: { ...run, symbols: ['ETHUSDT'] } })],
    ['no cap', false, nested('limits', { maxSymbolsPerAction: null })],
  ],
  max_calls_per_run: [
    ['the tenth of ten', true, input({ run: { ...run, calls: 9 } })],
    ['the ninth of ten', true, input({ run: { ...run, calls: 8 } })],
    ['the eleventh of ten', false, input({ run: { ...run, calls: 10 } })],
    ['NaN', false, input({ run: { ...run, calls: Number.NaN } })],
    ['no cap', false, nested('limits', { maxCallsPerRun: null })],
  ],
  max_notional_per_run: [
    ['at the limit', true, input({ run: { ...run, notionalUsdt: '940' } })],
    ['a cent below', true, input({ run: { ...run, notionalUsdt: '939.99' } })],
    ['a cent above', false, input({ run: { ...run, notionalUsdt: '940.01' } })],
    ['unknown', false, input(flattenOf(null))],
    ['NaN', false, input({ run: { ...run, notionalUsdt: 'NaN' } })],
    ['no cap', false, nested('limits', { maxNotionalPerRunUsdt: null })],
  ],
  max_calls_per_day: [
    ['the last of the day', true, world({ day: { calls: 99, notionalUsdt: '0' } })],
    ['one too many', false, world({ day: { calls: 100, notionalUsdt: '0' } })],
    [
      'one too many with this run',
      false,
      { ...world({ day: { calls: 99, notionalUsdt: '0' } }), run: { ...run, calls: 1 } },
    ],
    ['unknown', false, world({ day: null })],
    ['NaN', false, world({ day: { calls: Number.NaN, notionalUsdt: '0' } })],
    ['no cap', false, nested('limits', { maxCallsPerDay: null })],
  ],
  max_notional_per_day: [
    ['at the limit', true, world({ day: { calls: 0, notionalUsdt: '4940' } })],
    ['a cent below', true, world({ day: { calls: 0, notionalUsdt: '4939.99' } })],
    ['a cent above', false, world({ day: { calls: 0, notionalUsdt: '4940.01' } })],
    [
      'a cent above with this run',
      false,
      { ...world({ day: { calls: 0, notionalUsdt: '4900' } }), run: { ...run, notionalUsdt: '40.01' } },
    ],
    ['unknown', false, world({ day: null })],
    ['NaN', false, world({ day: { calls: 0, notionalUsdt: 'NaN' } })],
    ['no cap', false, nested('limits', { maxNotionalPerDayUsdt: null })],
  ],
  synthetic: [
    ['a real order', true, openInput()],
    ['the canary', false, input({ action: { ...flatten, synthetic: true } })],
    [
      'a mismatch of the canary',
      false,
      input({ action: { ...flatten, mismatch: { ...flatten.mismatch, synthetic: true } } }),
    ],
    ['absent', false, input({ action: { ...flatten, synthetic: undefined } })],
  ],
};

/** All rows of all gates. */
export const GATE_CASES: readonly GateCase[] = Object.entries(table).flatMap(([, rows], index) =>
  (rows ?? []).map(([when, open, asked]) => ({ gate: gateAt(index), when, open, input: asked })),
);

function gateAt(index: number): GateName {
  const name = Object.keys(table).at(index);
  const known = GATE_NAMES.find((one) => one === name);
  if (known === undefined) throw new Error(`no gate is named ${name}`);
  return known;
}

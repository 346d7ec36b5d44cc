/** Small worlds for tests of the pure core: one symbol, one strategy, everything open unless a test closes it. */
import type { CompareOptions } from '../../src/engine/comparison.ts';
import { plan } from '../../src/engine/plan.ts';
import type {
  ExpectedOrder,
  ExpectedPosition,
  ExpectedState,
  Mismatch,
  Observation,
  ObservedOrder,
  ObservedPosition,
  PlannedAction,
  SymbolRules,
} from '../../src/engine/types.ts';
import type { GateInput, GateWorld } from '../../src/gates/gate.ts';

/** The monotonic time at which an observation of `observation()` begins. */
export const START = 1_000_000;

/** The exchange time at which the orders and positions below were last updated. */
export const MOVED_AT_MS = 5_000_000;

export function clientId(seq: number, symbol = 'BTCUSDT'): string {
  return `grinder_1_${symbol}_1_1700000000_${seq}`;
}

export function rules(symbol = 'BTCUSDT', stepSize = '0.001'): SymbolRules {
  return {
    symbol,
    stepSize,
    tickSize: '0.1',
    minQuantity: stepSize,
    maxQuantity: '1000',
    marketMaxQuantity: '120',
    minNotional: '5',
  };
}

export function expectedOrder(seq: number, change: Partial<ExpectedOrder> = {}): ExpectedOrder {
  return {
    clientOrderId: clientId(seq),
    symbol: 'BTCUSDT',
    side: 'BUY',
    orderType: 'LIMIT',
    price: '60000',
    quantity: '0.010',
    filledQuantity: '0',
    reduceOnly: false,
    state: 'live',
    endReason: null,
    updatedAtMs: 0,
    readAtMonoMs: START - 60_000,
    ...change,
  };
}

export function observedOrder(seq: number, change: Partial<ObservedOrder> = {}): ObservedOrder {
  return {
    orderId: String(9000 + seq),
    clientOrderId: clientId(seq),
    symbol: 'BTCUSDT',
    side: 'BUY',
    orderType: 'LIMIT',
    price: '60000.00',
    quantity: '0.01',
    filledQuantity: '0',
    status: 'NEW',
    reduceOnly: false,
    closePosition: false,
    conditional: false,
    positionSide: 'BOTH',
    createdAtMs: MOVED_AT_MS,
    updatedAtMs: MOVED_AT_MS,
    synthetic: false,
    ...change,
  };
}

export function expectedPosition(amount: string, change: Partial<ExpectedPosition> = {}): ExpectedPosition {
  return {
    symbol: 'BTCUSDT',
    positionSide: 'BOTH',
    amount,
    updatedAtMs: 0,
    readAtMonoMs: START - 60_000,
    ...change,
  };
}

export function observedPosition(amount: string, change: Partial<ObservedPosition> = {}): ObservedPosition {
  return {
    symbol: 'BTCUSDT',
    positionSide: 'BOTH',
    amount,
    entryPrice: '60000',
    updatedAtMs: MOVED_AT_MS,
    ...change,
  };
}

export function expectedState(
  orders: readonly ExpectedOrder[],
  positions: readonly ExpectedPosition[] = [],
): ExpectedState {
  return {
    sessionId: 's1',
    seq: 1,
    checkpoint: { account: 'sim', environment: 'sim', tsMs: 0, readAtMonoMs: 0 },
    orders: new Map(orders.map((order) => [order.clientOrderId, order])),
    positions: new Map(positions.map((one) => [`${one.symbol}/${one.positionSide}`, one])),
    killSwitch: false,
    appliedEventMs: 0,
    lastLine: null,
    fault: null,
    oneWordSince: null,
    settled: true,
  };
}

export function observation(
  orders: readonly ObservedOrder[],
  positions: readonly ObservedPosition[] = [],
  change: Partial<Observation> = {},
): Observation {
  return {
    complete: true,
    startedMonoMs: START,
    endedMonoMs: START + 100,
    endedAtMs: 0,
    orders,
    positions,
    prices: [],
    positionMode: 'one_way',
    sweptAtMonoMs: null,
    reads: [
      { source: 'rest', endpoint: 'openOrders', symbol: null, outcome: 'ok', error: '' },
      { source: 'rest', endpoint: 'positionRisk', symbol: null, outcome: 'ok', error: '' },
    ],
    ...change,
  };
}

export function options(change: Partial<CompareOptions> = {}): CompareOptions {
  return {
    identity: { prefix: 'grinder_', allowedStrategies: ['1'] },
    whitelist: ['BTCUSDT'],
    rules: new Map([['BTCUSDT', rules()]]),
    missingGraceMs: 5000,
    now: { wallMs: 0, monoMs: START + 200 },
    remediateProtective: false,
    ...change,
  };
}

export function cancelMismatch(seq: number, change: Partial<ObservedOrder> = {}): Mismatch {
  const order = observedOrder(seq, change);
  return {
    key: `ORDER_EXISTS_UNEXPECTED:${order.symbol}:${order.clientOrderId}:${order.orderId}`,
    type: 'ORDER_EXISTS_UNEXPECTED',
    symbol: order.symbol,
    clientOrderId: order.clientOrderId,
    orderId: order.orderId,
    positionSide: null,
    remediation: 'cancel',
    detail: '',
    reportOnlyBecause: '',
    observedOrder: order,
    observedPosition: null,
    synthetic: order.synthetic,
  };
}

export function flattenMismatch(amount: string, change: Partial<ObservedPosition> = {}): Mismatch {
  const position = observedPosition(amount, change);
  return {
    key: `POSITION_NONZERO_UNEXPECTED:${position.symbol}:${position.positionSide}`,
    type: 'POSITION_NONZERO_UNEXPECTED',
    symbol: position.symbol,
    clientOrderId: null,
    orderId: null,
    positionSide: position.positionSide,
    remediation: 'flatten',
    detail: '',
    reportOnlyBecause: '',
    observedOrder: null,
    observedPosition: position,
    synthetic: false,
  };
}

/** Plans exactly one action at a mark price of 60000. */
export function planned(mismatch: Mismatch): PlannedAction {
  const prices = new Map([[mismatch.symbol, { markPrice: '60000' }]]);
  const [action] = plan([mismatch], { prices, rules: new Map([['BTCUSDT', rules()]]) });
  if (action === undefined) throw new Error('expected one planned action, found none');
  return action;
}

/** A world in which every gate is open. */
export function openWorld(change: Partial<GateWorld> = {}): GateWorld {
  return {
    stopLatched: false,
    isLeader: true,
    otherExecutor: null,
    audit: { enabled: true, healthy: true, problem: '' },
    switches: { loop: true, action: 'auto', dryRun: false, allowActiveRemediation: true, armed: true },
    mode: 'auto',
    mainnetTrade: { required: true, allowed: true },
    expected: {
      ageMs: 100,
      staleAfterMs: 30_000,
      hasCheckpoint: true,
      settled: true,
      fault: null,
      appliedEventMs: MOVED_AT_MS,
      positionLagMs: 30_000,
    },
    exchangeNowMs: MOVED_AT_MS + 40_001,
    mass: { unexpected: 1, ours: 10, matched: 9, differing: 1, acknowledged: false, pending: false },
    sideEffects: { protectedSymbols: [], strangers: new Map(), hedgedSymbols: [] },
    snapshot: { ageMs: 100, complete: true, maxAgeMs: 120_000 },
    clock: { offsetMs: 3, measuredAgeMs: 1000, limitMs: 500, maxAgeMs: 60_000 },
    backoffLeftMs: 0,
    unresolvedSymbols: [],
    sinceLastWriteMs: Number.POSITIVE_INFINITY,
    cooldownMs: 60_000,
    whitelist: ['BTCUSDT', 'ETHUSDT'],
    identity: { prefix: 'grinder_', allowedStrategies: ['1'] },
    remediateProtective: false,
    confirmAfterMs: 10_000,
    prices: new Map([
      ['BTCUSDT', { markPrice: '60000', ageMs: 500 }],
      ['ETHUSDT', { markPrice: '3000', ageMs: 500 }],
    ]),
    priceMaxAgeMs: 10_000,
    largestOrders: new Map([
      ['BTCUSDT', '1000'],
      ['ETHUSDT', '10000'],
    ]),
    limits: {
      maxFlattenNotionalUsdt: '100',
      maxOrdersPerAction: 3,
      maxSymbolsPerAction: 1,
      maxCallsPerRun: 10,
      maxNotionalPerRunUsdt: '1000',
      maxCallsPerDay: 100,
      maxNotionalPerDayUsdt: '5000',
    },
    day: { calls: 0, notionalUsdt: '0' },
    ...change,
  };
}

/** A question that every gate answers with open. */
export function openInput(change: Partial<GateInput> = {}): GateInput {
  return {
    action: planned(flattenMismatch('0.001')),
    world: openWorld(),
    run: { orders: 0, symbols: [], calls: 0, notionalUsdt: '0', cancels: 0 },
    confirmation: { completeReads: 2, spanMs: 10_000, stillMs: 40_001 },
    failures: 0,
    ...change,
  };
}

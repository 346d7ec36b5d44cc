/** The real adapter against a simulator of its own, in this thread. */
import { type Clock, systemClock } from '../../src/engine/clock.ts';
import { createInterlock, type Interlock, type Permit } from '../../src/engine/interlock.ts';
import type { ObservedOrder } from '../../src/engine/types.ts';
import { createCcxtExchange } from '../../src/exchange/ccxt.ts';
import type { Exchange, ExchangeEvent, ExchangeOptions, WriteRequest } from '../../src/exchange/exchange.ts';
import { DEFAULT_STREAM_TIMING, type StreamTiming } from '../../src/exchange/stream.ts';
import { hashWire, type PositionMode, wireRequest } from '../../src/exchange/wire.ts';
import type { SimulatorOptions } from '../../src/simulator/server.ts';
import { startTestSimulator, TEST_KEY, TEST_SECRET, type TestSimulator } from '../helpers/simulator.ts';

export interface World extends AsyncDisposable {
  readonly sim: TestSimulator;
  readonly exchange: Exchange;
  readonly interlock: Interlock;
  readonly events: ExchangeEvent[];
  /** A permit for exactly this write, good for 30 s. */
  readonly permit: (write: WriteRequest, change?: Partial<Permit>) => Permit;
  /** Everything this exchange handed out so far, as one text. */
  readonly said: (more: unknown) => string;
}

export interface WorldOptions {
  readonly simulator?: Partial<SimulatorOptions>;
  readonly options?: Partial<ExchangeOptions>;
  readonly timing?: Partial<StreamTiming>;
  /** Stage 4 unless false. */
  readonly live?: boolean;
  /** Another clock for the exchange's side; permits are good by this machine's. */
  readonly clock?: Clock;
}

/** This machine's clocks, ahead by what a test puts there. */
export function shiftedClock(): Clock & { readonly shift: { wallMs: number; monoMs: number } } {
  const shift = { wallMs: 0, monoMs: 0 };
  return {
    shift,
    wallMs: () => systemClock.wallMs() + shift.wallMs,
    monoMs: () => systemClock.monoMs() + shift.monoMs,
  };
}

/** Quick enough for tests: a probe every 40 ms, silence after 200 ms. */
export const QUICK: StreamTiming = {
  ...DEFAULT_STREAM_TIMING,
  probeMs: 40,
  silenceMs: 200,
  unprovenSilenceMs: 1000,
  retryMs: 20,
  longestRetryMs: 100,
};

export function exchangeOptions(sim: TestSimulator, change: Partial<ExchangeOptions> = {}): ExchangeOptions {
  return {
    environment: 'sim',
    restUrl: sim.simulator.restUrl,
    wsUrl: sim.simulator.wsUrl,
    apiKey: TEST_KEY,
    apiSecret: TEST_SECRET,
    recvWindowMs: 5000,
    requestTimeoutMs: 2000,
    backoffUntilMs: 0,
    ...change,
  };
}

export async function startWorld(given: WorldOptions = {}): Promise<World> {
  const { simulator, options, timing, live } = given;
  const sim = await startTestSimulator({ priceStepMs: 0, ...simulator });
  const interlock = createInterlock();
  interlock.clearLatch();
  const exchange = createCcxtExchange({
    options: exchangeOptions(sim, options),
    interlock,
    clock: given.clock ?? systemClock,
    timing: { ...QUICK, ...timing },
  });
  const events: ExchangeEvent[] = [];
  exchange.subscribe((event) => events.push(event));
  if (live !== false) {
    interlock.allowWrites(true);
    await exchange.setWriter(true);
  }
  const mode: PositionMode = simulator?.hedgeMode === true ? 'hedge' : 'one_way';
  return {
    sim,
    exchange,
    interlock,
    events,
    permit: (write, change) => permitFor(interlock, hashWire(wireRequest(write, mode)), change),
    said: (more) => JSON.stringify([events, more]),
    [Symbol.asyncDispose]: async () => {
      await exchange.close();
      await sim.simulator.close();
    },
  };
}

let intents = 0;

export function permitFor(interlock: Interlock, requestHash: string, change: Partial<Permit> = {}): Permit {
  intents += 1;
  return {
    intentId: `intent-${intents}`,
    requestHash,
    epoch: interlock.epoch(),
    deadlineMonoMs: systemClock.monoMs() + 30_000,
    deadlineMs: systemClock.wallMs() + 30_000,
    ...change,
  };
}

/** Places a stray order and returns the cancel that would remove it. */
export async function strayCancel(world: World, symbol = 'BTCUSDT'): Promise<CancelRequest> {
  const clientOrderId = await world.sim.placeStray(symbol);
  const state = await world.sim.state();
  const order = state.orders.find((row) => row.clientOrderId === clientOrderId);
  if (order === undefined) throw new Error('expected the stray order to be open');
  return { kind: 'cancel', symbol, orderId: String(order.orderId), clientOrderId, conditional: false };
}

export type CancelRequest = Extract<WriteRequest, { kind: 'cancel' }>;
export type FlattenRequest = Extract<WriteRequest, { kind: 'flatten' }>;

export function flattenOf(change: Partial<FlattenRequest> = {}): FlattenRequest {
  return {
    kind: 'flatten',
    symbol: 'BTCUSDT',
    side: 'SELL',
    positionSide: 'BOTH',
    quantity: '0.010',
    orderType: 'MARKET',
    price: null,
    clientOrderId: 'grc_1',
    ...change,
  };
}

export function byClientId(
  orders: readonly ObservedOrder[],
  clientOrderId: string,
): ObservedOrder | undefined {
  return orders.find((order) => order.clientOrderId === clientOrderId);
}

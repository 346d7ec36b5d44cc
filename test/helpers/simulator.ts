/** Starts a simulator for a test and talks to its control side. */
import { createHmac } from 'node:crypto';
import binanceusdm from '../../node_modules/ccxt/js/src/pro/binanceusdm.js';
import type { LoggedRequest } from '../../src/simulator/request-log.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';

/** The key of the one account. */
export const TEST_KEY = 'test-api-key';
/** Its secret. */
export const TEST_SECRET = 'test-api-secret';

type Row = Readonly<Record<string, unknown>>;

/** What GET /sim/state answers. */
export interface SimulatorState {
  readonly hedgeMode: boolean;
  readonly exchangeNowMs: number;
  readonly orders: readonly (Row & {
    readonly orderId: number;
    readonly clientOrderId: string;
    readonly symbol: string;
    readonly side: string;
    readonly price: string;
    readonly origQty: string;
    readonly executedQty: string;
    readonly status: string;
  })[];
  readonly algoOrders: readonly (Row & { readonly clientAlgoId: string; readonly symbol: string })[];
  readonly positions: readonly (Row & {
    readonly symbol: string;
    readonly positionSide: string;
    readonly positionAmt: string;
  })[];
  readonly prices: Readonly<Record<string, string>>;
  readonly traderClientOrderIds: readonly string[];
  readonly faults: readonly Row[];
  readonly connections: number;
}

/** A REST reply; the body is an object or a list of them. */
export interface SignedReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Row & readonly Row[];
}

/** The control side of a running simulator. */
export interface SimulatorControl {
  state(): Promise<SimulatorState>;
  /** Requests received after number `since`, 0 by default. */
  log(since?: number): Promise<readonly LoggedRequest[]>;
  /** All requests that could change orders. */
  writes(since?: number): Promise<readonly LoggedRequest[]>;
  /** An order in our identity that no feed knows; resolves to its client order id. */
  placeStray(symbol: string): Promise<string>;
  placeOrder(order: Row & { readonly symbol: string }): Promise<Row>;
  cancelOrders(match?: { readonly clientOrderId?: string; readonly symbol?: string }): Promise<void>;
  fill(clientOrderId: string, quantity?: string): Promise<void>;
  setPosition(symbol: string, amount: string, positionSide?: 'BOTH' | 'LONG' | 'SHORT'): Promise<void>;
  setPrice(symbol: string, price: string): Promise<void>;
  freezePrice(symbol: string, frozen?: boolean): Promise<void>;
  setLiquidity(symbol: string, quantity: string | null): Promise<void>;
  step(steps?: number): Promise<void>;
  fault(fault: Row & { readonly kind: string }): Promise<void>;
  clearFaults(): Promise<void>;
  setClockOffset(offsetMs: number): Promise<void>;
  trader(action: 'pause' | 'resume' | 'stray' | 'position' | 'restart', empty?: boolean): Promise<void>;
}

/** A running simulator with its control side and a signing client. */
export interface TestSimulator extends SimulatorControl, AsyncDisposable {
  readonly simulator: Simulator;
  /** Sends a signed request as the account's owner; `overrides` replace key, secret or timestamp. */
  signed(method: string, path: string, params?: Row, overrides?: SignOverrides): Promise<SignedReply>;
  /** Sends an unsigned request. */
  plain(method: string, path: string, headers?: Readonly<Record<string, string>>): Promise<SignedReply>;
}

/** What to sign with instead of what is right. */
export interface SignOverrides {
  readonly apiKey?: string;
  readonly apiSecret?: string;
  readonly timestamp?: number;
}

/** Starts a simulator on a free port; `await using` closes it. */
export async function startTestSimulator(options: Partial<SimulatorOptions> = {}): Promise<TestSimulator> {
  const simulator = await startSimulator({
    port: 0,
    seed: 1,
    apiKey: TEST_KEY,
    apiSecret: TEST_SECRET,
    ...options,
  });
  const send = async (url: string, init: RequestInit): Promise<SignedReply> => {
    const response = await fetch(url, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  };
  return {
    ...controlOf(simulator.restUrl),
    simulator,
    signed(method, path, params = {}, overrides = {}) {
      const query = sign({ ...params, timestamp: overrides.timestamp ?? Date.now() }, overrides.apiSecret);
      const headers = { 'X-MBX-APIKEY': overrides.apiKey ?? TEST_KEY };
      const inBody = method === 'POST' || method === 'PUT';
      return send(`${simulator.restUrl}${path}${inBody ? '' : `?${query}`}`, {
        method,
        headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
        ...(inBody ? { body: query } : {}),
      });
    },
    plain: (method, path, headers = {}) => send(`${simulator.restUrl}${path}`, { method, headers }),
    [Symbol.asyncDispose]: () => simulator.close(),
  };
}

/** Talks to the control side of a simulator at `restUrl`; throws what it answers when it refuses. */
export function controlOf(restUrl: string): SimulatorControl {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${restUrl}/sim${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /sim${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const log = (since = 0): Promise<readonly LoggedRequest[]> => call('GET', `/log?since=${since}`);
  return {
    log,
    state: () => call('GET', '/state'),
    writes: async (since) => (await log(since)).filter(isOrderWrite),
    placeStray: async (symbol) =>
      (await call<{ readonly clientOrderId: string }>('POST', '/orders', { symbol })).clientOrderId,
    placeOrder: (order) => call('POST', '/orders', order),
    cancelOrders: (match = {}) => call('DELETE', '/orders', match),
    fill: (clientOrderId, quantity) => call('POST', '/fills', { clientOrderId, quantity }),
    setPosition: (symbol, amount, positionSide) =>
      call('POST', '/positions', { symbol, amount, positionSide }),
    setPrice: (symbol, price) => call('POST', '/price', { symbol, price }),
    freezePrice: (symbol, frozen = true) => call('POST', '/price', { symbol, frozen }),
    setLiquidity: (symbol, quantity) => call('POST', '/liquidity', { symbol, quantity }),
    step: (steps = 1) => call('POST', '/step', { steps }),
    fault: (fault) => call('POST', '/faults', fault),
    clearFaults: () => call('DELETE', '/faults'),
    setClockOffset: (offsetMs) => call('POST', '/clock', { offsetMs }),
    trader: (action, empty = false) => call('POST', '/trader', { action, empty }),
  };
}

/** Polls until `check` gives something true, and returns it; throws after `timeoutMs`. */
export async function until<T>(
  check: () => T | Promise<T>,
  what = 'the condition',
  timeoutMs = 5000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`);
}

/** What the tests use of ccxt, whose own types say `any`. */
export interface TestExchange {
  loadMarkets(): Promise<Readonly<Record<string, Row>>>;
  fetchOpenOrders(symbol?: string, since?: number, limit?: number, params?: Row): Promise<readonly Row[]>;
  fetchPositions(symbols?: readonly string[]): Promise<readonly Row[]>;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: Row,
  ): Promise<Row>;
  cancelOrder(id: string | undefined, symbol: string, params?: Row): Promise<Row>;
  fetchOrder(id: string | undefined, symbol: string, params?: Row): Promise<Row>;
  fetchPositionMode(): Promise<Row>;
  fetchMarkPrice(symbol: string): Promise<Row>;
  watchOrders(): Promise<readonly Row[]>;
  watchPositions(): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** A real ccxt client whose requests end at the simulator; its REST hosts stay Binance's own. */
export async function connectCcxt(simulator: Simulator): Promise<TestExchange> {
  const exchange = new binanceusdm({
    apiKey: TEST_KEY,
    secret: TEST_SECRET,
    rateLimiterAlgorithm: 'rollingWindow',
    options: {
      fetchCurrencies: false,
      fetchMargins: false,
      warnOnFetchOpenOrdersWithoutSymbol: false,
      adjustForTimeDifference: true,
    },
  });
  exchange.urls['api'].ws.future = `${simulator.wsUrl}/ws`;
  exchange.fetchImplementation = (url: string, init: RequestInit) => {
    const { pathname, search } = new URL(url);
    return fetch(`${simulator.restUrl}${pathname}${search}`, init);
  };
  await exchange.loadHttpProxyAgent();
  return exchange as unknown as TestExchange;
}

/** Form-encodes and signs parameters as the exchange wants them. */
export function sign(params: Row, secret = TEST_SECRET): string {
  const pairs = Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]);
  const query = new URLSearchParams(pairs).toString();
  return `${query}&signature=${createHmac('sha256', secret).update(query).digest('hex')}`;
}

const ORDER_PATHS = /\/(order|algoOrder|allOpenOrders|algoOpenOrders|batchOrders)$/;

function isOrderWrite(entry: LoggedRequest): boolean {
  return entry.method !== 'GET' && ORDER_PATHS.test(entry.path);
}

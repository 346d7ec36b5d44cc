/** ccxt's binanceusdm behind types of our own: the only file that knows its shape, and the only one with casts. */
import BinanceUsdm from '../../node_modules/ccxt/js/src/pro/binanceusdm.js';
import type { ExchangeOptions } from './exchange.ts';
import { type FetchLike, LONGEST_TIMEOUT_MS } from './transport.ts';

/** Implicit methods of ccxt, one an endpoint, that this program uses. */
export const READ_METHODS = {
  exchangeInfo: 'fapiPublicGetExchangeInfo',
  time: 'fapiPublicGetTime',
  premiumIndex: 'fapiPublicGetPremiumIndex',
  openOrders: 'fapiPrivateGetOpenOrders',
  openAlgoOrders: 'fapiPrivateGetOpenAlgoOrders',
  order: 'fapiPrivateGetOrder',
  algoOrder: 'fapiPrivateGetAlgoOrder',
  positionRisk: 'fapiPrivateV3GetPositionRisk',
  'positionSide/dual': 'fapiPrivateGetPositionSideDual',
  apiRestrictions: 'sapiGetAccountApiRestrictions',
  createListenKey: 'fapiPrivatePostListenKey',
  renewListenKey: 'fapiPrivatePutListenKey',
} as const;
export type ReadName = keyof typeof READ_METHODS;

const WRITE_METHODS = {
  'POST /fapi/v1/order': 'fapiPrivatePostOrder',
  'DELETE /fapi/v1/order': 'fapiPrivateDeleteOrder',
  'DELETE /fapi/v1/algoOrder': 'fapiPrivateDeleteAlgoOrder',
} as const;
export type WriteName = keyof typeof WRITE_METHODS;

export type Params = Readonly<Record<string, string>>;

/** What a socket tells. After `onDown` nothing more is heard of it. */
export interface SocketListener {
  readonly onOpen: () => void;
  /** One frame: parsed JSON, or text when it is none. */
  readonly onFrame: (frame: unknown) => void;
  readonly onDown: (why: string) => void;
}

export interface Socket {
  readonly send: (text: string) => void;
  readonly close: () => void;
}

export interface Ccxt {
  readonly read: (name: ReadName, params: Params) => Promise<unknown>;
  readonly write: (name: WriteName, params: Params) => Promise<unknown>;
  /** Our clock minus the exchange's, for the timestamps of signed calls. */
  readonly setTimeDifference: (differenceMs: number) => void;
  /** Opens the user-data websocket of a listen key through ccxt's own client, with its caches left out. */
  readonly openSocket: (listenKey: string, listener: SocketListener) => Promise<Socket>;
}

interface WsClient {
  readonly url: string;
  readonly connection?: { readonly terminate?: () => void };
  readonly connect: () => Promise<unknown>;
  readonly send: (text: string) => Promise<unknown>;
  readonly close: () => unknown;
}

interface Instance {
  readonly [method: string]: unknown;
  fetchImplementation: FetchLike;
  log: (...parts: readonly unknown[]) => void;
  handleMessage: (client: WsClient, frame: unknown) => void;
  onConnected: (client: WsClient) => void;
  onError: (client: WsClient, error: unknown) => void;
  onClose: (client: WsClient) => void;
  readonly options: Record<string, unknown>;
  readonly urls: { readonly api: { readonly ws: Record<string, unknown> } };
  readonly clients: Record<string, unknown>;
  readonly enableDemoTrading: (on: boolean) => void;
  readonly loadHttpProxyAgent: () => Promise<unknown>;
  readonly getPrivateWsUrl: (type: 'future', listenKey: string) => string;
  readonly client: (url: string) => WsClient;
}

/** ccxt's own timer must not fire before ours: it doesn't cover the body. Too long a one would fire at once. */
const CCXT_GRACE_MS = 5000;

/**
 * Creates one ccxt instance around a fetch, without ccxt's rate limiter (rate-limit.ts is ours) and without retries: its
 * queue lets nothing pass what waits, outside every deadline, and counts by the wall clock.
 */
export function createCcxt(
  options: ExchangeOptions,
  fetchLike: FetchLike,
  { recvWindowMs }: { readonly recvWindowMs: number },
): Ccxt {
  const instance = construct(options, recvWindowMs);
  instance.fetchImplementation = fetchLike;
  // It would print addresses that hold a listen key.
  instance.log = () => undefined;
  const listeners = new Map<WsClient, SocketListener>();
  const end = (client: WsClient, why: string): void => {
    const listener = listeners.get(client);
    listeners.delete(client);
    listener?.onDown(why);
  };
  instance.handleMessage = (client, frame) => listeners.get(client)?.onFrame(frame);
  instance.onConnected = (client) => listeners.get(client)?.onOpen();
  instance.onError = (client, error) => end(client, error instanceof Error ? error.message : String(error));
  instance.onClose = (client) => end(client, 'connection closed by the exchange');

  return {
    read: (name, params) => invoke(instance, READ_METHODS[name], params),
    write: (name, params) => invoke(instance, WRITE_METHODS[name], params),
    setTimeDifference: (differenceMs) => {
      instance.options['timeDifference'] = Math.round(differenceMs);
    },
    openSocket: async (listenKey, listener) => {
      await instance.loadHttpProxyAgent();
      const url = instance.getPrivateWsUrl('future', listenKey);
      delete instance.clients[url];
      const client = instance.client(url);
      listeners.set(client, listener);
      client.connect().catch((error: unknown) => end(client, String(error)));
      return {
        send: (text) => {
          client.send(text).catch(() => undefined);
        },
        close: () => {
          listeners.delete(client);
          delete instance.clients[url];
          silence(client);
        },
      };
    },
  };
}

function construct(options: ExchangeOptions, recvWindowMs: number): Instance {
  const created: unknown = new BinanceUsdm({
    apiKey: options.apiKey,
    secret: options.apiSecret,
    timeout: Math.min(options.requestTimeoutMs, LONGEST_TIMEOUT_MS) + CCXT_GRACE_MS,
    enableRateLimit: false,
    options: {
      fetchCurrencies: false,
      fetchMargins: false,
      warnOnFetchOpenOrdersWithoutSymbol: false,
      adjustForTimeDifference: true,
      maxRetriesOnFailure: 0,
      recvWindow: recvWindowMs,
    },
  });
  const instance = created as Instance;
  if (options.environment === 'testnet') instance.enableDemoTrading(true);
  if (options.wsUrl !== null) instance.urls.api.ws['future'] = `${options.wsUrl.replace(/\/$/, '')}/ws`;
  return instance;
}

async function invoke(instance: Instance, method: string, params: Params): Promise<unknown> {
  const implicit = instance[method];
  if (typeof implicit !== 'function') throw new Error(`ccxt has no ${method}`);
  return await implicit.call(instance, { ...params });
}

/** A frozen peer never finishes the closing handshake; where the socket can be cut, it is. */
function silence(client: WsClient): void {
  try {
    if (client.connection?.terminate !== undefined) client.connection.terminate();
    else client.close();
  } catch {
    // Already gone.
  }
}

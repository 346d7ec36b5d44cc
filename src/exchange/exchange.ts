/**
 * The exchange port: the only door to the account. The engine knows this file; ccxt hides behind it, in its own
 * thread. Nothing here throws for what an exchange may answer: expected failures are values.
 */
import type { Permit } from '../engine/interlock.ts';
import type {
  Decimal,
  Observation,
  ObservedOrder,
  PositionSide,
  Side,
  SymbolRules,
} from '../engine/types.ts';
import type { AccountUpdate } from '../engine/view.ts';

/** What to read for one picture. */
export interface ObserveRequest {
  /** Whitelisted symbols; an empty list reads no prices. */
  readonly symbols: readonly string[];
}

/** A write, exactly as it will be sent. */
export type WriteRequest =
  | {
      readonly kind: 'cancel';
      readonly symbol: string;
      readonly orderId: string;
      readonly clientOrderId: string;
      readonly conditional: boolean;
    }
  | {
      readonly kind: 'flatten';
      readonly symbol: string;
      readonly side: Side;
      readonly positionSide: PositionSide;
      readonly quantity: Decimal;
      readonly orderType: 'LIMIT' | 'MARKET';
      /** Null for MARKET. */
      readonly price: Decimal | null;
      /** `grc_…`, ours alone. */
      readonly clientOrderId: string;
    };

/**
 * How a dispatch ended.
 * NOT_SENT: refused before a byte left. REJECTED: a documented definite refusal. UNKNOWN: everything else that is
 * not a well-formed success for this very request.
 */
export type DispatchResult =
  | {
      readonly status: 'EXECUTED';
      readonly orderId: string;
      readonly executedQuantity: Decimal;
      readonly orderStatus: string;
    }
  | {
      readonly status: 'REJECTED' | 'UNKNOWN';
      readonly httpStatus: number | null;
      readonly code: number | null;
      readonly message: string;
    }
  | { readonly status: 'NOT_SENT'; readonly message: string };

/** What a targeted read of one order said. `not_found` only on the documented code. */
export type OrderQueryResult =
  | { readonly kind: 'found'; readonly order: ObservedOrder }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'failed'; readonly error: string };

/** What a targeted read of one symbol's positions said. */
export type PositionQueryResult =
  | {
      readonly kind: 'ok';
      readonly positions: Observation['positions'];
      readonly prices: Observation['prices'];
    }
  | { readonly kind: 'failed'; readonly error: string };

/** One measurement of the exchange's clock against ours. */
export type ClockReading =
  | { readonly kind: 'ok'; readonly offsetMs: number; readonly roundTripMs: number }
  | { readonly kind: 'failed'; readonly error: string };

/** What the key may do, as far as the exchange tells. */
export type KeyRights =
  | {
      readonly kind: 'ok';
      readonly canTradeFutures: boolean;
      readonly canWithdraw: boolean;
      readonly canTransfer: boolean;
      readonly ipRestricted: boolean;
    }
  /** The exchange says that this key or its signature is not valid here. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Things the exchange thread tells on its own. */
export type ExchangeEvent =
  | { readonly type: 'stream_up'; readonly atMs: number }
  | { readonly type: 'stream_down'; readonly atMs: number; readonly why: string }
  /** A frame of the stream or a keepalive proved that it lives. */
  | { readonly type: 'stream_alive'; readonly atMs: number }
  /** Orders or positions of these symbols changed; without symbols: the stream lost something, read everything. */
  | { readonly type: 'account_changed'; readonly symbols: readonly string[]; readonly eventTimeMs: number }
  /** Orders and positions as the stream just told them. */
  | ({ readonly type: 'account_update' } & AccountUpdate)
  /** A 429 pause or a 418 ban, as wall time; persisted by the engine. */
  | { readonly type: 'backoff'; readonly untilMs: number; readonly why: string }
  /** A write really left: logged as port.cancel or port.place, nowhere else. */
  | {
      readonly type: 'write_sent';
      readonly kind: WriteRequest['kind'];
      readonly symbol: string;
      readonly intentId: string;
    }
  | { readonly type: 'used_weight'; readonly weight: number }
  | { readonly type: 'thread_failed'; readonly why: string };

/** The port. Every method may be called at any time; reads fail as values. */
export interface Exchange {
  /** Symbols and their rules; reads exchangeInfo once and again on request. */
  readonly rules: () => Promise<
    | { readonly kind: 'ok'; readonly rules: readonly SymbolRules[] }
    | { readonly kind: 'failed'; readonly error: string }
  >;
  readonly observe: (request: ObserveRequest) => Promise<Observation>;
  readonly queryOrder: (order: {
    readonly symbol: string;
    readonly clientOrderId: string;
    readonly orderId: string | null;
    readonly conditional: boolean;
  }) => Promise<OrderQueryResult>;
  readonly queryPosition: (symbol: string) => Promise<PositionQueryResult>;
  readonly readClock: () => Promise<ClockReading>;
  readonly keyRights: () => Promise<KeyRights>;
  /** Makes the write transport exist (stage 4) or cease to exist (anything else). Effective before it resolves. */
  readonly setWriter: (exists: boolean) => Promise<void>;
  /** Sends once, never again. Without a writer: NOT_SENT. */
  readonly dispatch: (write: WriteRequest, permit: Permit) => Promise<DispatchResult>;
  readonly subscribe: (listener: (event: ExchangeEvent) => void) => () => void;
  readonly close: () => Promise<void>;
}

/** How to reach the account; passed to the exchange thread. Secrets live here and nowhere else. */
export interface ExchangeOptions {
  readonly environment: 'sim' | 'testnet' | 'mainnet';
  /** REST origin such as http://127.0.0.1:1234, or null for the exchange's own. */
  readonly restUrl: string | null;
  /** Websocket origin such as ws://127.0.0.1:1234, or null for the exchange's own. */
  readonly wsUrl: string | null;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly recvWindowMs: number;
  readonly requestTimeoutMs: number;
  /** No call before this wall time (a ban that outlived a restart); 0 for none. */
  readonly backoffUntilMs: number;
}

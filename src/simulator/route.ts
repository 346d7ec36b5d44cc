import type { Charge } from './limits.ts';
import type { Model } from './model.ts';
import type { Params } from './params.ts';
import type { Rejection, View } from './types.ts';

/** What a REST handler works with: a read sees `view`, which a fault may have frozen in the past. */
export interface RouteContext {
  readonly model: Model;
  readonly view: View;
  readonly params: Params;
  /** The exchange's own time, epoch ms. */
  readonly nowMs: number;
  /** A client id for whoever sent none. */
  readonly nextClientId: () => string;
  readonly listenKeys: ListenKeys;
}

/** The listen keys of the one account. */
export interface ListenKeys {
  /** The active key, renewed, or a new one. */
  create(nowMs: number): string;
  /** Extends the active key by 60 minutes; false when there is none. */
  renew(nowMs: number): boolean;
  close(): void;
}

/** One REST endpoint. */
export interface Route {
  readonly security: 'none' | 'key' | 'signed';
  readonly charge: (params: Params) => Charge;
  readonly handle: (context: RouteContext) => unknown | Rejection;
}

/** A cost that does not depend on the parameters. */
export function flat(weight: number, orders = 0): (params: Params) => Charge {
  return () => ({ weight, orders });
}

/** A cost that is higher for all symbols at once. */
export function bySymbol(one: number, all: number): (params: Params) => Charge {
  return (params) => ({ weight: params['symbol'] === undefined ? all : one, orders: 0 });
}

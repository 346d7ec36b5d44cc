/** What control and exchange thread say to each other. Both ends are ours; results are trusted by their id. */
import type { InterlockMemory } from '../engine/interlock.ts';
import type { Exchange, ExchangeEvent, ExchangeOptions, ObserveRequest } from './exchange.ts';
import type { PackedObservation } from './order-delta.ts';

export type Methods = Omit<Exchange, 'subscribe' | 'observe'> & {
  /** With the number of the list of orders that control has. */
  readonly observe: (request: ObserveRequest, have: number | null) => Promise<PackedObservation>;
};
export type MethodName = keyof Methods;
export type ResultOf<M extends MethodName> = Awaited<ReturnType<Methods[M]>>;

/** What the thread is started with; secrets travel here and nowhere else. */
export interface ExchangeThreadData {
  readonly role: 'exchange';
  readonly options: ExchangeOptions;
  readonly interlock: InterlockMemory;
}

/** A call of one method with its arguments. */
export type CallMessage = {
  readonly [M in MethodName]: {
    readonly type: 'call';
    readonly id: number;
    readonly method: M;
    readonly args: Parameters<Methods[M]>;
  };
}[MethodName];

/** Control to thread. A clock message answers one of the thread's. */
export type ToThread =
  | CallMessage
  | { readonly type: 'clock'; readonly askedMonoMs: number; readonly monoMs: number };

/** Thread to control. */
export type FromThread =
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'event'; readonly event: ExchangeEvent }
  | { readonly type: 'clock'; readonly askedMonoMs: number };

/** The write transport. While no such object exists, nothing in this process can change an order. */
import type { Clock } from '../engine/clock.ts';
import type { Interlock, Permit } from '../engine/interlock.ts';
import { createCcxt, type WriteName } from './ccxt-adapter.ts';
import type { DispatchResult, ExchangeOptions, WriteRequest } from './exchange.ts';
import { createWriteGuard, MAX_WRITE_WINDOW_MS } from './guard.ts';
import { classify } from './outcome.ts';
import type { PositionModeCache } from './position-mode.ts';
import { createFetch, perform, type TransportDeps } from './transport.ts';
import { hashWire, refuseWrite, wireRequest } from './wire.ts';

export interface WriterDeps {
  readonly options: ExchangeOptions;
  readonly transport: TransportDeps;
  readonly interlock: Interlock;
  readonly clock: Clock;
  /** Intents whose permit was used, of this process's whole life. */
  readonly used: Set<string>;
  readonly clean: (text: string) => string;
  readonly mode: PositionModeCache;
}

export interface Writer {
  readonly send: (write: WriteRequest, permit: Permit) => Promise<DispatchResult>;
  readonly setTimeDifference: (differenceMs: number) => void;
}

/** Refusals that mean the account is in another position mode than we thought. */
const MODE_REFUSALS: ReadonlySet<number | null> = new Set([-1106, -4061]);

/** Makes a writer: no rate limit, no retry, a short recvWindow, and a guard in front of the wire. */
export function createWriter(deps: WriterDeps): Writer {
  const { options, interlock, clock, used, clean, mode } = deps;
  const guard = createWriteGuard(interlock, clock, used);
  const ccxt = createCcxt(options, createFetch(deps.transport, guard), {
    recvWindowMs: Math.min(options.recvWindowMs, MAX_WRITE_WINDOW_MS),
  });
  return {
    setTimeDifference: ccxt.setTimeDifference,
    send: async (write, permit) => {
      const reason = refuseWrite(write, mode.current());
      if (reason !== null) return { status: 'NOT_SENT', message: clean(reason) };
      const wire = wireRequest(write, mode.current());
      if (hashWire(wire) !== permit.requestHash)
        return { status: 'NOT_SENT', message: 'request differs from its intent' };
      const name: WriteName =
        wire.method === 'POST'
          ? 'POST /fapi/v1/order'
          : wire.path === '/fapi/v1/order'
            ? 'DELETE /fapi/v1/order'
            : 'DELETE /fapi/v1/algoOrder';
      const reply = await perform(() => ccxt.write(name, wire.params), { write, permit });
      const result = classify(write, reply, clean);
      if (result.status === 'REJECTED' && MODE_REFUSALS.has(result.code)) mode.forget();
      return result;
    },
  };
}

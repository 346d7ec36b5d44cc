/** What a call is worth when the exchange thread can't answer it. */
import type { Clock } from '../engine/clock.ts';
import type { Observation } from '../engine/types.ts';
import type { DispatchResult } from './exchange.ts';

/** Makes the failure values; an observation that never came is incomplete and empty-handed, not an empty account. */
export function readFailures(clock: Clock) {
  return {
    failed: (error: string) => ({ kind: 'failed' as const, error }),
    unknown: (message: string): DispatchResult => ({
      status: 'UNKNOWN',
      httpStatus: null,
      code: null,
      message,
    }),
    observation: (error: string): Observation => ({
      complete: false,
      startedMonoMs: clock.monoMs(),
      endedMonoMs: clock.monoMs(),
      endedAtMs: clock.wallMs(),
      orders: [],
      positions: [],
      prices: [],
      positionMode: null,
      sweptAtMonoMs: null,
      reads: [{ source: 'rest', endpoint: 'exchange thread', symbol: null, outcome: 'failed', error }],
    }),
  };
}

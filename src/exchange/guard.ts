/** What may leave as something else than a GET. Two guards: one for reading, one that exists only with a writer. */
import type { Clock } from '../engine/clock.ts';
import { type Interlock, type Permit, refusal } from '../engine/interlock.ts';
import { hashWire } from './wire.ts';

/** A request in the form in which it is about to leave. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  /** Query and body together; null when a name occurs twice. */
  readonly params: Readonly<Record<string, string>> | null;
}

/** Says why a request must not leave, or null. Synchronous; the last thing before the bytes leave. */
export type Guard = (request: Outgoing, permit: Permit | null) => string | null;

/** Writes are refused by the exchange when older than this. */
export const MAX_WRITE_WINDOW_MS = 3000;

const READER_ALLOWS: ReadonlySet<string> = new Set(['POST /fapi/v1/listenKey', 'PUT /fapi/v1/listenKey']);
const WRITER_ALLOWS: ReadonlySet<string> = new Set([
  'POST /fapi/v1/order',
  'DELETE /fapi/v1/order',
  'DELETE /fapi/v1/algoOrder',
]);

/** Lets reads and listen keys pass, and nothing that changes an order. */
export const guardReads: Guard = ({ method, path, params }) => {
  if (params === null) return `${method} ${path} names a parameter twice`;
  return method === 'GET' || READER_ALLOWS.has(`${method} ${path}`)
    ? null
    : `${method} ${path} is not allowed`;
};

/**
 * Lets a write pass when it is of a known kind, its permit is unused and current, and it is exactly what its intent
 * promised. A permit is used up by the one time it passes. `clock` must run on control's monotonic time.
 */
export function createWriteGuard(interlock: Interlock, clock: Clock, used: Set<string>): Guard {
  return ({ method, path, params }, permit) => {
    if (!WRITER_ALLOWS.has(`${method} ${path}`)) return `${method} ${path} is not allowed`;
    if (params === null) return `${method} ${path} names a parameter twice`;
    if (permit === null) return 'no permit';
    if (used.has(permit.intentId)) return 'permit already used';
    const windowMs = Number(params['recvWindow'] ?? Number.NaN);
    if (!(windowMs > 0 && windowMs <= MAX_WRITE_WINDOW_MS)) return 'recvWindow of a write is above its limit';
    if (!(clock.wallMs() < permit.deadlineMs)) return 'permit expired';
    const reason = refusal(interlock, permit, hashWire({ method, path, params }), clock.monoMs());
    if (reason === null) used.add(permit.intentId);
    return reason;
  };
}

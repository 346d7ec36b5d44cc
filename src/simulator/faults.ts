/** The faults that are armed, and which of them the next request or websocket event meets. */
import { z } from 'zod';
import type { Params } from './params.ts';
import type { View } from './types.ts';

/** Faults of a REST reply; "executed" means the request took effect. */
export const REST_FAULTS = [
  /** Not executed, never answered. */
  'hang_before',
  /** Executed, then the connection is cut without an answer. */
  'execute_then_drop',
  /** Executed, never answered. */
  'execute_then_hang',
  /** Executed; the headers and half of the body come, then nothing. */
  'headers_then_hang',
  /** Executed; the headers and half of the body come, then the connection is cut. */
  'headers_then_drop',
  /** Not executed, the connection is cut. */
  'reset',
  /** Executed; a complete 200 with half of the JSON. */
  'truncated',
  /** Executed; a 200 with a web page. */
  'html',
  /** Executed; a 200 without a body. */
  'empty',
  /** Executed; a 200 with {}. */
  'empty_object',
  /** Not executed unless `executed` is true; answered with status, code, msg, body and headers as given. */
  'status',
  /** Executed at once, answered after delayMs. */
  'delay',
  /** Executed and answered after delayMs. */
  'delay_before',
  /** Executed; the answer is about another symbol and another id. */
  'wrong_reply',
  /** Lists lose their second half. */
  'partial_page',
  /** Reads show the account as it was when the fault was set. */
  'stale',
  /** The fields of `patch` replace those of each object in the answer. */
  'patch',
] as const;

/** Faults of the user-data websocket. */
export const STREAM_FAULTS = [
  /** Nothing is sent and no ping is answered until the faults are cleared; events are lost. */
  'silence',
  /** Every connection is cut now. */
  'drop',
  /** The next `times` frames come twice. */
  'duplicate',
  /** The next `times` frames come one late, after their successor. */
  'reorder',
  /** A frame that is not JSON, now. */
  'malformed',
  /** `count` frames about foreign orders, now. */
  'flood',
  /** The key ends now and its connections hear it. */
  'expire_listen_key',
  /** The next `times` connection attempts are refused. */
  'refuse',
] as const;

/** What POST /sim/faults accepts. */
export const faultSchema = z.strictObject({
  kind: z.enum([...REST_FAULTS, ...STREAM_FAULTS]),
  match: z
    .strictObject({
      method: z.string().optional(),
      /** The whole path, or its end from a slash on: "order" is /fapi/v1/order and not /fapi/v1/openOrders. */
      path: z.string().optional(),
      symbol: z.string().optional(),
    })
    .default({}),
  /** How many requests it hits; 0 until cleared. */
  times: z.number().int().min(0).default(1),
  /** How many matching requests pass unharmed first. */
  skip: z.number().int().min(0).default(0),
  delayMs: z.number().int().min(0).default(1000),
  status: z.number().int().min(200).max(599).default(200),
  code: z.number().int().optional(),
  msg: z.string().optional(),
  /** A string is sent as it is, anything else as JSON. */
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  executed: z.boolean().default(false),
  patch: z.record(z.string(), z.unknown()).default({}),
  count: z.number().int().min(1).max(100_000).default(1000),
});

/** A fault as it was asked for, defaults filled in. */
export type FaultSpec = z.infer<typeof faultSchema>;
/** An armed fault of a REST reply, with the account as it was when it was set. */
export type RestFault = FaultSpec & { readonly kind: (typeof REST_FAULTS)[number]; readonly view: View };
/** A fault of the user-data websocket. */
export type StreamFault = FaultSpec & { readonly kind: (typeof STREAM_FAULTS)[number] };

/** The armed faults, oldest first. */
export interface Faults {
  /** Arms a REST fault; `view` is what `stale` will show. */
  arm(spec: FaultSpec, view: View): void;
  /** The first armed fault this request meets, used up by one. */
  take(request: {
    readonly method: string;
    readonly path: string;
    readonly params: Params;
  }): RestFault | undefined;
  clear(): void;
  list(): readonly FaultSpec[];
}

interface Armed {
  readonly fault: RestFault;
  skip: number;
  left: number;
}

/** Starts without faults. */
export function createFaults(): Faults {
  const armed: Armed[] = [];
  return {
    arm(spec, view) {
      if (!isRestFault(spec)) return;
      const left = spec.times === 0 ? Number.POSITIVE_INFINITY : spec.times;
      armed.push({ fault: { ...spec, view }, skip: spec.skip, left });
    },
    take(request) {
      for (const entry of armed) {
        if (!matches(entry.fault, request)) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        if (entry.left <= 0) armed.splice(armed.indexOf(entry), 1);
        return entry.fault;
      }
      return undefined;
    },
    clear() {
      armed.length = 0;
    },
    list: () => armed.map(({ fault: { view: _view, ...spec } }) => spec),
  };
}

/** Tells a websocket fault from one of a REST reply. */
export function isStreamFault(spec: FaultSpec): spec is StreamFault {
  return STREAM_FAULTS.some((kind) => kind === spec.kind);
}

function isRestFault(spec: FaultSpec): spec is FaultSpec & { readonly kind: (typeof REST_FAULTS)[number] } {
  return REST_FAULTS.some((kind) => kind === spec.kind);
}

function matches(
  { match }: FaultSpec,
  request: { readonly method: string; readonly path: string; readonly params: Params },
): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.symbol !== undefined && match.symbol !== request.params['symbol']) return false;
  if (match.path === undefined) return true;
  return request.path === match.path || request.path.endsWith(`/${match.path.replace(/^\//, '')}`);
}

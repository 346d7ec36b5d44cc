import type { Params } from './params.ts';

/** One REST request as it was received; `status` stays null when it is never answered. */
export interface LoggedRequest {
  readonly n: number;
  readonly ts_ms: number;
  readonly method: string;
  readonly path: string;
  readonly params: Params;
  readonly status: number | null;
  /** The exchange's error code, when it refused. */
  readonly code: number | null;
  /** Whether it took effect. */
  readonly executed: boolean;
  /** The fault it met. */
  readonly fault: string | null;
}

/** The requests received, numbered from 1. */
export interface RequestLog {
  add(entry: Omit<LoggedRequest, 'n'>): number;
  update(n: number, change: Partial<Pick<LoggedRequest, 'status' | 'code' | 'executed' | 'fault'>>): void;
  /** Entries with a number above `n`. */
  since(n: number): readonly LoggedRequest[];
}

const LIMIT = 20_000;

/** Keeps the last 20,000 requests. */
export function createRequestLog(): RequestLog {
  const entries = new Map<number, LoggedRequest>();
  let last = 0;
  return {
    add(entry) {
      last += 1;
      entries.set(last, { n: last, ...entry });
      entries.delete(last - LIMIT);
      return last;
    },
    update(n, change) {
      const entry = entries.get(n);
      if (entry !== undefined) entries.set(n, { ...entry, ...change });
    },
    since: (n) => [...entries.values()].filter((entry) => entry.n > n),
  };
}

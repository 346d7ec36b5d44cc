/** Reads one endpoint: call, parse, report. A read that fails in any way is never an empty list. */
import type { z } from 'zod';
import type { Clock } from '../engine/clock.ts';
import type { ReadReport } from '../engine/types.ts';
import type { Ccxt, Params, ReadName } from './ccxt-adapter.ts';
import { readRefusal } from './reply.ts';
import { perform } from './transport.ts';

/** One read: its report, and the value when the report says ok. */
export interface Read<T> {
  readonly report: ReadReport;
  readonly value: T | null;
  /** The exchange's error code, when it gave one. */
  readonly code: number | null;
  readonly endedMonoMs: number;
}

export interface ReaderDeps {
  readonly ccxt: Ccxt;
  readonly clock: Clock;
  readonly clean: (text: string) => string;
  /** Told of -1021, so that the clock is measured again. */
  readonly onTimestampRefused: () => void;
}

export type Reader = <T>(name: ReadName, params: Params, schema: z.ZodType<T>) => Promise<Read<T>>;

/** Makes a reader over one ccxt instance. */
export function createReader({ ccxt, clock, clean, onTimestampRefused }: ReaderDeps): Reader {
  return async (name, params, schema) => {
    const startedMonoMs = clock.monoMs();
    const reply = await perform(() => ccxt.read(name, params));
    const endedMonoMs = clock.monoMs();
    const serverMs = reply.kind === 'reply' ? reply.serverMs : null;
    const end = (outcome: ReadReport['outcome'], error: string, code: number | null = null) => ({
      report: {
        ...reportOf(name, params, outcome, clean(error)),
        took: { startedMonoMs, endedMonoMs, serverMs },
      },
      value: null,
      code,
      endedMonoMs,
    });
    if (reply.kind === 'none') return end('failed', reply.why);
    if (reply.httpStatus !== 200) {
      const { code, message } = readRefusal(reply.text);
      if (code === -1021) onTimestampRefused();
      return end('failed', `HTTP ${reply.httpStatus}${code === null ? '' : ` ${code}`}: ${message}`, code);
    }
    const parsed = schema.safeParse(reply.value);
    if (!parsed.success) return end('unparsable', describe(parsed.error));
    return { ...end('ok', ''), value: parsed.data };
  };
}

/** The first thing that did not fit: where, and what was expected. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'unexpected form' : `${issue.path.join('.') || 'reply'}: ${issue.message}`;
}

function reportOf(name: ReadName, params: Params, outcome: ReadReport['outcome'], error: string): ReadReport {
  const source = name === 'premiumIndex' ? 'price' : 'rest';
  return { source, endpoint: name, symbol: params['symbol'] ?? null, outcome, error };
}

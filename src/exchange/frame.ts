/** What a frame of the user-data stream means. Pure. */
import { z } from 'zod';
import { escapeText } from '../engine/escape.ts';

export type Frame =
  | { readonly kind: 'changed'; readonly symbols: readonly string[]; readonly eventTimeMs: number }
  | { readonly kind: 'key_expired' }
  /** An answer to our own probe, or news of no account. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'malformed' };

const symbol = z
  .string()
  .min(1)
  .max(40)
  .transform((text) => escapeText(text));
const event = z.object({ e: z.string(), E: z.int().nonnegative().catch(0) });
/** ORDER_TRADE_UPDATE and ALGO_UPDATE. */
const orderEvent = z.object({ o: z.object({ s: symbol }) });
/** ACCOUNT_UPDATE; without positions it tells of balances alone. */
const accountEvent = z.object({
  a: z.object({
    P: z
      .array(z.object({ s: symbol }))
      .max(2000)
      .optional(),
  }),
});
/** TRADE_LITE. */
const tradeEvent = z.object({ s: symbol });

/** Reads one frame; an event of a type that isn't known means that anything may have changed. */
export function readFrame(frame: unknown): Frame {
  const head = event.safeParse(frame);
  if (!head.success)
    return typeof frame === 'object' && frame !== null ? { kind: 'alive' } : { kind: 'malformed' };
  const { e: type, E: eventTimeMs } = head.data;
  if (type === 'listenKeyExpired') return { kind: 'key_expired' };
  const symbols = symbolsOf(type, frame);
  return symbols === null ? { kind: 'malformed' } : { kind: 'changed', symbols, eventTimeMs };
}

function symbolsOf(type: string, frame: unknown): readonly string[] | null {
  switch (type) {
    case 'ORDER_TRADE_UPDATE':
    case 'ALGO_UPDATE': {
      const parsed = orderEvent.safeParse(frame);
      return parsed.success ? [parsed.data.o.s] : null;
    }
    case 'ACCOUNT_UPDATE': {
      const parsed = accountEvent.safeParse(frame);
      return parsed.success ? [...new Set(parsed.data.a.P?.map((position) => position.s))] : null;
    }
    case 'TRADE_LITE': {
      const parsed = tradeEvent.safeParse(frame);
      return parsed.success ? [parsed.data.s] : null;
    }
    default:
      return [];
  }
}

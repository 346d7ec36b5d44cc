/** What a frame of the user-data stream means. Pure. */
import { z } from 'zod';
import type { ObservedOrder, ObservedPosition } from '../engine/types.ts';
import { accountFrame, algoFrame, orderFrame, tradeFrame } from './stream-rows.ts';

export type Frame =
  | {
      readonly kind: 'changed';
      /** Where; empty when the frame doesn't tell. */
      readonly symbols: readonly string[];
      readonly orders: readonly ObservedOrder[];
      readonly positions: readonly ObservedPosition[];
      readonly eventTimeMs: number;
    }
  | { readonly kind: 'key_expired' }
  /** An answer to our own probe, or news of neither orders nor positions. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'malformed' };

const event = z.object({ e: z.string(), E: z.int().nonnegative().catch(0) });

/**
 * Reads one frame; an event of a type that isn't known means that anything may have changed, and so does what is
 * neither an event nor an answer: it may hold events in a wrapping that we don't know.
 */
export function readFrame(frame: unknown): Frame {
  const head = event.safeParse(frame);
  if (!head.success) return { kind: isAnswer(frame) ? 'alive' : 'malformed' };
  const { e: type, E: eventTimeMs } = head.data;
  switch (type) {
    case 'listenKeyExpired':
      return { kind: 'key_expired' };
    case 'ORDER_TRADE_UPDATE':
      return ofOrder(orderFrame.safeParse(frame).data, eventTimeMs);
    case 'ALGO_UPDATE':
      return ofOrder(algoFrame.safeParse(frame).data, eventTimeMs);
    case 'ACCOUNT_UPDATE':
      return ofPositions(accountFrame.safeParse(frame).data, eventTimeMs);
    case 'TRADE_LITE': {
      const trade = tradeFrame.safeParse(frame).data;
      if (trade === undefined) return { kind: 'malformed' };
      return { kind: 'changed', symbols: [trade.s], orders: [], positions: [], eventTimeMs };
    }
    default:
      return { kind: 'changed', symbols: [], orders: [], positions: [], eventTimeMs };
  }
}

/** What our probes are answered with. */
function isAnswer(frame: unknown): boolean {
  if (typeof frame !== 'object' || frame === null || 'e' in frame) return false;
  return 'result' in frame || 'error' in frame;
}

function ofOrder(order: ObservedOrder | undefined, eventTimeMs: number): Frame {
  if (order === undefined) return { kind: 'malformed' };
  return { kind: 'changed', symbols: [order.symbol], orders: [order], positions: [], eventTimeMs };
}

function ofPositions(positions: readonly ObservedPosition[] | undefined, eventTimeMs: number): Frame {
  if (positions === undefined) return { kind: 'malformed' };
  if (positions.length === 0) return { kind: 'alive' };
  const symbols = [...new Set(positions.map(({ symbol }) => symbol))];
  return { kind: 'changed', symbols, orders: [], positions, eventTimeMs };
}

/**
 * What a series of reads says about a write whose outcome is not known. Pure.
 *
 * A single denial proves nothing (reads lag, and the request may still be on its way): only several in a row, all later
 * than the request can arrive, do. What shows the write's effect is believed at once.
 */
import type { OrderQueryResult } from '../exchange/exchange.ts';
import { parseDecimal } from './decimal.ts';
import type { OpenIntent } from './fold.ts';
import { isLive } from './targeted.ts';

/** Limits of a resolution; times in milliseconds. */
export interface ResolveRules {
  /** After this much monotonic time since we first looked the request can't arrive any more (recvWindow and a margin). */
  readonly windowMs: number;
  /** Reads in a row that must agree on an absence. */
  readonly agreeing: number;
  /** Reads after the window until an operator is asked. */
  readonly maxReads: number;
}

/** What was seen so far. */
export interface ResolveProgress {
  readonly firstLookMonoMs: number;
  readonly readsAfterWindow: number;
  /** What the latest reads agree on, and how many of them. */
  readonly hint: Outcome | null;
  readonly inARow: number;
}

type Outcome = 'executed' | 'not_executed';

/** Where a read leads: ask again, done, or an operator (who is asked while reads go on). */
export type ResolveStep =
  | { readonly kind: 'wait'; readonly progress: ResolveProgress }
  | {
      readonly kind: 'resolved';
      readonly outcome: Outcome;
      readonly text: string;
      readonly unfilled: boolean;
    }
  | { readonly kind: 'manual'; readonly progress: ResolveProgress; readonly text: string };

/** What a read showed of the order, and for a flatten whose order it denied how the position has changed; null: it has not. */
export interface OrderRead {
  readonly result: OrderQueryResult;
  readonly moved?: string | null;
}

/** Weighs one more read. `nowMonoMs` is when the read began. */
export function resolveStep(
  intent: Pick<OpenIntent, 'action'>,
  progress: ResolveProgress,
  read: OrderRead & { readonly nowMonoMs: number },
  rules: ResolveRules,
): ResolveStep {
  const sign = signOf(intent, read);
  if (sign.kind === 'proof') {
    const { outcome, text, unfilled = false } = sign;
    return { kind: 'resolved', outcome, text, unfilled };
  }
  if (read.nowMonoMs - progress.firstLookMonoMs < rules.windowMs) return { kind: 'wait', progress };
  const next = { ...advance(progress, sign), readsAfterWindow: progress.readsAfterWindow + 1 };
  if (sign.kind === 'hint' && next.inARow >= rules.agreeing) {
    const text = `${sign.text}, ${next.inARow} reads in a row`;
    return { kind: 'resolved', outcome: sign.outcome, text, unfilled: false };
  }
  return next.readsAfterWindow >= rules.maxReads
    ? {
        kind: 'manual',
        progress: next,
        text: `still unclear after ${next.readsAfterWindow} reads: ${sign.text}`,
      }
    : { kind: 'wait', progress: next };
}

/** Says what one read shows of a write, for people too. `proof` settles it, `hint` must be seen several times. */
export function signOf(intent: Pick<OpenIntent, 'action'>, { result, moved = null }: OrderRead): Sign {
  return intent.action === 'cancel' ? cancelSign(result) : flattenSign(result, moved);
}

function advance(progress: ResolveProgress, sign: Sign): ResolveProgress {
  if (sign.kind === 'nothing') return progress;
  if (sign.kind !== 'hint') return { ...progress, hint: null, inARow: 0 };
  return {
    ...progress,
    hint: sign.outcome,
    inARow: progress.hint === sign.outcome ? progress.inARow + 1 : 1,
  };
}

/** `hint` must repeat, `proof` need not, `against` starts the count over, `nothing` changes nothing. */
export type Sign =
  | {
      readonly kind: 'proof' | 'hint';
      readonly outcome: Outcome;
      readonly text: string;
      /** The order was taken and traded nothing. */
      readonly unfilled?: boolean;
    }
  | { readonly kind: 'against' | 'nothing'; readonly text: string };

/** A cancel worked when its order is cancelled. */
function cancelSign(result: OrderQueryResult): Sign {
  if (result.kind === 'failed') return { kind: 'nothing', text: result.error };
  if (result.kind === 'not_found')
    return { kind: 'hint', outcome: 'executed', text: 'the order is not there any more' };
  const { status } = result.order;
  const text = `the order is ${status}`;
  if (status === 'CANCELED') return { kind: 'proof', outcome: 'executed', text };
  if (isLive(status)) return { kind: 'hint', outcome: 'not_executed', text };
  return status === 'UNKNOWN' ? { kind: 'nothing', text } : { kind: 'proof', outcome: 'not_executed', text };
}

/** A flatten was executed when its own order is known to the exchange, whatever it filled. A read that denies it may lag. */
function flattenSign(result: OrderQueryResult, moved: string | null): Sign {
  if (result.kind === 'failed') return { kind: 'nothing', text: result.error };
  if (result.kind === 'not_found' && moved !== null)
    return { kind: 'against', text: `the exchange does not know the order, but ${moved}` };
  if (result.kind === 'not_found')
    return { kind: 'hint', outcome: 'not_executed', text: 'the exchange does not know the order' };
  const { status, filledQuantity } = result.order;
  const text = `the order is ${status}, filled ${filledQuantity}`;
  if (status === 'REJECTED') return { kind: 'proof', outcome: 'not_executed', text };
  if (isLive(status)) return { kind: 'against', text };
  if (status === 'UNKNOWN') return { kind: 'against', text };
  return {
    kind: 'proof',
    outcome: 'executed',
    text,
    unfilled: parseDecimal(filledQuantity)?.isZero() ?? false,
  };
}

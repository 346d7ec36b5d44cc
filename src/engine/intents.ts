/**
 * Finds out what became of writes whose outcome is not known, after a timeout or a restart: asks by client order id,
 * never sends again.
 */
import type { Exchange } from '../exchange/exchange.ts';
import type { Clock } from './clock.ts';
import { parseDecimal } from './decimal.ts';
import { describeError } from './files.ts';
import type { OpenIntent } from './fold.ts';
import type { Journal } from './journal.ts';
import {
  type OrderRead,
  type ResolveProgress,
  type ResolveRules,
  resolveStep,
  type Sign,
  signOf,
} from './resolve-step.ts';
import type { ObservedPosition } from './types.ts';
import { type RunStamp, resolutionEntry } from './write-records.ts';

/** What the resolver works with. */
export interface ResolverTools {
  readonly exchange: Pick<Exchange, 'queryOrder' | 'queryPosition'>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly rules: ResolveRules;
  /** Least monotonic time between two reads about one intent, in milliseconds. */
  readonly spacingMs: number;
  /** The intent whose dispatch has not ended (executor.inFlight). */
  readonly inFlight: () => string | null;
  /** Stage, mode and digest of now. */
  readonly stamp: () => RunStamp;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** An intent that only an operator can resolve now, and why. */
export interface ManualIntent {
  readonly intent: OpenIntent;
  readonly text: string;
}

/** Resolves open intents. Nothing here rejects. */
export interface IntentResolver {
  /** Asks once about each open intent that is due. Calls don't overlap: one made meanwhile returns at once. */
  readonly tick: () => Promise<void>;
  readonly manual: () => readonly ManualIntent[];
  /** Intents resolved in this process by outcome, operators' included. */
  readonly counts: () => { readonly executed: number; readonly not_executed: number };
  /** Asks the exchange once and decides nothing: for an operator to look at. Null when the intent is not open. */
  readonly look: (intentId: string) => Promise<Sign | null>;
  /** An operator's word; refused for what isn't open, is in flight, or when the journal is. */
  readonly resolveByHand: (
    intentId: string,
    outcome: 'executed' | 'not_executed',
    operator: string,
  ) => { readonly ok: true } | { readonly ok: false; readonly why: string };
}

/** Makes a resolver; the loop calls `tick` as often as it likes. */
export function createIntentResolver(tools: ResolverTools): IntentResolver {
  const { journal, clock, rules } = tools;
  const known = new Map<string, Known>();
  const counts = { executed: 0, not_executed: 0 };
  let ticking = false;

  const record = (
    intent: OpenIntent,
    outcome: 'executed' | 'not_executed',
    why: { readonly text: string; readonly operator: string | null; readonly unfilled: boolean },
  ): string | null => {
    const result = journal.append(resolutionEntry(tools.stamp(), intent, { outcome, ...why }));
    if (!result.ok) return result.problem;
    counts[outcome] += 1;
    known.delete(intent.intentId);
    tools.log('INTENT_RESOLVED', { ...fieldsOf(intent), outcome, text: why.text, operator: why.operator });
    return null;
  };

  const look = async (intent: OpenIntent): Promise<void> => {
    const nowMonoMs = clock.monoMs();
    const before = known.get(intent.intentId) ?? firstLook(nowMonoMs);
    if (nowMonoMs < before.nextMonoMs) return;
    const read = await query(tools, intent);
    if (!stillOpen(journal, intent)) return;
    const step = resolveStep(intent, before.progress, { ...read, nowMonoMs }, rules);
    if (step.kind === 'resolved') {
      record(intent, step.outcome, { text: step.text, operator: null, unfilled: step.unfilled });
      return;
    }
    const manual = step.kind === 'manual' ? step.text : null;
    if (manual !== null && before.manual === null)
      tools.log('INTENT_UNRESOLVED', { ...fieldsOf(intent), level: 'error', text: manual });
    known.set(intent.intentId, {
      progress: step.progress,
      nextMonoMs: nowMonoMs + tools.spacingMs,
      manual,
    });
  };

  return {
    tick: async () => {
      if (ticking || !journal.healthy()) return;
      ticking = true;
      try {
        for (const intent of journal.state().openIntents.values())
          if (intent.intentId !== tools.inFlight()) await look(intent);
      } finally {
        ticking = false;
      }
    },
    manual: () =>
      [...journal.state().openIntents.values()].flatMap((intent) => {
        const text = known.get(intent.intentId)?.manual ?? null;
        return text === null ? [] : [{ intent, text }];
      }),
    counts: () => ({ ...counts }),
    look: async (intentId) => {
      const intent = journal.state().openIntents.get(intentId);
      return intent === undefined ? null : signOf(intent, await query(tools, intent));
    },
    resolveByHand: (intentId, outcome, operator) => {
      const intent = journal.state().openIntents.get(intentId);
      if (intent === undefined) return { ok: false, why: `no open intent ${intentId}` };
      if (intentId === tools.inFlight()) return { ok: false, why: `${intentId} is being sent` };
      const problem = record(intent, outcome, { text: 'resolved by hand', operator, unfilled: false });
      return problem === null ? { ok: true } : { ok: false, why: problem };
    },
  };
}

interface Known {
  readonly progress: ResolveProgress;
  readonly nextMonoMs: number;
  readonly manual: string | null;
}

function firstLook(nowMonoMs: number): Known {
  return {
    progress: { firstLookMonoMs: nowMonoMs, readsAfterWindow: 0, hint: null, inARow: 0 },
    nextMonoMs: nowMonoMs,
    manual: null,
  };
}

async function query(tools: ResolverTools, intent: OpenIntent): Promise<OrderRead> {
  const { symbol, clientOrderId, orderId, conditional, repairClientOrderId } = intent;
  const target =
    intent.action === 'cancel'
      ? { clientOrderId, orderId, conditional }
      : { clientOrderId: repairClientOrderId, orderId: null, conditional: false };
  if (target.clientOrderId === null)
    return { result: { kind: 'failed', error: 'the intent names no order' } };
  try {
    const result = await tools.exchange.queryOrder({
      ...target,
      symbol,
      clientOrderId: target.clientOrderId,
    });
    if (result.kind !== 'not_found' || intent.position === null) return { result };
    const now = await tools.exchange.queryPosition(symbol);
    // Without the position a denial is half an answer.
    if (now.kind === 'failed') return { result: now };
    return { result, moved: movedSince(intent.position, now.positions, symbol) };
  } catch (error) {
    return { result: { kind: 'failed', error: describeError(error) } };
  }
}

/** How a position differs from what the flatten was to close, for people; null when it does not. */
function movedSince(
  before: NonNullable<OpenIntent['position']>,
  positions: readonly ObservedPosition[],
  symbol: string,
): string | null {
  const row = positions.find((one) => one.symbol === symbol && one.positionSide === before.side);
  const amount = row?.amount ?? '0';
  const [was, is] = [parseDecimal(before.amount), parseDecimal(amount)];
  if (was === null || is === null || !was.isEqualTo(is))
    return `the position was ${before.amount} and is ${amount}`;
  // Two trades may have made up for each other, and one of them been the flatten.
  const isUntouched = before.updatedAtMs === null || row?.updatedAtMs === before.updatedAtMs;
  return isUntouched ? null : `the position of ${amount} has been traded since`;
}

/** An operator may have resolved it while the read was on its way. */
function stillOpen(journal: Journal, intent: OpenIntent): boolean {
  return journal.state().openIntents.has(intent.intentId);
}

function fieldsOf(intent: OpenIntent): Readonly<Record<string, unknown>> {
  return {
    intent_id: intent.intentId,
    action: intent.action,
    symbol: intent.symbol,
    client_order_id: intent.repairClientOrderId ?? intent.clientOrderId,
    was: intent.status,
  };
}

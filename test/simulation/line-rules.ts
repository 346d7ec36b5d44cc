/** What the audit says has to be true: of a picture, that it was whole; of a write, what became of it. */
import type { Observation } from '../../src/engine/types.ts';
import type { Fail } from './dispatch-rules.ts';
import type { WatchedLine } from './journal-watch.ts';
import type { Knowledge } from './knowledge.ts';
import { isOpen, type Truth } from './truth.ts';

export interface LineInputs {
  readonly knowledge: Knowledge;
  readonly truth: Truth;
  /** The last observation that a process was given. */
  readonly newest: Observation | null;
}

/** Judges one line as it becomes durable. */
export function judgeLine({ event_type, details }: WatchedLine, inputs: LineInputs, fail: Fail): void {
  const { knowledge, newest } = inputs;
  if (event_type === 'RECONCILE_RUN' && details['source'] === 'rest' && details['complete'] === true)
    if (newest?.complete === false) fail('S13', 'a run calls its picture whole, and part of it was not read');
  const intentId = details['resolves'];
  if (typeof intentId === 'string') judgeResolution({ intentId, outcome: details['outcome'] }, inputs, fail);
  if (typeof details['verifies'] === 'string' && details['verified'] === true) {
    const sent = knowledge.sent.find(({ departure }) => departure.permit.intentId === details['verifies']);
    if (sent?.executed === false) fail('verified', `${sent.item} is told verified and was never carried out`);
  }
}

/** An outcome that was found out later is the one that it had. An order may be gone without our doing. */
function judgeResolution(
  { intentId, outcome }: { readonly intentId: string; readonly outcome: unknown },
  { knowledge, truth }: LineInputs,
  fail: Fail,
): void {
  const sent = knowledge.sent.find(({ departure }) => departure.permit.intentId === intentId);
  const { write } = sent?.departure ?? {};
  if (sent !== undefined) sent.resolvedAs = String(outcome);
  // An order that was taken and filled nothing is as good as none.
  if (outcome === 'not_executed' && sent?.moved === true)
    fail('resolution', `${intentId} is told not executed, and was`);
  // What worked is no failure of its item, though nobody was told at once.
  if (outcome === 'executed' && sent?.moved === true) forgive(knowledge, sent.item);
  if (outcome !== 'executed' || sent?.executed === true) return;
  const order = write?.kind === 'cancel' ? truth.order(Number(write.orderId)) : undefined;
  const isGone = write?.kind === 'cancel' && (order === undefined || !isOpen(order));
  // Before it left, or as it died with its process: nothing can have come of it.
  if (!isGone && sent !== undefined) fail('resolution', `${intentId} is told executed, and was not`);
}

function forgive({ failures }: Knowledge, item: string): void {
  failures.set(item, Math.max(0, (failures.get(item) ?? 0) - 1));
}

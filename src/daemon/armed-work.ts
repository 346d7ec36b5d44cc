/** What was sent since the arming, as an operator reads it before prolonging it. Pure. */
import type { ItemResult } from '../engine/item-result.ts';

/** All of it counted, the newest of it in words. */
export interface ArmedWork {
  readonly sent: number;
  readonly lines: readonly string[];
}

export const NO_WORK: ArmedWork = { sent: 0, lines: [] };

const KEPT = 200;

/** Adds what a run sent; what never got an INTENT is no work. */
export function addWork(work: ArmedWork, results: readonly ItemResult[], nowMs: number): ArmedWork {
  const sent = results.filter(({ intentId }) => intentId !== null);
  const lines = sent.map(({ action, status, verified, text }) => {
    const aim = action.clientOrderId ?? `${action.quantity ?? ''} ${action.positionSide ?? ''}`;
    const isDoubted = verified === false || (verified === null && status === 'executed');
    const seen = verified === true ? ', verified' : isDoubted ? ', NOT VERIFIED' : '';
    return `${new Date(nowMs).toISOString().slice(11, 19)}Z ${action.action} ${action.symbol} ${aim}: ${status}${seen} (${text})`;
  });
  return { sent: work.sent + sent.length, lines: [...work.lines, ...lines].slice(-KEPT) };
}

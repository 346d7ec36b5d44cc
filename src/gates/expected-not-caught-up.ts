import { answer, duration, isCount, isFresh } from './answer.ts';
import type { ActionGate, GateAnswer, GateInput, GateWorld } from './gate.ts';

/** A picture of the engine that is older than the item it contradicts is not acted on. */
export const expectedNotCaughtUp: ActionGate = {
  name: 'expected_not_caught_up',
  scope: 'action',
  rule: 'A picture of the engine that is older than the item it contradicts is not acted on.',
  judge: (input) => {
    const { action, world } = input;
    const { observedOrder, observedPosition } = action.mismatch;
    const item = action.action === 'cancel' ? observedOrder : observedPosition;
    const behind = lag(item?.updatedAtMs, world);
    if (!behind.open || action.action === 'cancel') return behind;
    return stillness(item?.updatedAtMs, input);
  },
};

/** Feed and exchange may disagree on the time by rounding, not by more. */
const AHEAD_MS = 1000;

/** Whether the engine has applied the events up to the item's own update. */
function lag(updatedAtMs: number | undefined, { expected, exchangeNowMs }: GateWorld): GateAnswer {
  const limit = 'caught up';
  const applied = expected.appliedEventMs;
  if (expected.fault !== null) return answer(false, expected.fault || 'broken feed', limit);
  if (updatedAtMs === undefined || !isTime(updatedAtMs)) return answer(false, 'item has no time', limit);
  if (!isTime(applied)) return answer(false, 'never said', limit);
  if (!isTime(exchangeNowMs)) return answer(false, 'clock unknown', limit);
  if (applied > exchangeNowMs + AHEAD_MS) return answer(false, 'from the future', limit);
  if (applied < updatedAtMs) return answer(false, `behind ${duration(updatedAtMs - applied)}`, limit);
  return answer(true, 'caught up', limit);
}

/**
 * A position's record may come late although heartbeats say that its events are applied. So a position has to lie still
 * for longer than a record may take, on both clocks: the exchange's, and ours between complete reads that showed it. What was
 * written after the newest line that came has not come: where the feed itself is late, that time is added.
 */
function stillness(updatedAtMs: number | undefined, { world, confirmation }: GateInput): GateAnswer {
  const { positionLagMs, ageMs } = world.expected;
  // A line may be dated a moment ahead of our clock.
  const lateMs = ageMs !== null && isFresh(ageMs, Number.MAX_SAFE_INTEGER) ? Math.max(0, ageMs) : Number.NaN;
  const isKnown = isCount(positionLagMs) && isCount(world.confirmAfterMs);
  const needed = isKnown ? positionLagMs + Math.max(world.confirmAfterMs, lateMs) : Number.NaN;
  const limit = `> ${duration(needed)}`;
  const byExchange = (world.exchangeNowMs ?? Number.NaN) - (updatedAtMs ?? Number.NaN);
  const stillMs = Math.min(byExchange, confirmation?.stillMs ?? Number.NaN);
  return answer(isCount(needed) && isCount(stillMs) && stillMs > needed, `still ${duration(stillMs)}`, limit);
}

function isTime(ms: number | null): ms is number {
  return isCount(ms) && ms > 0;
}

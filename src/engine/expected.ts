/**
 * Expected state: a fold over feed lines; `now` comes in with each line. The maps inside a draft are changed in place,
 * because a feed may have a million lines; `createViewer` (expected-picture.ts) gives everybody else a copy of their own.
 *
 * A fault (a gap in seq, a foreign account, a line that can't be read) stays until the next checkpoint, because only a
 * checkpoint says the full set. Ended orders are remembered for a while, so that a ghost is recognised.
 */

import { contradictionIn, elsewhere, overfilled } from './contradiction.ts';
import { endedOrder, keyOf, liveOrder } from './feed-records.ts';
import type { FeedLine } from './feed-schema.ts';
import {
  oneWordAfter,
  ordersAfter,
  ordersOverSession,
  outOfTurn,
  positionAfter,
  positionsAfter,
  unnamedAfter,
} from './one-word.ts';
import type { Instant } from './progress.ts';
import { toldOrder } from './restated.ts';
import { isLate, remember, type Said, saysOtherwise } from './said.ts';
import type { ExpectedOrder, ExpectedPosition, ExpectedState } from './types.ts';

/** Which feed is ours. */
export interface FeedIdentity {
  readonly account: string;
  readonly environment: 'sim' | 'testnet' | 'mainnet';
}

/** Ended orders kept at least; half a thousand more may wait to be forgotten. */
const ENDED_KEPT = 5000;
/** After so many ends what is too old is forgotten: all orders are looked at for that. */
const FORGET_EVERY = 500;

/** Expected state while it is being folded. */
export interface ExpectedDraft extends ExpectedState {
  readonly orders: Map<string, ExpectedOrder>;
  readonly positions: Map<string, ExpectedPosition>;
  /** What the last checkpoints passed over of the positions that were held. */
  readonly unnamed: ExpectedState['positions'];
  /** Client order ids of what changed in `orders` since it was shown last. */
  readonly touched: Set<string>;
  readonly said: Said;
  /** The latest `ts_ms` of the session's lines. */
  readonly newestTsMs: number;
  /** Ends since old ones were forgotten last, whatever the session. */
  readonly endsSince: number;
}

/** What is known before the first line: nothing. */
export function nothingExpected(): ExpectedDraft {
  return {
    sessionId: null,
    seq: 0,
    checkpoint: null,
    orders: new Map(),
    positions: new Map(),
    unnamed: new Map(),
    touched: new Set(),
    said: new Map(),
    newestTsMs: 0,
    endsSince: 0,
    killSwitch: false,
    appliedEventMs: 0,
    lastLine: null,
    fault: null,
    oneWordSince: null,
    settled: false,
  };
}

/** Applies one line. A line that was already applied (same session, seq not above the last) changes nothing. */
export function applyLine(
  state: ExpectedDraft,
  line: FeedLine,
  identity: FeedIdentity,
  now: Instant,
): ExpectedDraft {
  if (line.session_id === state.sessionId && line.seq <= state.seq) return appliedBefore(state, line);
  const session = line.session_id === state.sessionId ? continued(state, line) : begun(state, line);
  const heard: ExpectedDraft = {
    ...session,
    seq: line.seq,
    lastLine: { tsMs: line.ts_ms, readAtMonoMs: now.nowMonoMs },
    newestTsMs: Math.max(session.newestTsMs, line.ts_ms),
  };
  remember(heard.said, line);
  return applyRecord(heard, line, identity, now);
}

/** Notes something that makes the picture untrustworthy until the next checkpoint. */
export function withFault(state: ExpectedDraft, fault: string): ExpectedDraft {
  return state.fault === null ? { ...state, fault } : state;
}

/** The older of wall and monotonic age of the newest line; null before the first and for a line from the future. */
export function feedAgeMs(state: ExpectedState, now: Instant): number | null {
  if (state.lastLine === null) return null;
  const wallAgeMs = now.nowMs - state.lastLine.tsMs;
  // Clocks of two programs on one machine agree; a second covers rounding.
  return wallAgeMs < -1000 ? null : Math.max(wallAgeMs, now.nowMonoMs - state.lastLine.readAtMonoMs);
}

/**
 * A line that is read again says what it said, at the time it said. One that was written later is another line: the
 * engine began anew under its old name, and what it says would be taken for known until it has caught up in number. So is
 * one that says something else: two threads of the engine took one number, and what the second said is not known. What was
 * passed over and comes now is not known either, though a checkpoint may have healed the gap since.
 */
function appliedBefore(state: ExpectedDraft, line: FeedLine): ExpectedDraft {
  const again = `seq ${line.seq} again`;
  if (isLate(state.said, line))
    return withFault(
      state,
      `seq ${line.seq} comes late, after ${state.seq}: its line was not heard in its turn`,
    );
  if (line.ts_ms > state.newestTsMs)
    return withFault(state, `${again}, written later: the session's id was used twice`);
  return saysOtherwise(state.said, line)
    ? withFault(state, `${again}, saying something else: two lines took one number`)
    : state;
}

function continued(state: ExpectedDraft, line: FeedLine): ExpectedDraft {
  const next = state.seq + 1;
  return line.seq === next ? state : withFault(state, `gap: seq ${next} expected, ${line.seq} found`);
}

/** A new session knows nothing until its checkpoint; what the old one ended, or may be told to have ended, is worth remembering. */
function begun(state: ExpectedDraft, line: FeedLine): ExpectedDraft {
  const fault = line.type === 'checkpoint' ? null : 'a new session without a checkpoint';
  const orders = ordersOverSession(state.orders);
  const { killSwitch, endsSince } = state;
  return { ...nothingExpected(), orders, sessionId: line.session_id, killSwitch, endsSince, fault };
}

function applyRecord(
  state: ExpectedDraft,
  line: FeedLine,
  identity: FeedIdentity,
  now: Instant,
): ExpectedDraft {
  switch (line.type) {
    case 'checkpoint': {
      if (line.account !== identity.account || line.environment !== identity.environment)
        return withFault(
          { ...state, checkpoint: null },
          `the feed is of another account (${line.account}, ${line.environment})`,
        );
      // Only the first checkpoint of a session starts its settling time.
      const readAtMonoMs = state.checkpoint?.readAtMonoMs ?? now.nowMonoMs;
      const at = { updatedAtMs: line.ts_ms, readAtMonoMs: now.nowMonoMs };
      const orders = ordersAfter(state.orders, line.orders, at);
      const known = new Map([...state.unnamed, ...state.positions]);
      return {
        ...state,
        fault: contradictionIn(line),
        oneWordSince: oneWordAfter(state, at),
        checkpoint: {
          account: line.account,
          environment: line.environment,
          tsMs: line.ts_ms,
          readAtMonoMs,
        },
        orders,
        positions: positionsAfter(known, line.positions, at),
        unnamed: unnamedAfter(known, line.positions),
        killSwitch: line.kill_switch,
        appliedEventMs: line.applied_event_ms,
      };
    }
    case 'order': {
      const wrong = overfilled(line) ?? elsewhere(state.orders.get(line.client_order_id), line);
      if (wrong !== null) return withFault(state, wrong);
      const at = { updatedAtMs: line.ts_ms, readAtMonoMs: now.nowMonoMs };
      const told = toldOrder(state.orders.get(line.client_order_id), liveOrder(line, at));
      state.orders.set(line.client_order_id, told);
      state.touched.add(line.client_order_id);
      return state;
    }
    case 'order_end': {
      const known = state.orders.get(line.client_order_id);
      const quantity = known?.quantity ?? line.filled_quantity;
      const wrong = overfilled({ ...line, quantity }) ?? elsewhere(known, line);
      if (wrong !== null) return withFault(state, wrong);
      const doubted = outOfTurn(known, { updatedAtMs: line.ts_ms, readAtMonoMs: now.nowMonoMs });
      if (doubted !== null) {
        state.orders.set(line.client_order_id, doubted);
        state.touched.add(line.client_order_id);
        return state;
      }
      endOrder(state, line, now);
      return afterEnd(state);
    }
    case 'position': {
      const key = keyOf(line);
      const at = { updatedAtMs: line.ts_ms, readAtMonoMs: now.nowMonoMs };
      const before = state.positions.get(key) ?? state.unnamed.get(key);
      state.positions.set(key, positionAfter(before, line, at));
      return state;
    }
    case 'kill_switch':
      return { ...state, killSwitch: line.active };
    case 'heartbeat':
      return { ...state, appliedEventMs: Math.max(state.appliedEventMs, line.applied_event_ms) };
  }
}

function endOrder(
  { orders, touched }: Pick<ExpectedDraft, 'orders' | 'touched'>,
  line: Extract<FeedLine, { type: 'order_end' }>,
  now: Instant,
): void {
  const known = orders.get(line.client_order_id);
  // Re-inserted, so that the oldest end is the first to be forgotten.
  orders.delete(line.client_order_id);
  const at = { updatedAtMs: line.ts_ms, readAtMonoMs: now.nowMonoMs };
  orders.set(line.client_order_id, endedOrder(line, known, at));
  touched.add(line.client_order_id);
}

/** By count and not by size, which an engine that replaces its orders in pairs may never bring to a round number. */
function afterEnd(state: ExpectedDraft): ExpectedDraft {
  const endsSince = state.endsSince + 1;
  if (endsSince < FORGET_EVERY) return { ...state, endsSince };
  forgetOldEnds(state.orders, state.touched);
  return { ...state, endsSince: 0 };
}

function forgetOldEnds(orders: ExpectedDraft['orders'], touched: Set<string>): void {
  const ended = [...orders].filter(([, order]) => order.state === 'ended').map(([id]) => id);
  for (const id of ended.slice(0, Math.max(0, ended.length - ENDED_KEPT))) {
    orders.delete(id);
    touched.add(id);
  }
}

/**
 * What must hold at the moment an INTENT becomes durable. Its write was judged in the same turn, so nothing here is
 * forgiven for being new: the lock, the clock and the feed are asked for again right before it.
 */
import type { Fail } from './dispatch-rules.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { WatchedLine } from './journal-watch.ts';
import { type Knowledge, standingOf } from './knowledge.ts';
import { lookAt } from './look-rules.ts';
import type { Scenario } from './scenario.ts';
import type { Owner } from './timeline.ts';
import type { Trader } from './trader-types.ts';
import type { Truth } from './truth.ts';

export interface IntentInputs {
  readonly nowMs: number;
  /** Whose line it is. */
  readonly owner: Owner;
  readonly scenario: Scenario;
  readonly knowledge: Knowledge;
  readonly feed: FeedWriter;
  readonly truth: Truth;
  readonly trader: Trader;
}

/** Rounding of the clocks, and the half second by which an armed clock may be off. */
const CLOCKS_MS = 600;

/** Judges one INTENT. */
export function judgeIntent(line: WatchedLine, inputs: IntentInputs, fail: Fail): void {
  switches(inputs, fail);
  informed(inputs, fail);
  worded(line, inputs, fail);
}

/** S8, S12, S18, S21 and the lease. */
function switches({ nowMs, owner, scenario, knowledge }: IntentInputs, fail: Fail): void {
  const { settings } = scenario;
  const { wall } = knowledge;
  const { armed, stopped, pauseUntilMs } = standingOf(knowledge, owner);
  if (stopped) fail('S21', 'an INTENT after a stop');
  if ((knowledge.lockLostMs.get(owner) ?? nowMs) < nowMs) fail('S8', 'an INTENT without the lock');
  if (nowMs < pauseUntilMs - 1000) fail('S12', 'an INTENT during a pause or a ban');
  if (Math.abs(wall.offsetMs) > settings.freshness.clockOffsetMaxMs)
    fail('S18', `an INTENT with a clock that is off by ${wall.offsetMs} ms`);
  if (armed === null) fail('S17', 'an INTENT without a confirmation');
  else if (nowMs - armed.atMs > settings.arming.lease + CLOCKS_MS) fail('lease', 'an INTENT after the lease');
}

/** S23, S27: the feed was read in the same turn. */
function informed({ nowMs, scenario, feed }: IntentInputs, fail: Fail): void {
  const { staleAfterMs } = scenario.settings.expectedState;
  const lineMs = feed.lastLineMs();
  if (lineMs === null || nowMs - lineMs > staleAfterMs + CLOCKS_MS)
    fail('S23', `an INTENT ${lineMs === null ? '' : nowMs - lineMs} ms after the engine's last line`);
  const sessionMs = feed.sessionSinceMs();
  if (sessionMs === null || nowMs - sessionMs < scenario.settings.expectedState.settleMs)
    fail('S27', 'an INTENT in a session that is not settled');
  const brokenMs = feed.brokenSinceMs();
  if (brokenMs !== null && brokenMs < nowMs) fail('S27', 'an INTENT on a broken feed');
  const spoiled = feed.spoiled();
  if (spoiled !== null) fail('F77', `an INTENT on a feed that is ${spoiled}`);
}

/** S5, S15, S27: it names the settings that it was judged by, and reserves what its write may cost. */
function worded({ details }: WatchedLine, inputs: IntentInputs, fail: Fail): void {
  const { nowMs, owner, scenario, knowledge, trader } = inputs;
  if (details['config_digest'] !== scenario.settings.digest)
    fail('S15', `an INTENT names the settings ${String(details['config_digest'])}`);
  const orderId = Number(details['order_id']);
  if (details['action'] === 'cancel' && trader.wants(orderId) && trader.tookBackMs(orderId) < nowMs)
    fail('S7', `an INTENT to cancel order ${orderId}, which the engine says it has`);
  if (details['action'] !== 'flatten') return;
  const symbol = String(details['symbol']);
  if (trader.said(symbol) !== 0 && trader.saidAtMs(symbol) < nowMs)
    fail('S27', `an INTENT to flatten ${symbol}, which the engine says it holds`);
  const { request } = details;
  const quantity =
    typeof request === 'object' && request !== null && 'quantity' in request ? request.quantity : null;
  const cost = Number(quantity) * (lookAt(knowledge, owner, `position ${symbol}`)?.price ?? 0);
  const reserved = Number(details['notional_usdt']);
  if (!(cost > 0 && reserved >= cost - 1e-6)) fail('S5', `an INTENT reserves ${reserved} USDT for ${cost}`);
}

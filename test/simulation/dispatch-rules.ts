/** What must hold at the moment a write's bytes leave, judged by the truth and by what is known outside the daemon. */
import { createHash } from 'node:crypto';
import type { FeedWriter } from './feed-writer.ts';
import type { WatchedIntent } from './journal-watch.ts';
import { type Knowledge, type Sent, standingOf } from './knowledge.ts';
import { lookAt } from './look-rules.ts';
import type { Scenario } from './scenario.ts';
import type { Sightings } from './sightings.ts';
import type { Trader } from './trader-types.ts';
import { isOpen, isProtective, type Truth } from './truth.ts';

export interface RuleInputs {
  readonly nowMs: number;
  /** The same without what the machine slept. */
  readonly awakeMs: number;
  /** Since when the control thread that the write came from stands still; null while it runs. */
  readonly stalledSinceMs: number | null;
  readonly sent: Sent;
  readonly scenario: Scenario;
  readonly knowledge: Knowledge;
  readonly intents: ReadonlyMap<string, WatchedIntent>;
  readonly sightings: Sightings;
  readonly truth: Truth;
  readonly trader: Trader;
  readonly feed: FeedWriter;
}

export type Fail = (rule: string, text: string) => void;

/** A look takes its time, and a permit lives on for 2 s. */
const GRACE_MS = 3500;
/** While a run executes somebody looks at the feed four times a second, and voids the permits for what it says. */
const BEAT_MS = 400;

/** Judges one departure. */
export function judgeDispatch(inputs: RuleInputs, fail: Fail): void {
  promised(inputs, fail);
  allowed(inputs, fail);
  aimedWell(inputs, fail);
  wellInformed(inputs, fail);
}

/** S1, S4, S11: an intent on disk for exactly this, once, and nothing open beside it. */
function promised({ sent, intents, knowledge }: RuleInputs, fail: Fail): void {
  const { permit, write, params } = sent.departure;
  const intent = intents.get(permit.intentId);
  if (intent === undefined) fail('S1', `a write left without an intent on disk: ${permit.intentId}`);
  else if (intent.requestHash !== fingerprint(write, params))
    fail('S1', `the request of ${permit.intentId} is not the one its intent names`);
  const twice = knowledge.sent.some((one) => one.departure.permit.intentId === permit.intentId);
  if (twice) fail('S4', `intent ${permit.intentId} was dispatched twice`);
  for (const other of intents.values()) {
    if (other.id !== permit.intentId && other.symbol === write.symbol && other.outcome !== 'ended')
      fail('S11', `${write.symbol} has an unresolved intent ${other.id}`);
  }
}

/** S8, S10, S12, S17, S21 and the switches. */
function allowed({ nowMs, awakeMs, sent, knowledge, scenario }: RuleInputs, fail: Fail): void {
  const { owner, write } = sent.departure;
  const { settings } = scenario;
  const { armed, stopped } = standingOf(knowledge, owner);
  if (stopped) fail('S21', 'a write left after a stop');
  if (knowledge.stopFileMs !== null && nowMs - knowledge.stopFileMs > GRACE_MS + scenario.beatMs)
    fail('S21', 'a write left long after a file STOP was put');
  if (armed === null || armed.owner !== owner)
    fail('S17', 'a write left without a confirmation in this process');
  else {
    const leaseMs = settings.arming.lease;
    if (nowMs - armed.atMs > leaseMs + GRACE_MS) fail('lease', 'a write left after the lease');
    if (armed.executions >= settings.arming.maxExecutions)
      fail('lease', 'more executions than the arming allows');
  }
  if (!scenario.mayTrade) fail('env_var_missing', 'a write left without the second key');
  if (knowledge.tampered) fail('S9', 'a write left on a spoiled audit');
  if (knowledge.broken.has(owner)) fail('S10', 'a write left after an error of the audit');
  const lockLostMs = knowledge.lockLostMs.get(owner);
  if (lockLostMs !== undefined && nowMs - lockLostMs > GRACE_MS) fail('S8', 'a write left without the lock');
  const mode = settings.reconcile.action;
  if (mode === 'cancel_all' && write.kind !== 'cancel') fail('mode', 'a flatten in cancel_all');
  if (mode === 'flatten' && write.kind !== 'flatten') fail('mode', 'a cancel in flatten');
  if (!settings.reconcile.symbolWhitelist.includes(write.symbol)) fail('S7', 'not on the whitelist');
  if (write.kind === 'flatten' && settings.reconcile.hedgeGroups.flat().includes(write.symbol))
    fail('flatten_side_effects', 'a flatten in a hedge group');
  const { offsetMs, sinceAwakeMs } = knowledge.wall;
  if (Math.abs(offsetMs) > settings.freshness.clockOffsetMaxMs && awakeMs - sinceAwakeMs > GRACE_MS)
    fail('S18', `a write left with a clock that is off by ${offsetMs} ms`);
}

/** S13, S23, S27, mass mismatch and confirmation. */
function wellInformed(inputs: RuleInputs, fail: Fail): void {
  const { nowMs, sent, scenario, sightings, feed, knowledge } = inputs;
  const { settings } = scenario;
  const last = sightings.last();
  if (last === null || nowMs - last.atMs > settings.freshness.snapshotMaxAgeMs)
    fail('S13', 'a write left without a fresh complete picture');
  const lineMs = feed.lastLineMs();
  if (lineMs === null || nowMs - lineMs > settings.expectedState.staleAfterMs + GRACE_MS)
    fail('S23', 'a write left while the engine is silent');
  const brokenMs = feed.brokenSinceMs();
  if (brokenMs !== null && nowMs - brokenMs > BEAT_MS) fail('S27', 'a write left on a broken feed');
  const sessionMs = feed.sessionSinceMs();
  const sessionAgeMs = sessionMs === null ? 0 : nowMs - sessionMs;
  if (sessionAgeMs > BEAT_MS && sessionAgeMs < settings.expectedState.settleMs)
    fail('S27', 'a write left in a session that is not settled');
  const { unexpected, ours } = sightings.unwanted();
  if (!knowledge.massAcknowledged && unexpected > Math.max(3, Math.floor(ours * 0.2)))
    fail('mass_mismatch', `a write left with ${unexpected} of ${ours} unexpected`);
  const seen = sightings.of(sent.item);
  const span = seen === undefined ? 0 : seen.lastMonoMs - seen.firstMonoMs;
  if (seen === undefined || seen.count < 2 || span < settings.reconcile.confirmAfterMs)
    fail('not_confirmed', `${sent.item} was seen ${seen?.count ?? 0} times in ${span} ms`);
}

function aimedWell(inputs: RuleInputs, fail: Fail): void {
  const { write } = inputs.sent.departure;
  if (write.kind === 'cancel') judgeCancel(inputs, write, fail);
  else judgeFlatten(inputs, write, fail);
}

/** S7: only an order of ours that the engine does not want. */
function judgeCancel({ nowMs, truth, trader }: RuleInputs, write: { orderId: string }, fail: Fail): void {
  const order = truth.order(Number(write.orderId));
  if (order === undefined) {
    fail('S7', `a cancel of an order that never was: ${write.orderId}`);
    return;
  }
  if (trader.wants(order.orderId) && nowMs - trader.tookBackMs(order.orderId) > BEAT_MS)
    fail('S7', `a cancel of a good order ${order.clientOrderId}`);
  if (order.owner !== 'engine' && order.owner !== 'stray')
    fail('S7', `a cancel of a ${order.owner} order ${order.clientOrderId}`);
  if (isProtective(order)) fail('protective_order', 'a cancel of a protective order');
}

/** S6, S27: only a position that the engine denies and did not make, only smaller, within bounds. */
function judgeFlatten(
  { nowMs, stalledSinceMs, sent, truth, trader, scenario, sightings, knowledge }: RuleInputs,
  write: Extract<Sent['departure']['write'], { kind: 'flatten' }>,
  fail: Fail,
): void {
  const { symbol, positionSide, side } = write;
  const { params } = sent.departure;
  const position = truth.position(symbol, positionSide);
  const look = lookAt(knowledge, sent.departure.owner, `position ${symbol}`);
  const read = look?.rows.positions.find((row) => row.positionSide === positionSide);
  // What moved after the read that the write was made from can't have been known; all else is.
  const settled = read?.updatedAtMs === position.updatedAtMs || nowMs - position.updatedAtMs > 25_000;
  const shownRow = sightings
    .last()
    ?.observation.positions.find((row) => row.symbol === symbol && row.positionSide === positionSide);
  if (read !== undefined && read.updatedAtMs > (shownRow?.updatedAtMs ?? 0))
    fail('F32', `a flatten of ${symbol}, which moved between the last picture and the read before the write`);
  // A thread that stands still hears nothing; how long its permits last meanwhile is another rule.
  if (trader.said(symbol) !== 0 && (stalledSinceMs ?? nowMs) - trader.saidAtMs(symbol) > BEAT_MS)
    fail('S27', `a flatten of ${symbol}, which the engine says it holds`);
  const isClaimed = nowMs - trader.tookBackMs(symbol) <= BEAT_MS;
  if (position.engineAmount !== 0 && settled && !isClaimed)
    fail('S27', `a flatten of ${symbol}, which the engine holds`);
  if (settled && position.amount > 0 && side === 'BUY') fail('S6', 'a flatten that grows a long');
  if (settled && position.amount < 0 && side === 'SELL') fail('S6', 'a flatten that grows a short');
  if (settled && Math.round(Number(write.quantity) * 1000) > Math.abs(position.amount))
    fail('S6', `a flatten of ${write.quantity} of ${position.amount} thousandths`);
  if (!scenario.hedge && params['reduceOnly'] !== 'true') fail('S6', 'a flatten that is not reduce-only');
  const shown = sightings.last()?.observation.orders ?? [];
  const stranger = shown.some((row) => {
    const order = truth.order(Number(row.orderId));
    // Gone since, and the stream may have told so.
    if (order === undefined || !isOpen(order)) return false;
    return order.symbol === symbol && (order.owner === 'foreign' || order.owner === 'crafted');
  });
  if (stranger) fail('flatten_side_effects', `a flatten beside a foreign order on ${symbol}`);
  const leaning = truth
    .openOrders()
    .some(
      (order) =>
        order.symbol === symbol &&
        (order.reduceOnly || order.conditional) &&
        trader.wants(order.orderId) &&
        isOpen(order),
    );
  if (leaning && settled)
    fail('flatten_side_effects', `a flatten under an order on ${symbol} that leans on it`);
}

/** The fingerprint of a request, worked out anew from what left. */
function fingerprint(write: Sent['departure']['write'], params: Readonly<Record<string, string>>): string {
  const [method, path] =
    write.kind === 'flatten'
      ? ['POST', '/fapi/v1/order']
      : ['DELETE', write.conditional ? '/fapi/v1/algoOrder' : '/fapi/v1/order'];
  const signed = new Set(['timestamp', 'recvWindow', 'signature']);
  const kept = Object.entries(params)
    .filter(([name]) => !signed.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([method, path, kept]))
    .digest('hex');
}

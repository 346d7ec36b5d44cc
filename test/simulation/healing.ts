/** After the bad hours: everything is set right, and then what must happen sooner or later has to happen. */
import type { Fail } from './dispatch-rules.ts';
import { ACCOUNT } from './process.ts';
import { resumeJournalCheck } from './replay-check.ts';
import { isProtective } from './truth.ts';
import type { World } from './world.ts';

/** Sets right what a world may suffer from; the operator does the rest. */
export function heal(world: World): void {
  const { weather, faults, feed, disk, scenario, trader, truth, trace } = world;
  trace('heal', '');
  weather.heal();
  faults.disarm();
  world.endOthers('killed');
  world.setWall(0);
  scenario.config.repair();
  feed.setClockOffset(0);
  const inode = disk.find(scenario.places.expectedPath ?? '');
  if (inode !== undefined) {
    inode.mode = 0o600;
    inode.kind = 'file';
  }
  feed.raw('\n');
  trader.restart(false);
  for (const order of truth.openOrders())
    if (order.owner === 'foreign' || order.owner === 'crafted') truth.cancel(order.orderId);
}

const OLD_MS = 300_000;

/** What is left to happen: a rule and what it misses. */
export type Unfulfilled = readonly [rule: string, text: string];

/** The first that L1, L2, L7 and L8 still miss some time after healing; null once nothing is left to happen. */
export function unfulfilled(world: World): Unfulfilled | null {
  let first: Unfulfilled | null = null;
  judgeLiveness(world, (rule, text) => {
    first ??= [rule, text];
  });
  return first;
}

/** Whether the daemon may act: no pause that moved clocks made longer, and an audit that takes lines. */
export function isFree({ process, monoMs, observer }: World): boolean {
  const core = process()?.core;
  if (core === undefined || !core.journal.healthy()) return false;
  return core.vitals.backoff.untilMonoMs <= monoMs() || observer.knowledge.jumpedMs <= 60_000;
}

/** What is looked at once, when a seed ends well: how it ended, and S16 now and then, for it costs as much as the rest. */
export function lookBack(world: World): void {
  const process = world.process();
  if (process === null) return;
  world.coverage.count(`healed_in_stage_${process.core.vitals.stage.inForce}`);
  if (world.random.chance(0.25)) resumeJournalCheck(world, process);
}

function judgeLiveness(world: World, fail: Fail): void {
  const { observer, truth, trader, scenario, coverage } = world;
  const process = world.process();
  if (process === null) {
    fail('L2', 'no process runs long after healing');
    return;
  }
  const { core } = process;
  const { vitals } = core;
  if (!vitals.ready) fail('L2', 'not ready long after healing');
  if (!core.journal.healthy()) {
    if (refusesWithReason(world, core.journal.problem())) return;
    fail('L2', `the audit stays unavailable: ${core.journal.problem()}`);
  }
  for (const intent of observer.journal.intents.values()) {
    const isAlarmed = core.notebook.alarms().some((text) => text.includes(intent.id));
    if (intent.outcome !== 'ended' && !isAlarmed) fail('L1', `intent ${intent.id} is ${intent.outcome}`);
  }
  // A pause is never shortened by a clock that was moved, or stood still; it may be made longer by as much, and is shown.
  const pauseLeftMs = vitals.backoff.untilMonoMs - world.monoMs();
  const { jumpedMs, pauseUntilMs } = observer.knowledge;
  const told = Math.max(0, pauseUntilMs - world.timeline.nowMs());
  if (pauseLeftMs > told + jumpedMs + world.timeline.sleptMs() + 1000)
    fail('L1', `a pause goes on for ${pauseLeftMs} ms, and no clock tells why`);
  if (pauseLeftMs > 0 && jumpedMs > 60_000) {
    coverage.count('healed_in_a_pause');
    return;
  }
  const planned = vitals.decision?.planned ?? [];
  const shown = vitals.decision?.mismatches ?? [];
  const whitelist = scenario.settings.reconcile.symbolWhitelist;
  const nowMs = world.timeline.nowMs();
  const isOld = (updatedAtMs: number): boolean => nowMs - updatedAtMs > OLD_MS * scenario.pace.looks;
  for (const order of truth.openOrders()) {
    if (!whitelist.includes(order.symbol)) continue;
    const isOurs = order.owner === 'engine' || order.owner === 'stray';
    if (!isOurs || trader.wants(order.orderId) || !isOld(order.updatedAtMs)) continue;
    const id = String(order.orderId);
    if (!shown.some(({ orderId }) => orderId === id)) fail('L8', `the unexpected order ${id} is not seen`);
    const judged = planned.find(({ action }) => action.orderId === id);
    if (judged === undefined && !isProtective(order)) fail('L8', `the unexpected order ${id} is not planned`);
    if (judged !== undefined && judged.reason === null)
      fail('L7', `order ${id} stays, and nothing blocks it`);
  }
  for (const symbol of whitelist) {
    const position = truth.position(symbol, trader.positionSide);
    // A size may differ by one step, and by nothing where flat is expected.
    const stepThousandths = Math.round(Number(scenario.rules(symbol).stepSize) * 1000);
    const tolerated = position.engineAmount === 0 ? 0 : stepThousandths;
    const off = Math.abs(position.amount - position.engineAmount);
    if (off <= tolerated || !isOld(position.updatedAtMs)) continue;
    if (!shown.some((one) => one.symbol === symbol && one.type.startsWith('POSITION')))
      fail('L8', `the position of ${symbol} is not seen to differ`);
    const judged = planned.find(({ action }) => action.action === 'flatten' && action.symbol === symbol);
    if (judged !== undefined && judged.reason === null)
      fail('L7', `the position of ${symbol} stays, and nothing blocks it`);
  }
}

/**
 * A disk that failed a sync and then lost its power may have lost what was promised: that is refused, with the way out,
 * and only that, for the line which the account's head record vouches for has to be missing in truth.
 */
function refusesWithReason({ coverage, disk, auditText }: World, problem: string): boolean {
  const head = disk.find(ACCOUNT.head);
  const text = Buffer.from(head?.bytes.subarray(0, head.size) ?? []).toString('utf8');
  const [vouched = null] = /"hash":"[0-9a-f]{64}"/.exec(text) ?? [];
  const isLost = vouched !== null && !auditText().includes(vouched);
  const counts = coverage.counts();
  if (!problem.includes('grinder audit adopt') || !counts.has('F46_sync_fails') || !counts.has('power_cut'))
    return false;
  if (isLost) coverage.count('refused_after_lost_lines');
  return isLost;
}

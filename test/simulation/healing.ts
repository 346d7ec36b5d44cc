/** After the bad hours: everything is set right, and then what must happen sooner or later has to happen. */
import { resumeJournalCheck } from './replay-check.ts';
import type { World } from './world.ts';

/** Sets right what a world may suffer from; the operator does the rest. */
export function heal(world: World): void {
  const { weather, faults, feed, disk, scenario, observer, trader, truth, trace } = world;
  trace('heal', '');
  weather.heal();
  faults.disarm();
  observer.knowledge.lockLostMs = null;
  world.setWall(0);
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

/** L1, L2, L4, L7, L8 and S16, some time after healing. */
export function judgeLiveness(world: World): void {
  const { observer, truth, trader, scenario, coverage } = world;
  const process = world.process();
  if (process === null) {
    observer.fail('L2', 'no process runs long after healing');
    return;
  }
  const { core } = process;
  const { vitals } = core;
  if (!vitals.ready) observer.fail('L2', 'not ready long after healing');
  if (!core.journal.healthy()) {
    if (refusesWithReason(world, core.journal.problem())) return;
    observer.fail('L2', `the audit stays unavailable: ${core.journal.problem()}`);
  }
  coverage.count(`healed_in_stage_${vitals.stage.inForce}`);
  for (const intent of observer.journal.intents.values()) {
    const isAlarmed = core.notebook.alarms().some((text) => text.includes(intent.id));
    if (intent.outcome !== 'ended' && !isAlarmed)
      observer.fail('L1', `intent ${intent.id} is ${intent.outcome}`);
  }
  // A pause is never shortened by a clock that was moved; it may be made longer, and is shown meanwhile.
  if (vitals.backoff.untilMonoMs > world.monoMs() && observer.knowledge.jumpedMs > 60_000) {
    coverage.count('healed_in_a_pause');
    return;
  }
  const planned = vitals.decision?.planned ?? [];
  const shown = vitals.decision?.mismatches ?? [];
  const whitelist = scenario.settings.reconcile.symbolWhitelist;
  const nowMs = world.timeline.nowMs();
  const isOld = (updatedAtMs: number): boolean => nowMs - updatedAtMs > 300_000;
  for (const order of truth.openOrders()) {
    const isOurs = order.owner === 'engine' || order.owner === 'stray';
    if (!isOurs || trader.wants(order.orderId) || !isOld(order.updatedAtMs)) continue;
    const id = String(order.orderId);
    if (!shown.some(({ orderId }) => orderId === id))
      observer.fail('L8', `the unexpected order ${id} is not seen`);
    const judged = planned.find(({ action }) => action.orderId === id);
    if (judged === undefined && !order.reduceOnly && !order.conditional)
      observer.fail('L8', `the unexpected order ${id} is not planned`);
    if (judged !== undefined && judged.reason === null)
      observer.fail('L7', `order ${id} stays, and nothing blocks it`);
  }
  for (const symbol of whitelist) {
    const position = truth.position(symbol, trader.positionSide);
    // A size may differ by one step, and by nothing where flat is expected.
    const tolerated = position.engineAmount === 0 ? 0 : 1;
    const off = Math.abs(position.amount - position.engineAmount);
    if (off <= tolerated || !isOld(position.updatedAtMs)) continue;
    if (!shown.some((one) => one.symbol === symbol && one.type.startsWith('POSITION')))
      observer.fail('L8', `the position of ${symbol} is not seen to differ`);
    const judged = planned.find(({ action }) => action.action === 'flatten' && action.symbol === symbol);
    if (judged !== undefined && judged.reason === null)
      observer.fail('L7', `the position of ${symbol} stays, and nothing blocks it`);
  }
  // A replay of everything costs as much as the rest.
  if (world.random.chance(0.25)) resumeJournalCheck(world, process);
}

/** A disk that failed a sync and then lost its power may have lost what was promised: it is refused, with the way out. */
function refusesWithReason({ coverage }: World, problem: string): boolean {
  const counts = coverage.counts();
  if (!problem.includes('grinder audit adopt') || !counts.has('F46_sync_fails') || !counts.has('power_cut'))
    return false;
  coverage.count('refused_after_lost_lines');
  return true;
}

/** What goes wrong in the moment that matters: between a run's plan and the bytes of its write. */
import { DISK_FAULTS } from './disk-faults.ts';
import { loseLock } from './second-starts.ts';
import type { World } from './world.ts';

/** Lies in wait for the next targeted read before a write, and does one thing while it is on its way. */
export function startLateMischief(world: World): void {
  const { random, timeline } = world;
  const delayMs = random.chance(0.5) ? random.whole(0, 30) : random.whole(0, 150);
  world.setTrap('reading', () => {
    timeline.after(delayMs, null, () => {
      if (world.weather.healed() || timeline.asleep()) return;
      // Flattens are few, and their position is what moves most.
      if (aimOf(world)?.action === 'flatten' && random.chance(0.6)) disturbAccount(world);
      else disturb(world);
    });
  });
}

/** What is about to be repaired. */
function aimOf(world: World) {
  return world.process()?.core.vitals.decision?.runnable[0]?.action;
}

/** Waits for a write to be on its way, and kills or stops then. */
export function killInTheMiddle(world: World): void {
  const { timeline, random, coverage } = world;
  const isStop = random.chance(0.4);
  // The connection takes some of a tenth of a second, the reply longer.
  const delayMs = random.chance(0.5) ? random.whole(0, 60) : random.whole(0, 400);
  world.setTrap('sending', () => {
    timeline.after(delayMs, null, () => {
      if (isStop) coverage.count('F80_stop_while_sending');
      if (isStop) world.operator.stop();
      else world.kill(random.chance(0.3));
    });
  });
}

function disturb(world: World): void {
  const { random, trader, feed, scenario, timeline } = world;
  const note = (what: string): void => noteLate(world, what);
  switch (random.whole(0, 13)) {
    case 0:
      note('lock_lost');
      loseLock(world);
      return;
    case 1:
      note('clock_jumps');
      world.jumpWall(random.pick([-1, 1]) * random.whole(501, 2500));
      timeline.after(random.whole(20_000, 120_000), null, () => world.setWall(0));
      return;
    case 2:
      note('stop');
      world.operator.stop();
      return;
    case 3:
      note('feed_breaks');
      if (random.chance(0.5)) feed.raw('not json\n');
      else {
        feed.loseNext();
        for (let line = 0; line < 2; line++)
          feed.line({ type: 'heartbeat', applied_event_ms: timeline.nowMs() });
      }
      return;
    case 4:
      note('feed_begins_anew');
      trader.restart(false);
      return;
    case 5: {
      note('suspend');
      const ms = random.whole(5000, 120_000);
      timeline.sleep(ms);
      trader.beSilent(ms);
      return;
    }
    case 6: {
      note('feed_writable');
      const inode = world.disk.find(scenario.places.expectedPath ?? '');
      if (inode === undefined) return;
      inode.mode = 0o666;
      timeline.after(random.whole(3000, 60_000), null, () => {
        inode.mode = 0o600;
      });
      return;
    }
    case 7:
      note('disk_fails');
      world.faults.arm(random.pick(DISK_FAULTS), 3);
      timeline.after(random.whole(5000, 60_000), null, world.faults.disarm);
      return;
    default:
      disturbAccount(world);
  }
}

/** The very thing that is about to be repaired changes under the repair. */
function disturbAccount(world: World): void {
  const { random, truth, trader } = world;
  const aim = aimOf(world);
  if (aim === undefined) return;
  // Some copy of the exchange's books hears of it later than the stream tells it.
  if (random.chance(0.5)) {
    noteLate(world, 'read_lags');
    const { clientOrderId, symbol } = aim;
    const what = aim.action === 'cancel' && clientOrderId !== null ? { clientOrderId } : { symbol };
    world.weather.copies.lag(what, random.whole(1000, 5900));
  }
  if (random.chance(0.25)) {
    noteLate(world, 'engine_takes_back');
    if (aim.action === 'cancel') trader.takeBack(Number(aim.orderId));
    else trader.claim(aim.symbol);
    return;
  }
  if (aim.action === 'flatten' && random.chance(0.4)) {
    if (random.chance(0.5)) jumpPrice(world, aim.symbol);
    else placeForeign(world, aim.symbol);
    return;
  }
  if (aim.action === 'cancel') {
    noteLate(world, 'order_moves');
    if (random.chance(0.5)) truth.cancel(Number(aim.orderId));
    else truth.fill(Number(aim.orderId), 1);
    return;
  }
  noteLate(world, 'position_moves');
  // By hand, or by an order of the engine's own, whose record is on its way.
  const own = truth
    .openOrders()
    .find(
      (order) =>
        order.owner === 'engine' && order.symbol === aim.symbol && !order.reduceOnly && !order.conditional,
    );
  if (own !== undefined && random.chance(0.7)) truth.fill(own.orderId, random.whole(1, 3));
  else truth.adjust(aim.symbol, trader.positionSide, random.pick([-2, -1, 1, 2]));
}

/** Further than a flatten's limit allows, or than anybody believes, and back some time later. */
function jumpPrice(world: World, symbol: string): void {
  const { random, truth, timeline } = world;
  noteLate(world, 'price_jumps');
  const factor = 1 + random.pick([-1, 1]) * random.pick([0.004, 0.02, 0.045, 0.08]);
  truth.movePrice(symbol, factor);
  timeline.after(random.whole(5000, 60_000), null, () => truth.movePrice(symbol, 1 / factor));
}

/** Somebody else's order, which a flatten would leave alone. */
function placeForeign(world: World, symbol: string): void {
  const { random, truth, trader } = world;
  noteLate(world, 'foreign_order');
  const { positionSide } = trader;
  const terms = { type: 'LIMIT', price: Math.round(truth.mark(symbol) * 0.9), quantity: 5 } as const;
  const flags = { reduceOnly: false, conditional: false, owner: 'foreign' } as const;
  const clientOrderId = `web_${random.hex(4)}`;
  truth.place({ symbol, side: 'BUY', positionSide, clientOrderId, ...terms, ...flags });
}

function noteLate({ coverage, trace }: World, what: string): void {
  coverage.count(`late_${what}`);
  trace('late', what);
}

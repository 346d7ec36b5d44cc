/** What goes wrong in a world, by chance: at the exchange, in the feed, with clocks, disk and process. */
import { join } from 'node:path';
import { DISK_FAULTS } from './disk-faults.ts';
import { feedMischief } from './feed-mischief.ts';
import { layHands } from './foreign-hands.ts';
import { killInTheMiddle, startLateMischief } from './late-mischief.ts';
import { rewriteConfig } from './reloads.ts';
import { loseLockSometime, startSecond } from './second-starts.ts';
import { stallSometime } from './stalls.ts';
import { tamper } from './tampering.ts';
import { isProtective } from './truth.ts';
import { HALVES } from './weather.ts';
import type { World } from './world.ts';

const PRICES_MS = 60_000;

/** Keeps doing something bad until the world is to heal. */
export function startMischief(world: World): void {
  const { timeline, random, weather } = world;
  const factor = world.scenario.pace.people;
  const pace = random.pick([20_000, 40_000, 80_000]) * factor;
  let number = 0;
  const next = (): void => {
    const asleepMs = Math.max(0, world.startsAfterMs() - timeline.nowMs());
    timeline.after(asleepMs + random.whole(pace / 2, pace * 2), null, () => {
      if (weather.healed()) return;
      number += 1;
      const name = `act ${number}`;
      world.coverage.count('acts');
      // Each has its own randomness, so that one can be left out and the others stay as they are.
      const mayAct =
        !timeline.asleep() && timeline.nowMs() >= world.startsAfterMs() && !world.without.has(name);
      if (mayAct) act({ ...world, random: random.fork(name) });
      next();
    });
  };
  const market = random.fork('market');
  const prices = (): void => {
    for (const symbol of ['BTCUSDT', 'ETHUSDT'])
      world.truth.movePrice(symbol, 1 + (market.next() - 0.5) * 0.001);
    timeline.after(PRICES_MS * factor, null, prices);
  };
  prices();
  next();
}

function act(world: World): void {
  const late = world.random.fork('late');
  if (late.chance(0.3)) startLateMischief({ ...world, random: late });
  const delayed = world.random.fork('delayed');
  if (delayed.chance(0.04))
    world.weather.delayStream(delayed.whole(60_000, 300_000) * world.scenario.pace.looks);
  const two = world.random.fork('two');
  if (two.chance(0.08)) (two.chance(0.5) ? startSecond : loseLockSometime)({ ...world, random: two });
  const kind = world.random.whole(0, 99);
  if (kind < 56) accountMischief(world);
  else if (kind < 68) feedMischief(world);
  else if (kind < 75) clockMischief(world);
  else if (kind < 81) diskMischief(world);
  else if (kind < 85) stallSometime(world);
  else if (kind < 89) rewriteConfig(world);
  else processMischief(world);
}

/** More than this at once and somebody cleans up by hand; now and then nobody does. */
const MOST_STRAYS = 4;

function cleanUp({ truth, random, trace }: World): void {
  const strays = truth.openOrders().filter(({ owner }) => owner === 'stray');
  if (strays.length < MOST_STRAYS || random.chance(0.1)) return;
  trace('account', 'somebody cleans up');
  for (const { orderId } of strays) truth.cancel(orderId);
}

function accountMischief(world: World): void {
  cleanUp(world);
  const { random, truth, trader, coverage, scenario, trace } = world;
  const symbol = random.pick(scenario.settings.reconcile.symbolWhitelist);
  const side = truth.hedge ? 'BUY' : random.pick(['BUY', 'SELL'] as const);
  const base = {
    symbol,
    side,
    positionSide: trader.positionSide,
    type: 'LIMIT',
    price: Math.round(truth.mark(symbol) * 0.9),
    quantity: random.whole(1, 20),
    reduceOnly: false,
    conditional: false,
    owner: 'stray',
  } as const;
  const small = symbol === 'BTCUSDT' ? random.whole(1, 3) : random.whole(5, 60);
  switch (random.whole(0, 9)) {
    case 0:
    case 1:
    case 2:
      if (random.chance(0.25)) dim(world);
      coverage.count('stray_order');
      trace('account', 'a stray order');
      truth.place({ ...base, clientOrderId: trader.nextClientId(symbol) });
      return;
    case 3:
      if (trader.abandon()) coverage.count('ghost_order');
      return;
    case 4:
    case 5:
    case 6:
      // Where one lies already it is mostly left alone: what is moved again and again is never flattened.
      if (isAstray(world, symbol) && random.chance(0.8)) return;
      if (random.chance(0.25)) dim(world);
      coverage.count('stray_position');
      trace('account', 'a stray position');
      truth.adjust(symbol, trader.positionSide, truth.hedge || random.chance(0.5) ? small : -small);
      return;
    case 7:
      coverage.count('foreign_order');
      trace('account', 'a foreign order comes or goes');
      cancelForeign(world);
      truth.place({ ...base, clientOrderId: `web_${random.hex(4)}`, owner: 'foreign' });
      return;
    case 8: {
      coverage.count('F78_crafted_id');
      trace('account', 'a crafted id');
      cancelForeign(world);
      const clientOrderId = random.pick([
        `grinder_1_${symbol}_1_18x_1`,
        `grinder_9_${symbol}_1_1800000000_${random.whole(1, 999)}`,
        `grinder_1_XRPUSDT_1_1800000000_${random.whole(1, 99)}`,
        // One of the engine's own, on another symbol.
        truth.openOrders().find((order) => order.owner === 'engine' && order.symbol !== symbol)
          ?.clientOrderId ?? 'elsewhere',
        `grinder_1_\u001b[31m_1_1800000000_1`,
        `grinder_1_${symbol}\u202e_1_1800000000_1`,
      ]);
      truth.place({ ...base, clientOrderId, owner: 'crafted' });
      return;
    }
    default: {
      coverage.count('protective_stray');
      const stray = { ...base, clientOrderId: trader.nextClientId(symbol) };
      const conditional = random.chance(0.5);
      // An order that closes needs no flag to protect, where positions have sides.
      const closes = truth.hedge && random.chance(0.4);
      const before = truth.openOrders().find((order) => order.owner === 'stray' && isProtective(order));
      if (before !== undefined) truth.cancel(before.orderId);
      else
        truth.place({
          ...stray,
          ...(closes
            ? { side: 'SELL' }
            : { conditional, reduceOnly: !conditional, type: conditional ? 'STOP_MARKET' : 'LIMIT' }),
        });
      return;
    }
  }
}

/** What comes now is seen at first in slow pictures, or in such that lack a half. */
function dim({ random, weather, scenario, coverage }: World): void {
  if (random.chance(0.4)) {
    weather.startSlowness(random.whole(5000, 30_000) * scenario.pace.looks);
    return;
  }
  coverage.count('stray_in_the_dark');
  weather.hide(random.pick(HALVES), random.whole(12_000, 90_000) * scenario.pace.looks);
}

function isAstray({ truth, trader }: World, symbol: string): boolean {
  const { amount, engineAmount } = truth.position(symbol, trader.positionSide);
  return amount !== engineAmount;
}

function cancelForeign({ truth }: World): void {
  const before = truth.openOrders().filter(({ owner }) => owner === 'foreign' || owner === 'crafted');
  for (const { orderId } of before) truth.cancel(orderId);
}

function clockMischief(world: World): void {
  const { random, coverage, timeline, trace } = world;
  switch (random.whole(0, 3)) {
    case 0:
      coverage.count('F40_skew');
      world.jumpWall(random.whole(-2000, 2000));
      return;
    case 1:
      coverage.count('F41_backward_jump');
      world.jumpWall(-random.whole(5000, 600_000));
      return;
    case 2: {
      coverage.count('F42_suspend');
      const ms = random.whole(5000, 900_000);
      trace('clock', `sleeps ${ms}`);
      timeline.sleep(ms);
      world.trader.beSilent(ms);
      return;
    }
    default:
      coverage.count('clock_set_right');
      trace('clock', 'set right');
      world.setWall(0);
      return;
  }
}

function diskMischief(world: World): void {
  const { random, faults, timeline, coverage } = world;
  const { scenario, disk, observer, trace } = world;
  if (random.chance(0.2)) {
    coverage.count('stop_file');
    trace('disk', 'a file STOP');
    disk.append(join(scenario.places.stateDir, 'STOP'), 'stop\n');
    observer.knowledge.stopFileMs = timeline.nowMs();
    return;
  }
  const fault = random.pick(DISK_FAULTS);
  trace('disk', `armed ${fault}`);
  faults.arm(fault);
  // A stop with a full disk.
  if (random.chance(0.2)) {
    coverage.count('F79_stop_with_a_bad_disk');
    world.operator.stop();
  }
  timeline.after(random.whole(5000, 200_000), null, faults.disarm);
}

function processMischief(world: World): void {
  const { random, faults, coverage } = world;
  const kind = random.whole(0, 9);
  if (kind < 2) faults.armKill();
  else if (kind < 4) world.kill(random.chance(0.5));
  else if (kind < 6) killInTheMiddle(world);
  else if (kind < 7) world.restart();
  else if (kind < 8) outage(world);
  else if (kind < 9) (random.chance(0.6) ? tamper : layHands)(world);
  else if (random.chance(0.6)) loseLockSometime(world);
  else if (random.chance(0.1)) {
    coverage.count('long_downtime');
    world.stayDown(random.whole(20, 40) * 3_600_000);
  }
}

function outage({ weather, random }: World): void {
  if (random.chance(0.5)) weather.startOutage(random.whole(10_000, 150_000));
  else weather.startPriceOutage(random.whole(90_000, 400_000));
}
